import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { isIP } from 'node:net';
import { errorCode, OpError } from '../linux/operror.ts';
import { answerReading, sendFailure, sendJson } from './reading.ts';
import type { ReadingHandlers } from './reading.ts';

/** An address and a TCP port. */
export interface Place {
  readonly address: string;
  readonly port: number;
}

/** Between two attempts on an address that is not there yet, or taken. */
const RETRY_MS = 5000;

const REQUEST_TIMEOUT_MS = 5000;
const HEADER_BYTES = 8192;

/** More at once are turned away. They have places of their own: nobody out there keeps the command line from the daemon. */
const MOST_CONNECTIONS = 64;

/** Reading over TCP, as the configuration says: opened, moved and closed as it changes, and tried again while it fails. */
export class Listener {
  readonly #handlers: ReadingHandlers;
  #place: Place | undefined;
  #server: Server | undefined;
  #timer: NodeJS.Timeout | undefined;
  #trouble: string | undefined;

  constructor(handlers: ReadingHandlers) {
    this.#handlers = handlers;
  }

  /** Why nobody can read at present, in words. */
  get trouble(): string | undefined {
    return this.#trouble;
  }

  /** Listens here from now on, and nowhere else; nowhere at all when there is no place. */
  follow(place: Place | undefined): void {
    if (place?.address === this.#place?.address && place?.port === this.#place?.port) return;
    this.close();
    this.#place = place;
    if (place !== undefined) this.#open(place);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#server?.close();
    this.#server?.closeAllConnections();
    [this.#place, this.#server, this.#trouble] = [undefined, undefined, undefined];
  }

  #open(place: Place): void {
    const server = createServer(
      {
        requestTimeout: REQUEST_TIMEOUT_MS,
        headersTimeout: REQUEST_TIMEOUT_MS,
        connectionsCheckingInterval: 1000,
        maxHeaderSize: HEADER_BYTES,
      },
      (request, response) => void answer(request, response, this.#handlers, place),
    );
    server.maxConnections = MOST_CONNECTIONS;
    server.on('listening', () => (this.#trouble = undefined));
    server.on('error', (cause) => {
      if (this.#server !== server) return;
      const code = errorCode(cause) ?? 'EIO';
      const op = `listen on ${place.address} port ${place.port} for "control"`;
      const advice =
        code === 'EADDRINUSE' ? 'another program has it; give another port' : 'see "control" in the configuration';
      this.#trouble = new OpError(op, code, { advice }).message;
      if (server.listening) return;
      this.#timer = setTimeout(() => this.#open(place), RETRY_MS);
    });
    this.#server = server;
    server.listen(place.port, place.address);
  }
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  handlers: ReadingHandlers,
  place: Place,
): Promise<void> {
  request.resume();
  try {
    if (!isMeant(request.headers.host, place)) {
      return sendJson(response, 421, { error: 'ask by an address, or as localhost' });
    }
    if (await answerReading(request, response, handlers)) return;
    const isRead = request.method === 'GET';
    sendJson(response, isRead ? 404 : 405, { error: isRead ? 'No such resource' : 'Only reading is possible here' });
  } catch (error) {
    sendFailure(response, error);
  }
}

/**
 * A page of somebody else in a browser on this host may name its own server's host and have that point here (DNS
 * rebinding). On loopback only those are answered who ask for it by its address or as localhost.
 */
function isMeant(host: string | undefined, { address }: Place): boolean {
  if (!address.startsWith('127.') && address !== '::1') return true;
  const name = (host ?? '').replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
  return name === 'localhost' || isIP(name) !== 0;
}
