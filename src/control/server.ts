import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { dirname } from 'node:path';
import { errorCode, OpError } from '../linux/operror.ts';
import { isAnswering } from './client.ts';
import type { AppliesAnswer, ApplyAnswer, ApplyQuestion, ProgressLine } from './applies.ts';
import type { ReloadResult, Status } from './status.ts';

/**
 * The control API: HTTP and JSON on a unix socket that only root and the daemon's group may open. It knows status
 * types, not the engine. Reading is `GET`, changing is `POST`; everything else is refused.
 *
 *   GET  /v1/status   the `Status`
 *   POST /v1/reload   reads the configuration again; a `ReloadResult`
 *   GET  /v1/applies  what was applied to the proxy; an `AppliesAnswer`
 *   POST /v1/apply    applies now, with `?dry` and `?force`; a `ProgressLine` a line, as it happens
 *   POST /v1/rollback goes back, with `?id=N`; likewise
 */
export interface ControlHandlers {
  readonly status: () => Promise<Status>;
  readonly reload: () => Promise<ReloadResult>;
  readonly applies: () => AppliesAnswer;
  /** `undefined` when nothing is rendered here. */
  readonly apply: (question: ApplyQuestion, progress: (words: string) => void) => Promise<ApplyAnswer | undefined>;
  readonly rollback: (id: number | undefined, progress: (words: string) => void) => Promise<ApplyAnswer | undefined>;
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
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
  const route = `${request.method} ${pathname}`;
  try {
    if (route === 'GET /v1/status') send(response, 200, await handlers.status());
    else if (route === 'POST /v1/reload') send(response, 200, await handlers.reload());
    else if (route === 'GET /v1/applies') send(response, 200, handlers.applies());
    else if (route === 'POST /v1/apply') {
      const question = { dry: searchParams.has('dry'), force: searchParams.has('force') };
      await stream(response, (progress) => handlers.apply(question, progress));
    } else if (route === 'POST /v1/rollback') {
      const id = searchParams.get('id');
      if (id !== null && !/^\d{1,9}$/.test(id)) send(response, 400, { error: `"${id}" is no number of an apply` });
      else await stream(response, (progress) => handlers.rollback(id === null ? undefined : Number(id), progress));
    } else send(response, 404, { error: `No such resource: ${route}` });
  } catch (error) {
    send(response, 503, { error: error instanceof Error ? error.message : String(error) });
  }
}

/** Long work: one object a line, the answer last. */
async function stream(
  response: ServerResponse,
  run: (progress: (words: string) => void) => Promise<ApplyAnswer | undefined>,
): Promise<void> {
  response.writeHead(200, { 'content-type': 'application/x-ndjson' });
  const line = (value: ProgressLine): void => void response.write(`${JSON.stringify(value)}\n`);
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

function send(response: ServerResponse, code: number, body: object): void {
  response.writeHead(code, { 'content-type': 'application/json' });
  response.end(`${JSON.stringify(body)}\n`);
}
