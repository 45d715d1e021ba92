/**
 * The manager: the half of the daemon that may take its time. It reads the configuration, watches the proxy, answers
 * on the control socket and writes the log. It holds no raw socket and no address: what it finds out it tells the
 * engine, and when it dies the engine goes on without it and starts another.
 */
import { hostname, networkInterfaces } from 'node:os';
import type { Config, NodeConfig } from '../config/config.ts';
import { diffConfig } from '../config/diff.ts';
import { loadConfig } from '../config/load.ts';
import { parseConfig } from '../config/parse.ts';
import type { ParseResult } from '../config/parse.ts';
import { formatError } from '../config/report.ts';
import { findSelf } from '../config/self.ts';
import { showConfig } from '../config/show.ts';
import type { ObservedProxy } from '../engine/messages.ts';
import type { RunOptions } from '../control/runoptions.ts';
import { openControlServer } from '../control/server.ts';
import type { ReloadResult, Status } from '../control/status.ts';
import { now } from '../linux/clock.ts';
import { OpError } from '../linux/operror.ts';
import { judgeServices } from '../proxy/judgement.ts';
import type { Profile } from '../proxy/profile.ts';
import { parseAddress } from '../wire/address.ts';
import type { IpAddress } from '../wire/address.ts';
import type { Instant } from '../wire/units.ts';
import { settleAccept } from './accept.ts';
import { Applying } from './applying.ts';
import { assign } from './assign.ts';
import { EngineLink } from './link.ts';
import type { FromEngine } from './link.ts';
import { Log } from './log.ts';
import { ConfiguredWatch } from './proxywatch.ts';
import { composeStatus } from './status.ts';
import { settleSysctls } from './sysctl.ts';
import { applySentence } from './applywords.ts';
import { namesFor } from './words.ts';

/** Exit codes before the first assignment, which become the daemon's (sysexits(3)). */
const EXIT_CONFIG = 2;
const EXIT_RUNNING = 75;
const EXIT_NO_PERMISSION = 77;
const EXIT_OTHER = 1;

/** A proxy that could not be looked at is not taken to be well. */
const UNSEEN: ObservedProxy = { state: 'dead', reason: 'it could not be looked at yet', main: undefined };

interface InForce {
  readonly config: Config;
  readonly node: NodeConfig;
  readonly loadedAt: Instant;
  readonly warnings: readonly string[];
}

export class Manager {
  readonly #options: RunOptions;
  readonly #profiles: Readonly<Record<string, Profile>>;
  readonly #log: Log;
  readonly #link: EngineLink;
  readonly #watch: ConfiguredWatch;
  readonly #applying: Applying;
  #inForce: InForce | undefined;
  #error: string | undefined;
  #reloading: Promise<ReloadResult> | undefined;

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

  /** Reads the file again and puts it in force as a whole, or keeps what is in force. One at a time. */
  reload(): Promise<ReloadResult> {
    this.#reloading ??= this.#reload().finally(() => (this.#reloading = undefined));
    return this.#reloading;
  }

  #receive(message: FromEngine): void {
    switch (message.type) {
      case 'hello':
        void this.#begin(message.resume);
        return;
      case 'event':
        this.#log.event(message.event, (source, router) => this.#nameOf(source, router));
        return;
      case 'proxy-exited':
        this.#watch.lookNow();
        return;
      case 'reload':
        void this.reload();
        return;
    }
  }

  async #begin(resume: string | undefined): Promise<void> {
    const loaded = this.#load(this.#read());
    let next: InForce;
    if ('config' in loaded) {
      next = loaded;
    } else {
      this.#error = loaded.errors.join('\n');
      for (const error of loaded.errors) this.#log.tell('error', error);
      const resumed =
        resume === undefined ? undefined : this.#load(parseConfig(resume, '<in force>', { profiles: [] }));
      if (resumed === undefined || !('config' in resumed)) return this.#giveUp(EXIT_CONFIG);
      this.#log.tell('error', 'the configuration that was in force stays in force');
      next = resumed;
    }
    try {
      await openControlServer(this.#options.socket, {
        status: () => this.status(),
        reload: () => this.reload(),
        applies: () => this.#applying.applies(),
        apply: (question, progress) => this.#applying.apply(question, progress),
        rollback: (id, progress) => this.#applying.rollback(id, progress),
      });
    } catch (error) {
      this.#log.tell('error', error instanceof Error ? error.message : String(error));
      if (resume === undefined) return this.#giveUp(exitCodeOf(error));
    }
    await this.#enforce(next);
    this.#log.tell('info', `node ${next.node.name}: ${next.config.vips.length} VIPs from "${this.#options.config}"`);
  }

  #read(): ParseResult {
    return loadConfig(this.#options.config, {
      profiles: Object.keys(this.#profiles),
      judge: (config) => judgeServices(config, this.#profiles),
    });
  }

  /** Ends the daemon when it has never run; a daemon that runs goes on. */
  #giveUp(exitCode: number): void {
    this.#link.send({ type: 'give-up', exitCode });
  }

  async #reload(): Promise<ReloadResult> {
    const loaded = this.#load(this.#read());
    if (!('config' in loaded)) {
      this.#error = loaded.errors.join('\n');
      for (const error of loaded.errors) this.#log.tell('error', error);
      this.#log.tell('error', 'reload refused; the configuration that was in force stays in force');
      return { applied: false, changes: [], errors: loaded.errors };
    }
    const changes =
      this.#inForce === undefined ? [] : diffConfig(this.#inForce.config, loaded.config).map((change) => change.text);
    this.#error = undefined;
    if (changes.length > 0) await this.#enforce(loaded);
    this.#log.tell('notice', changes.length === 0 ? 'reload: nothing changed' : `reload: ${changes.join('; ')}`);
    return { applied: true, changes, errors: [] };
  }

  /** A parse result and this host's place in it, with everything that must be right before it may be in force. */
  #load(parsed: ParseResult): InForce | { readonly errors: readonly string[] } {
    if (!('config' in parsed)) return { errors: parsed.errors.map(formatError) };
    const { config } = parsed;
    const self = findSelf(config, { node: this.#options.node, hostname: hostname(), addresses: ownAddresses() });
    if ('error' in self) return { errors: [`${this.#options.config}: nodes: ${self.error}`] };
    const node = config.nodes.find((candidate) => candidate.name === self.node);
    if (node === undefined) return { errors: [`${this.#options.config}: nodes: no node is called "${self.node}"`] };
    return { config, node, loadedAt: now(), warnings: parsed.warnings.map(formatError) };
  }

  async #enforce(next: InForce): Promise<void> {
    const { config, node } = next;
    const warnings = [
      ...next.warnings,
      ...settleSysctls(config, node.name),
      ...(await settleAccept(config, node.name)),
    ];
    for (const warning of warnings) this.#log.tell('warning', warning);
    this.#watch.follow(config);
    this.#inForce = { ...next, warnings };
    await this.#link.configure({
      type: 'configure',
      assignment: assign(config, node),
      source: showConfig(config),
      proxy: config.proxy === undefined ? undefined : (this.#watch.observed ?? UNSEEN),
    });
    this.#applying.follow(config, node.name);
  }

  /** The status of the daemon now. Rejects when the engine does not answer. */
  async status(): Promise<Status> {
    const snapshot = await this.#link.snapshot();
    if (this.#inForce === undefined) throw new Error('The daemon is still starting; ask again');
    const { config, node, loadedAt, warnings } = this.#inForce;
    const error = this.#error;
    return composeStatus(snapshot, {
      config,
      node: node.name,
      file: this.#options.config,
      loadedAt,
      error,
      proxy: this.#watch.verdict,
      apply: this.#applying.status(),
      warnings: error === undefined ? warnings : [...warnings, `the configuration file was refused: ${error}`],
    });
  }

  #nameOf(source: IpAddress, router: string | undefined): string {
    if (this.#inForce === undefined) return source;
    const { config, node } = this.#inForce;
    const vip = config.vips.find((candidate) => router?.startsWith(`${candidate.name}/`));
    return namesFor(config, vip, node.name)(source);
  }
}

/** How a daemon ends that cannot have its control socket. */
function exitCodeOf(error: unknown): number {
  const code = error instanceof OpError ? error.code : '';
  if (code === 'EADDRINUSE') return EXIT_RUNNING;
  return code === 'EACCES' || code === 'EPERM' ? EXIT_NO_PERMISSION : EXIT_OTHER;
}

const ownAddresses = (): IpAddress[] =>
  Object.values(networkInterfaces()).flatMap((list) =>
    (list ?? []).flatMap(({ address }) => parseAddress(address.split('%')[0] ?? '') ?? []),
  );
