/**
 * The manager: the half of the daemon that may take its time. It reads the configuration, watches the proxy, answers
 * on the control socket and writes the log. It holds no raw socket and no address: what it finds out it tells the
 * engine, and when it dies the engine goes on without it and starts another.
 */
import { loadConfig } from '../config/load.ts';
import { parseConfig } from '../config/parse.ts';
import { showConfig } from '../config/show.ts';
import type { ObservedProxy, Resume } from '../engine/messages.ts';
import type { RunOptions } from '../control/runoptions.ts';
import { openControlServer } from '../control/server.ts';
import type { ReloadResult, Status } from '../control/status.ts';
import { OpError } from '../linux/operror.ts';
import { judgeServices } from '../proxy/judgement.ts';
import type { Profile } from '../proxy/profile.ts';
import type { IpAddress } from '../wire/address.ts';
import { settleAccept } from './accept.ts';
import { Applying } from './applying.ts';
import { assign } from './assign.ts';
import { changesBetween, place } from './inforce.ts';
import type { InForce, Refused } from './inforce.ts';
import { EngineLink } from './link.ts';
import type { FromEngine } from './link.ts';
import { Log } from './log.ts';
import { pairUp } from './pairing.ts';
import { ConfiguredWatch } from './proxywatch.ts';
import { composeStatus } from './status.ts';
import { applySysctls, checkSysctls } from './sysctl.ts';
import { applySentence } from './applywords.ts';
import { namesFor } from './words.ts';

/** Exit codes before the first assignment, which become the daemon's (sysexits(3)). */
const EXIT_CONFIG = 2;
const EXIT_RUNNING = 75;
const EXIT_NO_PERMISSION = 77;
const EXIT_OTHER = 1;

/** For the engine to take its exit code from the last message, before the manager's own end would be one. */
const LAST_WORDS_MS = 1000;

/** A proxy that could not be looked at is not taken to be well. */
const UNSEEN: ObservedProxy = { state: 'dead', reason: 'it could not be looked at yet', main: undefined };

/** Between two attempts to open the control socket, for a manager whose engine runs already. */
const SOCKET_RETRY_MS = 5000;

export class Manager {
  readonly #options: RunOptions;
  readonly #profiles: Readonly<Record<string, Profile>>;
  readonly #log: Log;
  readonly #link: EngineLink;
  readonly #watch: ConfiguredWatch;
  readonly #applying: Applying;
  #inForce: InForce | undefined;
  /** Why the file is not what is in force. */
  #errors: readonly string[] = [];
  /** What could not be put in force of `accept: false`. */
  #acceptWarnings: readonly string[] = [];
  /** Why there is no heartbeat although one is configured. */
  #pairWarnings: readonly string[] = [];
  /** What the next reload has to wait for. */
  #busy: Promise<unknown> = Promise.resolve();
  /** The reload that waits, for all who ask before it begins. */
  #next: Promise<ReloadResult> | undefined;

  constructor(options: RunOptions, profiles: Readonly<Record<string, Profile>>) {
    this.#options = options;
    this.#profiles = profiles;
    this.#log = new Log(options.logFormat);
    this.#link = new EngineLink();
    this.#watch = new ConfiguredWatch(
      profiles,
      (proxy) => {
        this.#log.tell(proxy.state === 'well' ? 'notice' : 'error', `proxy ${proxy.state}: ${proxy.reason}`);
        if (this.#inForce !== undefined) this.#link.send({ type: 'proxy', proxy });
      },
      (error) => this.#log.tell('error', error.message),
    );
    this.#applying = new Applying(profiles, {
      onResult: (result, cause) => {
        const { level, text } = applySentence(result, cause);
        this.#log.tell(level, text);
      },
      onTrouble: (words) => this.#log.tell('warning', words),
    });
  }

  /** Waits for the engine's `hello` and goes from there. */
  start(): void {
    this.#link.listen((message) => this.#receive(message));
  }

  /**
   * Reads the file again and puts it in force as a whole, or keeps what is in force. One at a time: who asks while one
   * runs gets the next, because the file may have changed since.
   */
  reload(): Promise<ReloadResult> {
    this.#next ??= this.#after(() => {
      this.#next = undefined;
      return this.#reload();
    });
    return this.#next;
  }

  #after<T>(run: () => Promise<T>): Promise<T> {
    const done = this.#busy.then(run);
    this.#busy = done.catch(() => undefined);
    return done;
  }

  #receive(message: FromEngine): void {
    switch (message.type) {
      case 'hello':
        void this.#after(() => this.#begin(message.resume));
        return;
      case 'event':
        this.#log.event(message.event, (source, router) => this.#nameOf(source, router));
        if (message.event.type === 'interface' && message.event.state === 'up') this.#applySysctls();
        return;
      case 'proxy-exited':
        this.#watch.lookNow();
        return;
      case 'reload':
        void this.reload();
        return;
    }
  }

  async #begin(resume: Resume | undefined): Promise<void> {
    const read = this.#read();
    const next = resume === undefined ? read : this.#resume(resume, read);
    if (!('config' in next)) {
      for (const error of next.errors) this.#log.tell('error', error);
      return this.#giveUp(EXIT_CONFIG);
    }
    try {
      await this.#openControl();
    } catch (error) {
      this.#log.tell('error', messageOf(error));
      if (resume === undefined) return this.#giveUp(exitCodeOf(error));
      this.#openControlLater();
    }
    await this.#enforce(next);
    this.#log.tell('info', `node ${next.node.name}: ${next.config.vips.length} VIPs from "${this.#options.config}"`);
  }

  /**
   * What a former manager had put in force. A file that says something else by now waits for a reload, as it would have
   * without the restart.
   */
  #resume({ text, node, loadedAt }: Resume, read: InForce | Refused): InForce | Refused {
    const parsed = parseConfig(text, '<in force>', { profiles: [] });
    const resumed = place(parsed, this.#options.config, node);
    if (!('config' in resumed)) return resumed;
    if ('config' in read && changesBetween(resumed, read).length === 0) return { ...read, loadedAt };
    const changed = `"${this.#options.config}" has changed since it was loaded; run \`vipair reload\``;
    this.#errors = 'config' in read ? [changed] : read.errors;
    for (const error of this.#errors) this.#log.tell('warning', error);
    this.#log.tell('warning', 'the configuration that was in force stays in force');
    return { ...resumed, loadedAt };
  }

  async #openControl(): Promise<void> {
    await openControlServer(
      this.#options.socket,
      {
        status: () => this.status(),
        reload: () => this.reload(),
        applies: () => this.#applying.applies(),
        apply: (question, progress) => this.#applying.apply(question, progress),
        rollback: (id, progress) => this.#applying.rollback(id, progress),
      },
      (error) => this.#log.tell('error', error.message),
    );
  }

  #openControlLater(): void {
    setTimeout(() => {
      this.#openControl().catch((error: unknown) => {
        this.#log.tell('error', messageOf(error));
        this.#openControlLater();
      });
    }, SOCKET_RETRY_MS);
  }

  /** Ends the daemon when it has never run. One that runs goes on, and starts another manager after a while. */
  #giveUp(exitCode: number): void {
    this.#link.send({ type: 'give-up', exitCode });
    setTimeout(() => process.exit(exitCode), LAST_WORDS_MS);
  }

  async #reload(): Promise<ReloadResult> {
    const read = this.#read();
    if (!('config' in read)) {
      this.#errors = read.errors;
      for (const error of read.errors) this.#log.tell('error', error);
      this.#log.tell('error', 'reload refused; the configuration that was in force stays in force');
      return { applied: false, changes: [], errors: read.errors };
    }
    const before = this.#inForce;
    const changes = before === undefined ? [] : changesBetween(before, read);
    this.#errors = [];
    // Where to find what the warnings speak of may have changed with nothing else, and so may the shared key.
    const isSame = before !== undefined && changes.length === 0 && before.config.heartbeat === undefined;
    if (isSame) this.#inForce = { ...before, warnings: read.warnings };
    else await this.#enforce(read);
    this.#log.tell('notice', changes.length === 0 ? 'reload: nothing changed' : `reload: ${changes.join('; ')}`);
    return { applied: true, changes, errors: [] };
  }

  #read(): InForce | Refused {
    const parsed = loadConfig(this.#options.config, {
      profiles: Object.keys(this.#profiles),
      judge: (config) => judgeServices(config, this.#profiles),
    });
    return place(parsed, this.#options.config, this.#options.node);
  }

  async #enforce(next: InForce): Promise<void> {
    const { config, node } = next;
    this.#acceptWarnings = await settleAccept(config, node.name);
    this.#watch.follow(config);
    const { pair, warnings } = pairUp(config, node);
    this.#pairWarnings = warnings;
    this.#inForce = next;
    this.#applySysctls();
    for (const warning of this.#warnings(next)) this.#log.tell('warning', warning);
    await this.#link.configure({
      type: 'configure',
      assignment: { ...assign(config, node), pair },
      resume: { text: showConfig(config), node: node.name, loadedAt: next.loadedAt },
      proxy: config.proxy === undefined ? undefined : (this.#watch.observed ?? UNSEEN),
    });
    this.#applying.follow(config, node.name);
  }

  /** At a reload, and when an interface comes up, whose settings begin with the kernel's defaults. */
  #applySysctls(): void {
    if (this.#inForce === undefined) return;
    const { config, node } = this.#inForce;
    for (const failure of applySysctls(config, node.name)) this.#log.tell('warning', failure);
  }

  /** The status of the daemon now. Rejects while it starts, and when the engine does not answer. */
  async status(): Promise<Status> {
    if (this.#inForce === undefined) throw new Error('The daemon is still starting; ask again');
    const snapshot = await this.#link.snapshot();
    const { config, node, loadedAt } = this.#inForce;
    return composeStatus(snapshot, {
      config,
      node: node.name,
      file: this.#options.config,
      loadedAt,
      errors: this.#errors,
      proxy: this.#watch.verdict,
      apply: this.#applying.status(),
      warnings: this.#warnings(this.#inForce),
    });
  }

  /** What somebody else may mend at any time is looked at anew. */
  #warnings({ config, node, warnings }: InForce): string[] {
    return [...warnings, ...checkSysctls(config, node.name), ...this.#acceptWarnings, ...this.#pairWarnings];
  }

  #nameOf(source: IpAddress, router: string | undefined): string {
    if (this.#inForce === undefined) return source;
    const { config, node } = this.#inForce;
    const vip = config.vips.find((candidate) => router?.startsWith(`${candidate.name}/`));
    return namesFor(config, vip, node.name)(source);
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** How a daemon ends that cannot have its control socket. */
function exitCodeOf(error: unknown): number {
  const code = error instanceof OpError ? error.code : '';
  if (code === 'EADDRINUSE') return EXIT_RUNNING;
  return code === 'EACCES' || code === 'EPERM' ? EXIT_NO_PERMISSION : EXIT_OTHER;
}
