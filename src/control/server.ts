import { chmodSync, lstatSync, mkdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { dirname } from 'node:path';
import { errorCode, OpError } from '../linux/operror.ts';
import type { AppliesAnswer, ApplyAnswer, ApplyQuestion, ProgressLine } from './applies.ts';
import type { BackendOrder, BackendsAnswer, OrderAnswer } from './backends.ts';
import { isAnswering, LONGEST_SOCKET_PATH } from './client.ts';
import type { NotifyAnswer, NotifyQuestion } from './notify.ts';
import { readOrder } from './orderquery.ts';
import { answerReading, numberIn, sendFailure, sendJson } from './reading.ts';
import type { ReadingHandlers } from './reading.ts';
import type { Explanation } from './explain.ts';
import type { ReloadResult } from './status.ts';
import type { SwitchAnswer, SwitchQuestion } from './switching.ts';

/**
 * The control API: HTTP and JSON on a unix socket that only root and the daemon's group may open. It knows status
 * types, not the engine. Reading is `GET`, changing is `POST`; everything else is refused. What may be read by everybody
 * who may connect is in `reading.ts`; besides:
 *
 *   GET  /v1/explain  an `Explanation`, with `?if=HYPOTHESIS` as often as wanted
 *   POST /v1/reload   reads the configuration again; a `ReloadResult`
 *   GET  /v1/applies  what was applied to the proxy; an `AppliesAnswer`
 *   POST /v1/apply    applies now, with `?dry` and `?force`; a `ProgressLine` a line, as it happens
 *   POST /v1/rollback goes back, with `?id=N`; likewise
 *   POST /v1/switch   switches to another proxy, with `?to=PROFILE` and `?dry`; likewise
 *   POST /v1/notify/test sends a test, with `?receiver=NAME` and `?dry`; a list of `NotifyAnswer`
 *   GET  /v1/backends a `BackendsAnswer`, with `?service=NAME`
 *   POST /v1/backends an order, with the query of `orderquery.ts` and `?dry`; an `OrderAnswer`
 */
export interface ControlHandlers extends ReadingHandlers {
  /** What is made of this host, or would be if all of `asked` were so; rejects with a RangeError when one cannot be. */
  readonly explain: (asked: readonly string[]) => Promise<Explanation>;
  readonly reload: () => Promise<ReloadResult>;
  readonly applies: () => AppliesAnswer;
  /** `undefined` when nothing is rendered here. */
  readonly apply: (question: ApplyQuestion, progress: (words: string) => void) => Promise<ApplyAnswer | undefined>;
  readonly rollback: (id: number | undefined, progress: (words: string) => void) => Promise<ApplyAnswer | undefined>;
  /** Rejects with an Error in words when it cannot be begun. */
  readonly switch: (question: SwitchQuestion, progress: (words: string) => void) => Promise<SwitchAnswer>;
  /** Throws RangeError when there is no such service. */
  readonly backends: (service: string | undefined) => BackendsAnswer;
  readonly order: (order: BackendOrder, isDry: boolean) => OrderAnswer;
  /** Tests receivers of notifications. Throws RangeError when none is called so. */
  readonly testNotify: (question: NotifyQuestion) => Promise<readonly NotifyAnswer[]>;
}

/** How long a client may take for its request, and how often that is looked at. */
const REQUEST_TIMEOUT_MS = 5000;
const CHECK_PERIOD_MS = 1000;

/** A request has no body; the headers of any client are far smaller. */
const HEADER_BYTES = 8192;

/** More at once are turned away. */
const MOST_CONNECTIONS = 64;

/**
 * Listens on `path`. Throws OpError: `EADDRINUSE` when another daemon answers there, `EEXIST` when the path is taken by
 * something that is no socket. A socket that nobody listens on is replaced. `onError` is told of clients that could not
 * be accepted later on.
 */
export async function openControlServer(
  path: string,
  handlers: ControlHandlers,
  onError: (error: OpError) => void,
): Promise<Server> {
  const fail = (code: string, advice: string, cause?: unknown): OpError =>
    new OpError(`listen on "${path}"`, code, { advice, cause });
  if (Buffer.byteLength(path) > LONGEST_SOCKET_PATH) {
    throw fail('ENAMETOOLONG', `give a path of at most ${LONGEST_SOCKET_PATH} bytes with --socket`);
  }
  if (await isAnswering(path)) {
    throw fail('EADDRINUSE', 'another vipair is running there; stop it or use another --socket');
  }
  try {
    if (lstatSync(path, { throwIfNoEntry: false })?.isSocket() === false) {
      throw fail('EEXIST', 'it is no socket; remove it or use another --socket');
    }
    mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
    rmSync(path, { force: true });
    const server = createServer(
      {
        requestTimeout: REQUEST_TIMEOUT_MS,
        headersTimeout: REQUEST_TIMEOUT_MS,
        keepAliveTimeout: CHECK_PERIOD_MS,
        connectionsCheckingInterval: CHECK_PERIOD_MS,
        maxHeaderSize: HEADER_BYTES,
      },
      (request, response) => void answer(request, response, handlers),
    );
    server.maxConnections = MOST_CONNECTIONS;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(path, resolve);
    });
    server.removeAllListeners('error');
    server.on('error', (cause) => onError(fail(errorCode(cause) ?? 'EIO', 'see the limits of the daemon', cause)));
    chmodSync(path, 0o660);
    return server;
  } catch (error) {
    if (error instanceof OpError) throw error;
    throw fail(errorCode(error) ?? 'EIO', 'run as root or give a writable path with --socket', error);
  }
}

async function answer(request: IncomingMessage, response: ServerResponse, handlers: ControlHandlers): Promise<void> {
  // A body means nothing. One that never ends is ended by the time limit.
  request.resume();
  try {
    if (await answerReading(request, response, handlers)) return;
    await answerRest(request, response, handlers);
  } catch (error) {
    sendFailure(response, error);
  }
}

async function answerRest(
  request: IncomingMessage,
  response: ServerResponse,
  handlers: ControlHandlers,
): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
  const route = `${request.method} ${pathname}`;
  switch (route) {
    case 'GET /v1/explain':
      return sendJson(response, 200, await handlers.explain(searchParams.getAll('if')));
    case 'GET /v1/applies':
      return sendJson(response, 200, handlers.applies());
    case 'GET /v1/backends':
      return sendJson(response, 200, handlers.backends(searchParams.get('service') ?? undefined));
    case 'POST /v1/backends':
      return sendJson(response, 200, handlers.order(readOrder(searchParams), searchParams.has('dry')));
    case 'POST /v1/reload':
      return sendJson(response, 200, await handlers.reload());
    case 'POST /v1/notify/test': {
      const question = { receiver: searchParams.get('receiver') ?? undefined, dry: searchParams.has('dry') };
      return sendJson(response, 200, await handlers.testNotify(question));
    }
    case 'POST /v1/apply': {
      const question = { dry: searchParams.has('dry'), force: searchParams.has('force') };
      return await stream(response, (progress) => handlers.apply(question, progress));
    }
    case 'POST /v1/rollback': {
      const id = numberIn(searchParams, 'id');
      return await stream(response, (progress) => handlers.rollback(id, progress));
    }
    case 'POST /v1/switch': {
      const question = { to: searchParams.get('to') ?? '', dry: searchParams.has('dry') };
      return await stream(response, (progress) => handlers.switch(question, progress));
    }
    default:
      sendJson(response, 404, { error: `No such resource: ${route}` });
  }
}

/** Long work: one object a line, the answer last. */
async function stream<T>(
  response: ServerResponse,
  run: (progress: (words: string) => void) => Promise<T | undefined>,
): Promise<void> {
  response.writeHead(200, { 'content-type': 'application/x-ndjson' });
  const line = (value: ProgressLine<T>): void => void response.write(`${JSON.stringify(value)}\n`);
  try {
    const done = await run((progress) => line({ progress }));
    if (done === undefined)
      line({ error: 'nothing is rendered here: there are no services, or the proxy is not adopted' });
    else line({ answer: done });
  } catch (error) {
    line({ error: error instanceof Error ? error.message : String(error) });
  }
  response.end();
}
