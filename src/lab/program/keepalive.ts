import { Agent, get } from 'node:http';
import type { ClientRequest } from 'node:http';
import type { KeepAliveSummary, LostRequest } from '../keepalive.ts';

/*
 * A client that keeps its connections: `connections` to each target, a request after the other on each, with a pause
 * between them, as browsers and load balancers in front do. A request that gets no whole answer with status 200 is lost,
 * and is told with what became of it and whether its connection had served before; it is not repeated. At the end of its
 * input it finishes what it has asked, writes one summary, and ends.
 */

interface Order {
  readonly targets: readonly { readonly host: string; readonly port: number }[];
  /** To each target. */
  readonly connections: number;
  /** Between an answer and the next request, in milliseconds. */
  readonly pause: number;
  /** How long an answer may take, in milliseconds. */
  readonly timeout: number;
}

/** BOUNDED: losses that are told one by one; the rest is counted. */
const MOST_TOLD = 1000;

const order = JSON.parse(process.argv[2] ?? '') as Order;
const lost: LostRequest[] = [];
let [requests, failures, busy, isOver] = [0, 0, 0, false];

for (const target of order.targets) {
  for (let index = 0; index < order.connections; index++) {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    // Not all at once.
    setTimeout(() => ask(target, agent), (order.pause * index) / order.connections);
  }
}

process.stdin.on('end', finish).resume();
process.stdout.on('error', () => process.exit(1));

function ask(target: Order['targets'][number], agent: Agent): void {
  if (isOver) return;
  busy += 1;
  let [isSettled, hasBegun] = [false, false];
  const request: ClientRequest = get({ ...target, path: '/', agent, timeout: order.timeout });
  const settle = (how: string | undefined): void => {
    if (isSettled) return;
    isSettled = true;
    requests += 1;
    busy -= 1;
    if (how !== undefined) {
      failures += 1;
      const at = Date.now();
      if (lost.length < MOST_TOLD) lost.push({ at, how, isReused: request.reusedSocket, hasBegun });
    }
    if (isOver) finish();
    else setTimeout(() => ask(target, agent), order.pause);
  };
  request.on('timeout', () => request.destroy(Object.assign(new Error('silent'), { code: 'ETIMEDOUT' })));
  request.on('error', (error: NodeJS.ErrnoException) => settle(error.code ?? error.message));
  request.on('response', (response) => {
    hasBegun = true;
    response.resume();
    response.on('error', (error: NodeJS.ErrnoException) => settle(error.code ?? error.message));
    response.on('end', () => settle(response.statusCode === 200 ? undefined : `status ${response.statusCode}`));
    response.on('close', () => settle('cut off'));
  });
}

function finish(): void {
  isOver = true;
  if (busy > 0) return;
  const summary: KeepAliveSummary = { requests, failures, lost };
  process.stdout.write(`${JSON.stringify(summary)}\n`, () => process.exit(0));
}
