import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { openSocketDiagnosis } from '../../linux/sockdiag.ts';
import { errorCode } from '../../linux/operror.ts';
import { addressOf, parseAddress } from '../../wire/address.ts';
import type { IpAddress } from '../../wire/address.ts';
import type { Milliseconds } from '../../wire/units.ts';
import { milliseconds } from '../../wire/units.ts';
import { bindsOf, endpoint } from '../bind.ts';
import { holdersAmong } from '../listener.ts';
import type { FrontModel, ServiceModel } from '../model.ts';

/**
 * Asking a proxy through its real listener, and knowing which process answered. While two proxies share a listener any
 * of them may take a connection, and an answer does not say whose it is. The kernel does: the connection's other end is a
 * socket, the socket has a number, and the process that has accepted it holds a descriptor of that number. Nothing has to
 * be rendered for it, and it works for TCP as for HTTP.
 */
export interface Question {
  readonly service: string;
  readonly mode: ServiceModel['mode'];
  readonly address: IpAddress;
  readonly port: number;
  /** What is asked with HTTP. */
  readonly path: string;
}

export interface Answer {
  /** Who had accepted the connection; `undefined` when nobody did, or it was not seen. */
  readonly pid: number | undefined;
  /** The status of an HTTP answer, `open` or `closed` for a TCP connection; otherwise why there was none. */
  readonly said: number | 'open' | 'closed' | { readonly trouble: string };
}

/** One connection may take so long; a proxy that answers takes milliseconds. */
const LIMIT = milliseconds(2000);

/** A TCP service that closes a connection by itself does it at once. */
const OPEN = milliseconds(50);

const STEP = milliseconds(2);

/**
 * What to ask: every service on an address that is this host's now. One that listens on all addresses is asked on the
 * loopback interface; one whose addresses are all somewhere else cannot be asked, because the question would go there.
 */
export function questionsFor(model: FrontModel, own: ReadonlySet<string> = ownAddresses()): Question[] {
  const found = new Map<string, Question>();
  for (const { service: name, address, port } of bindsOf(model)) {
    const service = model.services.find((each) => each.name === name);
    const local = address === '0.0.0.0' ? '127.0.0.1' : address === '::' ? '::1' : address;
    const reachable = parseAddress(local);
    if (service === undefined || reachable === undefined || !own.has(reachable)) continue;
    for (const path of pathsOf(service))
      found.set(`${name} ${port} ${path}`, { service: name, mode: service.mode, address: reachable, port, path });
  }
  return [...found.values()];
}

/** What the proxy answers itself, and what it passes on. */
function pathsOf({ mode, healthPath, check }: ServiceModel): string[] {
  if (mode === 'tcp') return [''];
  const passed = check?.type === 'http' || check?.type === 'https' ? check.path : '/';
  return [...new Set([...(healthPath === undefined ? [] : [healthPath]), passed])];
}

const ownAddresses = (): Set<string> =>
  new Set(
    Object.values(networkInterfaces()).flatMap((list) =>
      (list ?? []).flatMap(({ address }) => parseAddress(address.split('%')[0] ?? '') ?? []),
    ),
  );

/** Asks once. `pids` are the processes that may have accepted the connection. Does not throw. */
export async function ask(
  question: Question,
  pids: () => readonly number[],
  limit: Milliseconds = LIMIT,
): Promise<Answer> {
  const { address, port, mode, path } = question;
  const conversation = new Conversation(address, port);
  const deadline = performance.now() + limit;
  let pid: number | undefined;
  try {
    await conversation.until((socket) => !socket.connecting, deadline);
    pid = await accepted(conversation, question, pids, deadline);
    if (mode === 'tcp') {
      await conversation.until((socket) => socket.readableEnded, performance.now() + OPEN).catch(() => undefined);
      return { pid, said: conversation.isClosed ? 'closed' : 'open' };
    }
    conversation.write(`GET ${path} HTTP/1.1\r\nHost: ${endpoint(address, port)}\r\nUser-Agent: vipair\r\n\r\n`);
    await conversation.until(() => conversation.text.includes('\r\n'), deadline);
    const status = /^HTTP\/1\.[01] (\d{3})/.exec(conversation.text)?.[1];
    return { pid, said: status === undefined ? { trouble: 'it does not speak HTTP' } : Number(status) };
  } catch (error) {
    return { pid, said: { trouble: errorCode(error) ?? String(error) } };
  } finally {
    conversation.close();
  }
}

/** Waits until somebody has accepted the connection, and says who. */
async function accepted(
  conversation: Conversation,
  { address, port }: Question,
  pids: () => readonly number[],
  deadline: number,
): Promise<number | undefined> {
  // A host that talks to itself may do so from any of its addresses.
  const remote = conversation.own;
  let inode: number | undefined;
  const diagnosis = openSocketDiagnosis();
  try {
    // What the kernel has taken into the queue of a listener belongs to nobody yet.
    await conversation.until(() => {
      inode = diagnosis.inodeOf({ address, port }, remote);
      return inode !== undefined;
    }, deadline);
  } finally {
    diagnosis.close();
  }
  const { holdings } = holdersAmong(pids(), [{ port, inode: String(inode) }]);
  return holdings[0]?.pid;
}

/** A connection whose end and errors are looked at when it suits. */
class Conversation {
  readonly #socket: Socket;
  #text = '';
  #failure: Error | undefined;

  constructor(host: string, port: number) {
    this.#socket = connect({ host, port });
    this.#socket.setEncoding('latin1');
    this.#socket.on('data', (text: string) => (this.#text = (this.#text + text).slice(0, 4096)));
    this.#socket.on('error', (error) => (this.#failure = error));
  }

  get text(): string {
    return this.#text;
  }

  get own(): { readonly address: IpAddress; readonly port: number } {
    return { address: addressOf(this.#socket.localAddress ?? ''), port: this.#socket.localPort ?? 0 };
  }

  get isClosed(): boolean {
    return this.#socket.readableEnded || this.#failure !== undefined;
  }

  write(text: string): void {
    this.#socket.write(text);
  }

  close(): void {
    this.#socket.destroy();
  }

  async until(isSo: (socket: Socket) => boolean, deadline: number): Promise<void> {
    while (!isSo(this.#socket)) {
      if (this.#failure !== undefined) throw this.#failure;
      if (this.#socket.readableEnded) throw Object.assign(new Error('closed'), { code: 'ECONNRESET' });
      if (performance.now() > deadline) throw Object.assign(new Error('silent'), { code: 'ETIMEDOUT' });
      await new Promise((resolve) => setTimeout(resolve, STEP));
    }
  }
}
