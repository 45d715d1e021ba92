import { rmSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';

/*
 * A backend: answers every request with its name. How it behaves is switched at run time with
 * `/control/ok`, `/control/fail` (503 to everything) or `/control/hang` (no answer at all), on the port or, from
 * outside the member, on the unix socket.
 */

interface Order {
  readonly name: string;
  readonly port: number;
  /** Path of the unix socket. */
  readonly control: string;
}

type Mode = 'ok' | 'fail' | 'hang';

const order = JSON.parse(process.argv[2] ?? '') as Order;
let mode: Mode = 'ok';

function answer(request: IncomingMessage, response: ServerResponse): void {
  const asked = /^\/control\/(ok|fail|hang)$/.exec(request.url ?? '')?.[1];
  if (asked !== undefined) mode = asked as Mode;
  else if (mode === 'hang') return;
  const status = asked === undefined && mode === 'fail' ? 503 : 200;
  response.writeHead(status, { 'content-type': 'text/plain', 'x-backend': order.name });
  response.end(request.url === '/healthz' ? `${mode}\n` : `${order.name}\n`);
}

rmSync(order.control, { force: true });
createServer(answer).listen(order.control);
createServer(answer).listen(order.port, '::');
