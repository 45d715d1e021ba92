/**
 * The checks of this host that are not about the proxy: programs, files, the gateway, headroom, and the quorum of
 * backends. Interfaces are looked at by the engine, which the kernel tells first.
 *
 * This folder only looks. What several looks mean is `rise.ts`'s business, what a failure does to a VIP that of
 * `src/track`, in the engine. A check that cannot be made fails: one that silently does nothing is worse than none.
 */
import { systemClock } from '../../backends/clock.ts';
import { judge, unjudged } from '../../backends/rise.ts';
import type { CheckResult, Verdict } from '../../backends/rise.ts';
import type { Config, NodeConfig } from '../../config/config.ts';
import type { HostCheckConfig, HostCheckPace } from '../../config/hostcheckconfig.ts';
import type { ObservedCheck } from '../../engine/messages.ts';
import type { ServiceHealth } from '../../track/quorum.ts';
import type { PeerHealth } from '../../track/sickness.ts';
import { addressOf } from '../../wire/address.ts';
import { milliseconds } from '../../wire/units.ts';
import { commandLook } from './command.ts';
import { fileLook } from './file.ts';
import { gatewayLook } from './gateway.ts';
import { headroomLook } from './headroom.ts';
import type { HostLook } from './look.ts';
import { Quorums } from './quorums.ts';

/** A file is looked at so often that `touch` is an operator's command. */
const FILE_PACE: HostCheckPace = { interval: milliseconds(200), timeout: milliseconds(200), rise: 1, fall: 1 };

/** Between the first looks, until there is a verdict. */
const HURRY = milliseconds(50);

export interface HostChecksOptions {
  /** Told what has changed; `isNews` when that is more than the words. */
  readonly onTurn: (changed: readonly ObservedCheck[], isNews: boolean) => void;
  /** The processes of the proxy. */
  readonly proxyPids: () => readonly number[];
}

/** The checks in force; replaced one by one when the configuration changes. */
export class HostChecks {
  readonly #options: HostChecksOptions;
  /** By name. BOUNDED: by the configuration, 64 for each VIP. */
  readonly #running: Map<string, RunningCheck> = new Map();
  readonly #quorums: Quorums;
  #waiting: (() => void)[] = [];

  constructor(options: HostChecksOptions) {
    this.#options = options;
    this.#quorums = new Quorums({ onTurn: (changed) => options.onTurn(changed, true) });
  }

  /** Follows the configuration; a check that is the same goes on as it is. */
  follow(config: Config, node: NodeConfig): void {
    const wanted = new Map(config.checks.map((check) => [check.name, check]));
    for (const [name, running] of this.#running) {
      if (JSON.stringify(wanted.get(name)) === JSON.stringify(running.check)) continue;
      running.close();
      this.#running.delete(name);
    }
    for (const [name, check] of wanted) {
      if (this.#running.has(name)) continue;
      const look = lookFor(check, node, this.#options.proxyPids);
      if (look === undefined) continue;
      const running = new RunningCheck(check, look, (observed, isNews) => {
        this.#options.onTurn([observed], isNews);
        this.#settle();
      });
      this.#running.set(name, running);
      running.start();
    }
    this.#quorums.follow(config, node.name);
  }

  /** Takes note of the health of the backends. */
  noteHealth(health: readonly ServiceHealth[]): void {
    this.#quorums.noteHealth(health);
  }

  /** Takes note of what the other hosts say of them. */
  notePeers(peers: readonly PeerHealth[]): void {
    this.#quorums.notePeers(peers);
  }

  /** Resolves when every check has a verdict, and after `limit` at the latest. */
  async settled(limit: number): Promise<void> {
    if (this.#isSettled) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, limit);
      this.#waiting.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  /** What is known. `isNew` makes those that have no verdict yet well: a reload does not move what it does not know. */
  observed(isReload: boolean): ObservedCheck[] {
    const running = [...this.#running.values()].flatMap(({ check, observed }) => {
      if (observed !== undefined) return [observed];
      return isReload ? [{ name: check.name, state: 'well' as const, reason: 'not looked at yet' }] : [];
    });
    return [...running, ...this.#quorums.observed()];
  }

  get #isSettled(): boolean {
    return [...this.#running.values()].every(({ observed }) => observed !== undefined);
  }

  #settle(): void {
    if (!this.#isSettled) return;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

function lookFor(check: HostCheckConfig, node: NodeConfig, proxyPids: () => readonly number[]): HostLook | undefined {
  switch (check.kind) {
    case 'command':
      return commandLook(check, node.addresses[0] ?? addressOf('127.0.0.1'));
    case 'file':
      return fileLook(check);
    case 'gateway':
      return gatewayLook(check);
    case 'headroom':
      return headroomLook(check, proxyPids);
    case 'interface':
      return undefined;
  }
}

/** One check at work: a look, its verdict, and the next look. */
class RunningCheck {
  readonly check: HostCheckConfig;
  readonly #look: HostLook;
  readonly #onTurn: (observed: ObservedCheck, isNews: boolean) => void;
  #verdict: Verdict = unjudged(systemClock.now());
  /** Of the latest look that agrees with the state: single ones that do not are no reason for anything. */
  #reason = '';
  #cancel: () => void = () => {};

  constructor(check: HostCheckConfig, look: HostLook, onTurn: (observed: ObservedCheck, isNews: boolean) => void) {
    this.check = check;
    this.#look = look;
    this.#onTurn = onTurn;
  }

  /** `undefined` before the first verdict. */
  get observed(): ObservedCheck | undefined {
    const { state } = this.#verdict;
    if (state === 'unknown') return undefined;
    return { name: this.check.name, state: state === 'up' ? 'well' : 'dead', reason: this.#reason };
  }

  start(): void {
    this.#begin(systemClock.now());
  }

  close(): void {
    this.#cancel();
    this.#look.close();
  }

  #begin(turn: number): void {
    this.#cancel = this.#look.look((found) => this.#found(found, turn));
  }

  #found(found: CheckResult, turn: number): void {
    const pace = 'interval' in this.check ? this.check : FILE_PACE;
    const at = systemClock.now();
    const before = this.observed;
    const { verdict, again } = judge(this.#verdict, { ...pace, retry: 0, delayBeforeRetry: HURRY }, found, at);
    this.#verdict = verdict;
    if ((found.result === 'good') === (verdict.state === 'up')) this.#reason = found.reason;
    const { observed } = this;
    const isNews = observed?.state !== before?.state;
    if (observed !== undefined && (isNews || observed.reason !== before?.reason)) this.#onTurn(observed, isNews);
    const next = again === undefined ? Math.max(turn + pace.interval, at) : at + again;
    this.#cancel = systemClock.after(milliseconds(Math.max(0, next - at)), () => this.#begin(next));
  }
}
