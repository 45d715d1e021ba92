import { systemClock } from '../../backends/clock.ts';
import type { Clock } from '../../backends/clock.ts';
import type { Config, TrackBackendsConfig, VipConfig } from '../../config/config.ts';
import type { ObservedCheck } from '../../engine/messages.ts';
import { quorumName } from '../../track/policy.ts';
import type { ServiceHealth } from '../../track/quorum.ts';
import { judgeSickness } from '../../track/sickness.ts';
import type { PeerHealth, Sickness } from '../../track/sickness.ts';
import { milliseconds } from '../../wire/units.ts';
import type { Milliseconds } from '../../wire/units.ts';

/** What noticing and telling takes beyond the round of checks by which two hosts may be apart, and the most of it all. */
const TELLING = 500;
const MOST_DOUBT = 10_000;

export interface QuorumOptions {
  /** Told what has changed. */
  readonly onTurn: (changed: readonly ObservedCheck[]) => void;
  readonly clock?: Clock;
}

/** Whether this host sees enough backends for each VIP, and if not, whether it alone does. */
export class Quorums {
  readonly #options: QuorumOptions;
  readonly #clock: Clock;
  /** By the name of the VIP. BOUNDED: one for each. */
  readonly #known = new Map<string, Sickness>();
  #config: Config | undefined;
  #node = '';
  #health: readonly ServiceHealth[] = [];
  #peers: readonly PeerHealth[] = [];
  #cancel: () => void = () => {};

  constructor(options: QuorumOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  /** Follows the configuration of a node; what was judged of a VIP that stays is kept. */
  follow(config: Config, node: string): void {
    this.#config = config;
    this.#node = node;
    for (const name of this.#known.keys()) if (!tracked(config).has(name)) this.#known.delete(name);
    this.#judge();
  }

  /** Takes note of the health of the backends. */
  noteHealth(health: readonly ServiceHealth[]): void {
    this.#health = health;
    this.#tell();
  }

  /** Takes note of what the other hosts say of them; those that are not named are not heard. */
  notePeers(peers: readonly PeerHealth[]): void {
    this.#peers = peers;
    this.#tell();
  }

  /** What is known, as checks. */
  observed(): ObservedCheck[] {
    return [...this.#known].map(([vip, { verdict }]) => observedCheck(vip, verdict));
  }

  close(): void {
    this.#cancel();
  }

  #tell(): void {
    const changed = this.#judge();
    if (changed.length > 0) this.#options.onTurn(changed);
  }

  #judge(): ObservedCheck[] {
    const changed: ObservedCheck[] = [];
    const at = this.#clock.now();
    for (const [name, { vip, track }] of tracked(this.#config)) {
      const before = this.#known.get(name);
      const counted = this.#health.filter(({ service }) => track.services.includes(service));
      const policy = { ...track, doubt: doubtOf(this.#config, track.services) };
      const peers = this.#peers.filter(({ node }) => node !== this.#node && vip.prefer.includes(node));
      const next = judgeSickness(before, counted, policy, peers, at);
      this.#known.set(name, next);
      if (before?.verdict.state !== next.verdict.state || before.verdict.reason !== next.verdict.reason)
        changed.push(observedCheck(name, next.verdict));
    }
    this.#wait();
    return changed;
  }

  /** Looks again when the first doubt ends. */
  #wait(): void {
    this.#cancel();
    const ends = [...this.#known.values()].flatMap(({ until }) => until ?? []);
    if (ends.length === 0) return;
    const delay = Math.max(0, Math.min(...ends) - this.#clock.now());
    this.#cancel = this.#clock.after(milliseconds(Math.ceil(delay)), () => this.#tell());
  }
}

/** How much later than this host another may notice that backends are down: a round of the slowest check, and the telling. */
export function doubtOf(config: Config | undefined, services: readonly string[]): Milliseconds {
  const rounds = (config?.services ?? []).flatMap(({ name, check }) =>
    check === undefined || !services.includes(name) ? [] : [check.interval + check.jitter],
  );
  return milliseconds(Math.min(MOST_DOUBT, Math.max(0, ...rounds) + TELLING));
}

function tracked(config: Config | undefined): Map<string, { vip: VipConfig; track: TrackBackendsConfig }> {
  const vips = config?.vips ?? [];
  return new Map(
    vips.flatMap((vip) => (vip.trackBackends === undefined ? [] : [[vip.name, { vip, track: vip.trackBackends }]])),
  );
}

const observedCheck = (vip: string, { state, reason }: Sickness['verdict']): ObservedCheck => ({
  name: quorumName(vip),
  state: state === 'well' ? 'well' : 'dead',
  reason,
});
