import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { vi } from 'vitest';
import { profiles } from '../../../profiles/registry.ts';
import type { Discovery, ProxySettings } from '../../../src/proxy/discover.ts';
import type { Found } from '../../../src/proxy/family.ts';
import type { Verdict } from '../../../src/proxy/observe.ts';
import type { Profile, Site, Standalone } from '../../../src/proxy/profile.ts';
import type { Calls, Line } from './agent.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** Vite reads TypeScript; Node.js 20 does not. */
const launcher = `
  const { runnerImport } = await import('vite');
  await runnerImport('./test/lab/proxy/agent.ts', { configFile: false, logLevel: 'error' });
`;

/** How a proxy is started. */
export interface Start {
  /** Under a parent that never reaps it. */
  readonly careless?: boolean;
  /** What to change in its configuration. */
  readonly change?: (text: string) => string;
  /** What its command is given to as arguments. */
  readonly before?: readonly string[];
}

export const plain: ProxySettings = { pidFile: undefined, process: undefined, listen: [] };

/** A host of its own: network, processes, /proc, a directory, and one proxy at a time that serves on port 80. */
export class Host {
  readonly directory: string = mkdtempSync(join(tmpdir(), 'vipair-proxy-'));
  readonly verdicts: Verdict[] = [];
  readonly profile: Profile;
  standalone: Standalone;
  settings: ProxySettings;
  readonly #process: ChildProcess;
  readonly #ready: Promise<unknown>;
  /** BOUNDED: the calls of one test that are not yet answered. */
  readonly #waiting: Map<number, (line: { value?: unknown; error?: string }) => void> = new Map();
  #calls = 0;

  constructor(name: string) {
    const profile = profiles[name];
    if (profile === undefined) throw new Error(`No profile "${name}"`);
    this.profile = profile;
    this.standalone = this.#prepare({});
    this.settings = { ...plain, pidFile: this.standalone.pidFile, listen: [80] };
    const unshare = ['--net', '--pid', '--fork', '--mount-proc', '--kill-child'];
    const node = [process.execPath, '--input-type=module', '-e', launcher];
    // What a proxy of the machine has left in /run is none of this host's business.
    const apart = ['sh', '-c', 'mount -t tmpfs run /run && exec "$0" "$@"'];
    this.#process = spawn('unshare', [...unshare, ...apart, ...node], {
      cwd: root,
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#ready = new Promise((resolve, reject) => {
      this.#process.once('exit', () => reject(new Error('The agent has exited')));
      const lines = createInterface({ input: this.#process.stdout ?? process.stdin });
      lines.on('line', (text) => {
        const line = JSON.parse(text) as Partial<Line>;
        if ('ready' in line) resolve(line);
        else if ('verdict' in line && line.verdict) this.verdicts.push(line.verdict);
        else if ('id' in line && line.id !== undefined) this.#waiting.get(line.id)?.(line);
      });
    });
  }

  async call<Name extends keyof Calls>(
    call: Name,
    ...args: Parameters<Calls[Name]>
  ): Promise<Awaited<ReturnType<Calls[Name]>>> {
    await this.#ready;
    const id = ++this.#calls;
    const answered = new Promise<unknown>((resolve, reject) => {
      this.#waiting.set(id, ({ value, error }) => {
        this.#waiting.delete(id);
        if (error === undefined) resolve(value);
        else reject(new Error(`${call}: ${error}`));
      });
    });
    this.#process.stdin?.write(`${JSON.stringify({ id, call, args })}\n`);
    return (await answered) as Awaited<ReturnType<Calls[Name]>>;
  }

  /** Starts the proxy and waits until it serves with one worker. */
  async serve(how: Start = {}): Promise<Found> {
    await this.start(how);
    return this.until(async () => {
      const { status } = await this.call('get', 'http://127.0.0.1/healthz');
      const found = foundIn(await this.discover());
      if (status !== 200 || found.workers.length !== 1)
        throw new Error(`${status} from ${found.workers.length} workers`);
      return found;
    });
  }

  /** Starts the proxy and gives the pid of the program that was started for it. */
  async start({ careless = false, change = (text) => text, before = [] }: Start = {}): Promise<number> {
    for (const { path, text } of this.standalone.files) {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, change(text));
    }
    return this.call('start', [...before, ...this.standalone.command], careless);
  }

  /** Prepares another site for the next start. */
  prepare(site: Partial<Site>): void {
    this.standalone = this.#prepare(site);
  }

  discover(settings: ProxySettings = this.settings): Promise<Discovery> {
    return this.call('discover', this.profile.name, settings);
  }

  /** Starts the watch and waits for its first word. */
  async watch(settings: ProxySettings = this.settings): Promise<void> {
    await this.call('watch', this.profile.name, settings);
    await this.told(/./);
  }

  /** Waits until the last verdict has this reason, and gives it. */
  told(reason: string | RegExp): Promise<Verdict> {
    return this.until(() => {
      const verdict = this.verdicts.at(-1);
      const told = verdict?.reason ?? '';
      if (verdict && (typeof reason === 'string' ? told === reason : reason.test(told))) return verdict;
      throw new Error(`Told is "${told}", not "${String(reason)}"`);
    });
  }

  signal(pid: number, signal: NodeJS.Signals): Promise<void> {
    return this.call('signal', pid, signal);
  }

  log(name: string): string {
    return readFileSync(join(this.directory, name), 'utf8');
  }

  until<T>(check: () => T | Promise<T>): Promise<T> {
    return vi.waitFor(check, { timeout: 15_000, interval: 10 });
  }

  async close(): Promise<void> {
    // The host's processes end with its first one.
    this.#process.kill('SIGKILL');
    if (this.#process.exitCode === null && this.#process.signalCode === null) await once(this.#process, 'exit');
    rmSync(this.directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
  }

  #prepare(site: Partial<Site>): Standalone {
    const backends = [{ address: '127.0.0.1', port: 9 }];
    const { directory } = this;
    return this.profile.standalone({
      label: 'lb1',
      directory,
      listen: [80],
      backends,
      healthPath: '/healthz',
      ...site,
    });
  }
}

export function foundIn(discovery: Discovery): Found {
  if ('absent' in discovery) throw new Error(discovery.absent);
  return discovery.found;
}

export function absentIn(discovery: Discovery): Extract<Discovery, { absent: string }> {
  if ('found' in discovery) throw new Error(`Found main process ${discovery.found.main.pid}`);
  return discovery;
}
