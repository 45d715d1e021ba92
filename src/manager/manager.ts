/**
 * The manager: the half of the daemon that may take its time. It reads the configuration, watches the proxy, answers
 * on the control socket and writes the log. It holds no raw socket and no address: what it finds out it tells the
 * engine, and when it dies the engine goes on without it and starts another.
 */
import { hostname } from 'node:os';
import type { Config } from '../config/config.ts';
import { withOwnRestarts } from '../config/proxy.ts';
import { showConfig } from '../config/show.ts';
import type { Resume } from '../engine/messages.ts';
import type { RunOptions } from '../control/runoptions.ts';
import type { ReloadResult, Status } from '../control/status.ts';
import type { Profile } from '../proxy/profile.ts';
import { clearAccept, settleAccept } from './accept.ts';
import { attention } from './attention.ts';
import { careFor } from './care.ts';
import type { Care } from './care.ts';
import { assign } from './assign.ts';
import { EXIT_CONFIG, exitCodeOf, messageOf } from './exit.ts';
import { handlersOf } from './handlers.ts';
import { changesBetween, nameIn, refusal, withProxyOf } from './inforce.ts';
import type { InForce } from './inforce.ts';
import { ControlDoor } from './door.ts';
import { EngineLink } from './link.ts';
import type { FromEngine } from './link.ts';
import { configDigest, pairUp } from './pairing.ts';
import { ConfigSource } from './source.ts';
import { composeStatus } from './status.ts';
import { Switching, UNDER_WAY } from './switching.ts';
import { applySysctls } from './sysctl.ts';
import { Telling } from './telling.ts';
import { Turns } from './turns.ts';

/** For the engine to take its exit code from the last message. */
const LAST_WORDS_MS = 1000;

/** For the engine's last message to arrive, which it has sent before the signal. */
const FAREWELL_MS = 200;

/** Between two looks at what needs attention. */
const LOOK_MS = 1000;

type EngineMessage = Extract<FromEngine, { type: 'event' }>;

export class Manager {
  readonly #options: RunOptions;
  readonly #profiles: Readonly<Record<string, Profile>>;
  readonly #telling: Telling;
  readonly #link: EngineLink;
  readonly #care: Care;
  readonly #switching: Switching;
  readonly #source: ConfigSource;
  readonly #door: ControlDoor;
  #inForce: InForce | undefined;
  /** The name of this host; until it is found in the file, what the host calls itself. */
  #node = hostname();
  #isEnding = false;
  /** Which run of the engine this is. */
  #run = '';
  /** Events from before a configuration is in force. BOUNDED by what the engine has under way. */
  #early: EngineMessage[] = [];
  /** Why the file is not what is in force. */
  #errors: readonly string[] = [];
  #acceptWarnings: readonly string[] = [];
  /** Why there is no heartbeat although one is configured. */
  #pairWarnings: readonly string[] = [];
  /** Of what is in force. */
  #digest = 0;
  readonly #turns = new Turns<ReloadResult>();

  constructor(options: RunOptions, profiles: Readonly<Record<string, Profile>>) {
    this.#options = options;
    this.#profiles = profiles;
    this.#telling = new Telling(
      options,
      () => this.#node,
      (source, router) => nameIn(this.#inForce, source, router),
    );
    this.#link = new EngineLink();
    this.#care = careFor({
      ...{ run: options, profiles, tell: (event) => this.#telling.tell(event) },
      send: (message) => this.#link.send(message),
    });
    this.#switching = new Switching({
      ...{ profiles, care: this.#care, run: options },
      inForce: () => this.#inForce && { config: this.#inForce.config, node: this.#inForce.node.name },
      onHandOver: (config) => this.#handOver(config),
      inTurn: (run) => this.#turns.after(run),
      tell: (event) => this.#telling.tell(event),
    });
    this.#source = new ConfigSource(options, profiles, this.#switching);
    const parts = { care: this.#care, switching: this.#switching, telling: this.#telling };
    const about = { inForce: () => this.#inForce, snapshot: () => this.#link.snapshot() };
    this.#door = new ControlDoor(options.socket, handlersOf(this, parts, about), (words) =>
      this.#telling.say('error', words),
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
    return this.#turns.shared(() => this.#reload());
  }

  #receive(message: FromEngine): void {
    switch (message.type) {
      case 'hello':
        this.#run = message.run;
        void this.#turns.after(() => this.#begin(message.resume));
        return;
      case 'event':
        // Names are known once a configuration is in force; events of the engine are waiting for a new manager.
        if (this.#inForce === undefined) this.#early.push(message);
        else this.#take(message);
        return;
      case 'farewell':
        void this.#end();
        return;
      case 'words':
        this.#care.views.notePeers(message.peers);
        return;
      case 'proxy-exited':
        this.#care.vitals.lookNow();
        return;
      case 'reload':
        void this.reload();
        return;
    }
  }

  #take({ event, number }: EngineMessage): void {
    this.#telling.events.take(event, { run: this.#run, number });
    this.#link.send({ type: 'recorded', through: number });
    if (event.type === 'interface' && event.state === 'up') this.#applySysctls();
  }

  /** The daemon ends. What the engine has told before it asked for that is on its way, and its farewell the last of it. */
  terminate(): void {
    setTimeout(() => void this.#end(), FAREWELL_MS);
  }

  /** The engine has let the VIPs go; a proxy that is ours goes last. May be called twice. */
  async #end(): Promise<void> {
    if (this.#isEnding) return;
    this.#isEnding = true;
    this.#telling.tell({ type: 'stopping' });
    // A switch would start and commit proxies while they are being drained.
    this.#switching.abort();
    await this.#care.keeping.end();
    this.#care.served.supply.close();
    clearAccept();
    this.#care.restarts.close();
    await this.#telling.close();
    process.exit(0);
  }

  async #begin(resume: Resume | undefined): Promise<void> {
    const read = this.#source.read();
    if ('config' in read) this.#care.keeping.follow(read.config);
    const { next, stale } = resume === undefined ? { next: read, stale: [] } : this.#source.resume(resume, read);
    this.#errors = stale;
    for (const error of stale) this.#telling.say('warning', `${error}; what was in force stays in force`);
    if (!('config' in next)) {
      for (const error of next.errors) this.#telling.say('error', error);
      return this.#giveUp(EXIT_CONFIG);
    }
    try {
      await this.#door.open();
    } catch (error) {
      this.#telling.say('error', messageOf(error));
      if (resume === undefined) return this.#giveUp(exitCodeOf(error));
      this.#door.openLater();
    }
    await this.#enforce({ ...next, config: this.#switching.chosen.startingPoint(next.config) });
    this.#telling.tell({ type: 'loaded', file: this.#options.config, vips: next.config.vips.length });
    this.#lookAround();
    void this.#switching.resume().then(() => stale.length === 0 && this.#switching.follow(next.config));
  }

  /** The proxy that a switch has led to is in force, with everything else as it is; also for the next manager. */
  #handOver(config: Config): void {
    if (this.#inForce === undefined) return;
    const next = { ...this.#inForce, config };
    this.#inForce = next;
    this.#care.applying.follow(config, this.#node, this.#switching.isShared(config));
    void this.#turns.after(() => this.#enforce(next));
  }

  /** Ends the daemon when it has never run. One that runs goes on, and starts another manager after a while. */
  #giveUp(exitCode: number): void {
    this.#link.send({ type: 'give-up', exitCode });
    setTimeout(() => process.exit(exitCode), LAST_WORDS_MS);
  }

  async #reload(): Promise<ReloadResult> {
    // Looked at when the turn has come, because a switch that was asked for before has begun by then.
    if (this.#switching.isUnderWay) return refusal([UNDER_WAY], this.#telling);
    const read = this.#source.read();
    if (!('config' in read)) {
      this.#errors = read.errors;
      return refusal(read.errors, this.#telling);
    }
    const before = this.#inForce;
    const changes = before === undefined ? [] : changesBetween(before, read);
    this.#errors = [];
    // Where to find what the warnings speak of may have changed with nothing else, and so may the shared key.
    const isSame = before !== undefined && changes.length === 0 && before.config.heartbeat === undefined;
    if (isSame) this.#inForce = { ...before, warnings: read.warnings };
    else await this.#enforce(before === undefined ? read : withProxyOf(before, read));
    this.#telling.tell({ type: 'reload', changes });
    this.#switching.follow(read.config);
    return { applied: true, changes, errors: [] };
  }

  async #enforce(next: InForce): Promise<void> {
    const { config, node } = next;
    this.#node = node.name;
    this.#acceptWarnings = await settleAccept(config, node.name);
    // Before the first look, which is to find what a former manager has started.
    this.#care.keeping.follow(config);
    await this.#care.vitals.follow(config, node);
    const { pair, warnings } = pairUp(config, node, this.#switching.chosen.configured);
    this.#pairWarnings = warnings;
    this.#digest = configDigest(config, this.#switching.chosen.configured);
    this.#inForce = next;
    this.#telling.notify(config.notify);
    // Those that come from now on are not held back, so these go first.
    for (const message of this.#early.splice(0)) this.#take(message);
    this.#door.listen(config.listen);
    this.#applySysctls();
    await this.#link.configure({
      type: 'configure',
      assignment: { ...assign(config, node), pair },
      resume: { text: showConfig(config), node: node.name, loadedAt: next.loadedAt },
      ...this.#care.vitals.observed(),
      farewell: this.#care.keeping.farewell,
    });
    this.#care.restarts.follow(withOwnRestarts(config, this.#switching.chosen.configured), this.#profiles);
    this.#care.applying.follow(config, node.name, this.#switching.isShared(config));
    this.#care.served.follow(config, this.#profiles[config.proxy?.profile ?? '']);
    this.#care.views.follow(config);
  }

  /** At a reload, and when an interface comes up, whose settings begin with the kernel's defaults. */
  #applySysctls(): void {
    if (this.#inForce === undefined) return;
    const { config, node } = this.#inForce;
    for (const failure of applySysctls(config, node.name)) this.#telling.say('warning', failure);
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
      digest: this.#digest,
      errors: this.#errors,
      proxy: this.#care.vitals.proxy,
      levels: this.#care.vitals.levels,
      apply: this.#care.applying.status(this.#care.served.supply.isDue),
      switching: this.#switching.status(),
      events: this.#telling.events.status,
      notify: this.#telling.receivers(),
      services: this.#care.served.supply.status(),
      differences: this.#care.views.differences(snapshot.at),
      warnings: attention(this.#inForce, {
        accept: this.#acceptWarnings,
        heartbeat: this.#pairWarnings,
        switching: this.#switching.warnings(),
        backends: this.#care.served.warnings(),
        listen: this.#door.complaints,
      }),
      see: (troubles) => this.#telling.see(troubles),
    });
  }

  /** Trouble begins and ends whether somebody asks for it or not. A frozen engine is not asked again at once. */
  #lookAround(): void {
    const again = (): void => void setTimeout(() => this.#lookAround(), LOOK_MS);
    this.status().then(again, again);
  }
}
