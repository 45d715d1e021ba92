import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { dirname } from 'node:path';
import { errorCode, OpError } from '../linux/operror.ts';
import { isAnswering } from './client.ts';
import type { ReloadResult, Status } from './status.ts';

/**
 * The control API: HTTP and JSON on a unix socket that only root and the daemon's group may open. It knows status
 * types, not the engine. Reading is `GET`, changing is `POST`; everything else is refused.
 *
 *   GET  /v1/status   the `Status`
 *   POST /v1/reload   reads the configuration again; a `ReloadResult`
 */
export interface ControlHandlers {
  readonly status: () => Promise<Status>;
  readonly reload: () => Promise<ReloadResult>;
}

/** Listens on `path`. Throws OpError `EADDRINUSE` when another daemon answers there; a dead socket is replaced. */
export async function openControlServer(path: string, handlers: ControlHandlers): Promise<Server> {
  if (await isAnswering(path)) {
    throw new OpError(`listen on "${path}"`, 'EADDRINUSE', {
      advice: 'another vipair is running there; stop it or use another --socket',
    });
  }
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
    rmSync(path, { force: true });
    const server = createServer(
      { requestTimeout: 5000 },
      (request, response) => void answer(request, response, handlers),
    );
    server.maxConnections = 64;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(path, resolve);
    });
    chmodSync(path, 0o660);
    return server;
  } catch (error) {
    throw new OpError(`listen on "${path}"`, errorCode(error) ?? 'EIO', {
      cause: error,
      advice: 'run as root or give a writable path with --socket',
    });
  }
}

async function answer(request: IncomingMessage, response: ServerResponse, handlers: ControlHandlers): Promise<void> {
  request.resume();
  const route = `${request.method} ${request.url}`;
  try {
    if (route === 'GET /v1/status') send(response, 200, await handlers.status());
    else if (route === 'POST /v1/reload') send(response, 200, await handlers.reload());
    else send(response, 404, { error: `No such resource: ${route}` });
  } catch (error) {
    send(response, 503, { error: error instanceof Error ? error.message : String(error) });
  }
}

function send(response: ServerResponse, code: number, body: object): void {
  response.writeHead(code, { 'content-type': 'application/json' });
  response.end(`${JSON.stringify(body)}\n`);
}
