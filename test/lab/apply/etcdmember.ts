import { join } from 'node:path';
import type { Host } from '../../../src/lab/host.ts';
import type { LabProcess } from '../../../src/lab/process.ts';
import { eventually } from '../pair/pair.ts';

const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** The port of the client URL that a daemon is given. */
const PORT = 2379;

/** Debian's etcd on the loopback of a host of the lab, with its data in the directory of that host. */
export class EtcdMember {
  readonly url = `http://127.0.0.1:${PORT}`;
  readonly #host: Host;
  #process: LabProcess | undefined;
  #port = PORT;

  constructor(host: Host) {
    this.#host = host;
  }

  /** Starts it on the data that it left; on another port nobody but this test finds it. */
  async start(port = PORT): Promise<void> {
    this.#port = port;
    const urls = ['listen-client', 'advertise-client'].map((which) => `--${which}-urls=http://127.0.0.1:${port}`);
    const pace = ['--heartbeat-interval=20', '--election-timeout=200', '--log-level=error'];
    const argv = ['etcd', `--data-dir=${join(this.#host.directory, 'etcd')}`, ...urls, ...pace];
    this.#process = await this.#host.start(argv, { name: 'etcd', unattended: true });
    const isUp = async (): Promise<boolean> => (await this.#ask('kv/put', { key: base64('up') })) !== undefined;
    await eventually('etcd takes a write', isUp);
  }

  async stop(): Promise<void> {
    await this.#process?.stop('SIGKILL');
  }

  /** It accepts connections, as the kernel does that for it, and says nothing. */
  freeze(): void {
    this.#process?.signal('SIGSTOP');
  }

  thaw(): void {
    this.#process?.signal('SIGCONT');
  }

  put(key: string, value: string): Promise<void> {
    return this.#do('kv/put', { key: base64(key), value: base64(value) });
  }

  remove(key: string): Promise<void> {
    return this.#do('kv/deleterange', { key: base64(key) });
  }

  /** Forgets all revisions but the present one. */
  async compact(): Promise<void> {
    const answer = (await this.#ask('kv/range', { key: base64('up') })) as { header: { revision: string } };
    await this.#do('kv/compaction', { revision: answer.header.revision, physical: true });
  }

  async #do(path: string, body: object): Promise<void> {
    if ((await this.#ask(path, body)) === undefined) throw new Error(`etcd did not take ${path}`);
  }

  async #ask(path: string, body: object): Promise<unknown> {
    const url = `http://127.0.0.1:${this.#port}/v3/${path}`;
    const { code, stdout } = await this.#host.exec(['curl', '-sf', '-m', '3', '-d', JSON.stringify(body), url]);
    return code === 0 ? JSON.parse(stdout) : undefined;
  }
}
