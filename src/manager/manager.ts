/**
 * The manager: the half of the daemon that may take its time. It reads the configuration, watches the proxy, answers
 * on the control socket and writes the log. It holds no raw socket and no address: what it finds out it tells the
 * engine, and when it dies the engine goes on without it and starts another.
 */
import { hostname } from 'node:os';
import { loadConfig } from '../config/load.ts';
import { parseConfig } from '../config/parse.ts';
import { showConfig } from '../config/show.ts';
import type { ObservedProxy, Resume } from '../engine/messages.ts';
import type { RunOptions } from '../control/runoptions.ts';
import type { ReloadResult, Status } from '../control/status.ts';
import { now } from '../linux/clock.ts';
import type { Severity } from '../config/eventname.ts';
import { judgeServices } from '../proxy/judgement.ts';
import type { Profile } from '../proxy/profile.ts';
import type { IpAddress } from '../wire/address.ts';
import { clearAccept, settleAccept } from './accept.ts';
import { Applying } from './applying.ts';
import { assign } from './assign.ts';
import { EXIT_CONFIG, exitCodeOf } from './exit.ts';
import { changesBetween, place } from './inforce.ts';
import type { InForce, Refused } from './inforce.ts';
import { ControlDoor } from './door.ts';
import { EngineLink } from './link.ts';
import type { FromEngine } from './link.ts';
import { EventLog } from './eventlog.ts';
import { Log } from './log.ts';
import { ConfiguredWatch } from './proxywatch.ts';
import { composeStatus } from './status.ts';
import { applySysctls, checkSysctls } from './sysctl.ts';
import { namesFor } from './words.ts';

/** For the engine to take its exit code from the last message, before the manager's own end would be one. */
const LAST_WORDS_MS = 1000;

/** A proxy that could not be looked at is not taken to be well. */
const UNSEEN: ObservedProxy = { state: 'dead', reason: 'it could not be looked at yet', main: undefined };

type EngineMessage = Extract<FromEngine, { type: 'event' }>;

export class Manager {
  readonly #options: RunOptions;
  readonly #profiles: Readonly<Record<string, Profile>>;
  readonly #events: EventLog;
  readonly #link: EngineLink;
  readonly #watch: ConfiguredWatch;
  readonly #applying: Applying;
  readonly #door: ControlDoor;
  #inForce: InForce | undefined;
  /** The name of this host; until it is found in the file, what the host calls itself. */
  #node = hostname();
  /** Which run of the engine this is. */
  #run = '';
  /** Events from before a configuration is in force. BOUNDED by what the engine has under way. */
  #early: EngineMessage[] = [];
  /** Why the file is not what is in force. */
  #errors: readonly string[] = [];
  /** What could not be put in force of `accept: false`. */
  #acceptWarnings: readonly string[] = [];
  /** What the next reload has to wait for. */
  #busy: Promise<unknown> = Promise.resolve();
  /** The reload that waits, for all who ask before it begins. */
  #next: Promise<ReloadResult> | undefined;

  constructor(options: RunOptions, profiles: Readonly<Record<string, Profile>>) {
    this.#options = options;
    this.#profiles = profiles;
    const log = new Log(options.logFormat);
    this.#events = new EventLog({
      directory: options.state,
      now,
      node: () => this.#node,
      names: (source, router) => this.#nameOf(source, router),
      onRecord: (record) => log.write(record),
    });
    this.#link = new EngineLink();
    this.#watch = new ConfiguredWatch(
      profiles,
      (proxy) => {
        this.#events.tell({ type: 'proxy', state: proxy.state, reason: proxy.reason });
        if (this.#inForce !== undefined) this.#link.send({ type: 'proxy', proxy });
      },
      (error) => this.#say('error', error.message),
    );
    this.#applying = new Applying(profiles, {
      onResult: (event) => this.#events.tell(event),
      onTrouble: (words) => this.#say('warning', words),
    });
    this.#door = new ControlDoor(
      options.socket,
      {
        status: () => this.status(),
        reload: () => this.reload(),
        applies: () => this.#applying.applies(),
        apply: (question, progress) => this.#applying.apply(question, progress),
        rollback: (id, progress) => this.#applying.rollback(id, progress),
        events: this.#events,
      },
      (words) => this.#say('error', words),
    );
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
        this.#run = message.run;
        void this.#after(() => this.#begin(message.resume));
        return;
      case 'event':
        // Names are known once a configuration is in force; events of the engine are waiting for a new manager.
        if (this.#inForce === undefined) this.#early.push(message);
        else this.#take(message);
        return;
      case 'farewell':
        return this.#end();
      case 'proxy-exited':
        this.#watch.lookNow();
        return;
      case 'reload':
        void this.reload();
        return;
    }
  }

  #take({ event, number }: EngineMessage): void {
    this.#events.take(event, { run: this.#run, number });
    this.#link.send({ type: 'recorded', through: number });
    if (event.type === 'interface' && event.state === 'up') this.#applySysctls();
  }

  /** The engine has let the VIPs go. */
  #end(): void {
    this.#events.tell({ type: 'stopping' });
    clearAccept();
    this.#events.close();
    process.exit(0);
  }

  async #begin(resume: Resume | undefined): Promise<void> {
    const read = this.#read();
    const next = resume === undefined ? read : this.#resume(resume, read);
    if (!('config' in next)) {
      for (const error of next.errors) this.#say('error', error);
      return this.#giveUp(EXIT_CONFIG);
    }
    try {
      await this.#door.open();
    } catch (error) {
      this.#say('error', messageOf(error));
      if (resume === undefined) return this.#giveUp(exitCodeOf(error));
      this.#door.openLater();
    }
    await this.#enforce(next);
    this.#events.tell({ type: 'loaded', file: this.#options.config, vips: next.config.vips.length });
    for (const message of this.#early.splice(0)) this.#take(message);
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
    for (const error of this.#errors) this.#say('warning', error);
    this.#say('warning', 'the configuration that was in force stays in force');
    return { ...resumed, loadedAt };
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
      this.#events.tell({ type: 'reload-refused', errors: read.errors });
      return { applied: false, changes: [], errors: read.errors };
    }
    const before = this.#inForce;
    const changes = before === undefined ? [] : changesBetween(before, read);
    this.#errors = [];
    // Where to find what the warnings speak of may have changed with nothing else.
    if (before !== undefined && changes.length === 0) this.#inForce = { ...before, warnings: read.warnings };
    else await this.#enforce(read);
    this.#events.tell({ type: 'reload', changes });
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
    this.#node = node.name;
    this.#acceptWarnings = await settleAccept(config, node.name);
    this.#watch.follow(config);
    this.#inForce = next;
    this.#applySysctls();
    for (const warning of this.#warnings(next)) this.#say('warning', warning);
    await this.#link.configure({
      type: 'configure',
      assignment: assign(config, node),
      resume: { text: showConfig(config), node: node.name, loadedAt: next.loadedAt },
      proxy: config.proxy === undefined ? undefined : (this.#watch.observed ?? UNSEEN),
    });
    this.#applying.follow(config, node.name);
  }

  /** At a reload, and when an interface comes up, whose settings begin with the kernel's defaults. */
  #applySysctls(): void {
    if (this.#inForce === undefined) return;
    const { config, node } = this.#inForce;
    for (const failure of applySysctls(config, node.name)) this.#say('warning', failure);
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
    return [...warnings, ...checkSysctls(config, node.name), ...this.#acceptWarnings];
  }

  /** Tells what has no type of its own. */
  #say(severity: Severity, detail: string): void {
    this.#events.tell({ type: 'manager', severity, detail });
  }

  #nameOf(source: IpAddress, router: string | undefined): string {
    if (this.#inForce === undefined) return source;
    const { config, node } = this.#inForce;
    const vip = config.vips.find((candidate) => router?.startsWith(`${candidate.name}/`));
    return namesFor(config, vip, node.name)(source);
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
