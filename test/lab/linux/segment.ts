import { spawn, spawnSync, type ChildProcessByStdio } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(new URL('peer.mjs', import.meta.url));
const compiled = fileURLToPath(new URL('../../../dist/src/linux/native.js', import.meta.url));

/** What a peer tells by itself; the fields depend on the event. */
export type Told = { readonly event: string } & Readonly<Record<string, unknown>>;

/** A failed call: what the peer's OpError said. */
export class PeerError extends Error {
  readonly code: string | undefined;

  constructor(error: { code?: string; message: string }) {
    super(error.message);
    this.code = error.code;
  }
}

/** Runs a command to its end; throws with its output when it fails. */
export function run(command: string, ...args: string[]): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${error?.message ?? stderr}`);
  return stdout;
}

/** Waits until `look` finds something; throws what `look` was looking for when the deadline passes. */
export async function until<T>(what: string, look: () => T | undefined | false, deadline = 10_000): Promise<T> {
  const end = performance.now() + deadline;
  for (;;) {
    const found = look();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > end) throw new Error(`Not within ${deadline} ms: ${what}`);
    await new Promise((resolve) => {
      setTimeout(resolve, 5);
    });
  }
}

/** The program in one network namespace, driven by JSON lines. */
export class Peer {
  readonly namespace: string;
  /** BOUNDED: what one test makes happen. */
  readonly told: Told[] = [];
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #waiting = new Map<number, { resolve: (result: unknown) => void; reject: (error: Error) => void }>();
  #calls = 0;

  constructor(namespace: string) {
    this.namespace = namespace;
    const node = [process.execPath, '--expose-gc', script];
    this.#child = spawn('ip', ['netns', 'exec', namespace, ...node], { stdio: ['pipe', 'pipe', 'inherit'] });
    createInterface({ input: this.#child.stdout }).on('line', (line) => {
      this.#onLine(JSON.parse(line) as Record<string, unknown>);
    });
    this.#child.on('exit', () => {
      for (const { reject } of this.#waiting.values()) reject(new Error(`The peer in ${namespace} ended`));
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Asks the peer to do something. Rejects with PeerError when it fails there. */
  call<T = unknown>(call: string, parameters: Readonly<Record<string, unknown>> = {}): Promise<T> {
    const id = ++this.#calls;
    this.#child.stdin.write(`${JSON.stringify({ id, call, with: parameters })}\n`);
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve: resolve as (result: unknown) => void, reject });
    });
  }

  /** Waits for something the peer tells that matches; what came before counts too. The message has the latest of it. */
  async hears(what: string, matches: (told: Told) => boolean, deadline?: number): Promise<Told> {
    try {
      return await until(`${this.namespace} hears ${what}`, () => this.told.find(matches), deadline);
    } catch (cause) {
      throw new Error(`${(cause as Error).message}; heard last: ${JSON.stringify(this.told.slice(-5))}`, { cause });
    }
  }

  /** Everything told of one kind. */
  all(event: string): Told[] {
    return this.told.filter((told) => told.event === event);
  }

  /** Ends it and waits for that. */
  async end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = new Promise((resolve) => {
      this.#child.once('exit', resolve);
    });
    this.#child.stdin.end();
    await ended;
  }

  #onLine(message: Record<string, unknown>): void {
    if (typeof message['event'] === 'string') {
      this.told.push(message as Told);
      return;
    }
    const waiting = this.#waiting.get(message['id'] as number);
    this.#waiting.delete(message['id'] as number);
    if (message['error'] !== undefined) waiting?.reject(new PeerError(message['error'] as { message: string }));
    else waiting?.resolve(message['result']);
  }
}

let segments = 0;

/**
 * Two network namespaces, `a` with 10.99.0.1 and `b` with 10.99.0.2, joined by a cable (veth) that is `eth0` on both
 * sides. Duplicate address detection is off, so the link-local addresses work at once. BOUNDED: two peers.
 */
export class Segment {
  readonly a: string;
  readonly b: string;
  readonly #peers: Peer[] = [];

  constructor() {
    if (!existsSync(compiled)) throw new Error(`${compiled} is missing: run \`npm run build\``);
    const name = `vlx${process.pid}n${++segments}`;
    this.a = `${name}a`;
    this.b = `${name}b`;
    run('ip', 'netns', 'add', this.a);
    run('ip', 'netns', 'add', this.b);
    for (const namespace of [this.a, this.b]) {
      this.in(
        namespace,
        'sysctl',
        '-qw',
        'net.ipv6.conf.default.accept_dad=0',
        'net.ipv6.conf.default.dad_transmits=0',
      );
      this.in(namespace, 'ip', 'link', 'set', 'lo', 'up');
    }
    this.connect();
  }

  /** Lays the cable; also after `cut`. */
  connect(): void {
    run('ip', '-n', this.a, 'link', 'add', 'eth0', 'type', 'veth', 'peer', 'name', 'eth0', 'netns', this.b);
    for (const [namespace, last] of [
      [this.a, 1],
      [this.b, 2],
    ] as const) {
      run('ip', '-n', namespace, 'link', 'set', 'eth0', 'address', `02:00:00:00:00:0${last}`);
      run('ip', '-n', namespace, 'link', 'set', 'eth0', 'up');
      run('ip', '-n', namespace, 'address', 'add', `10.99.0.${last}/24`, 'dev', 'eth0');
      run('ip', '-n', namespace, 'address', 'add', `fd99::${last}/64`, 'dev', 'eth0');
    }
  }

  /** Runs a command inside a namespace. */
  in(namespace: string, command: string, ...args: string[]): string {
    return run('ip', 'netns', 'exec', namespace, command, ...args);
  }

  /** Starts the program in a namespace. */
  peer(namespace: string): Peer {
    const peer = new Peer(namespace);
    this.#peers.push(peer);
    return peer;
  }

  /** Ends the peers and removes the namespaces. */
  async remove(): Promise<void> {
    await Promise.all(this.#peers.map((peer) => peer.end()));
    for (const namespace of [this.a, this.b]) run('ip', 'netns', 'delete', namespace);
  }
}

/** fe80:: of 02:00:00:00:00:0N, which the kernel derives from the Ethernet address. */
export const linkLocal = (last: 1 | 2): string => `fe80::ff:fe00:${last}`;
