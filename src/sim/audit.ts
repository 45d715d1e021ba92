import { FLOOR, givesWay, mayPreempt } from '../vrrp/priority.ts';
import { between, instant, milliseconds } from '../wire/units.ts';
import type { Instant, Milliseconds } from '../wire/units.ts';
import { answersFor, claimOf, isAble, isHolding, isWell, nameOf, seatsOf, slackOf } from './bounds.ts';
import type { Bounds, Seat } from './bounds.ts';
import type { Occurrence } from './occurrence.ts';
import type { Simulation } from './simulation.ts';
import { watch } from './watch.ts';
import type { Clock, Pair, Place, Watch } from './watch.ts';

/** A VIP that somebody deleted is back within this time. */
const REPAIR = milliseconds(50);

/**
 * Watches a simulation and throws at the first thing that must never happen. What must have happened in the end, when
 * all is well again, is asked by `requireSettled`.
 *
 * Every bound counts from the last thing that excuses a delay: a fault, or a packet lost on the very path. So the bounds
 * are as tight under loss as without. The clocks are one for each host, and for each pair of hosts, of each VIP.
 */
export class Audit {
  /** When somebody last disturbed the peace: a fault, a lost packet, or a stance that changed. */
  disturbedAt: Instant = instant(0);
  /** How often a host became active for a VIP. */
  takeovers = 0;
  readonly #sim: Simulation;
  readonly #watches: readonly Watch[];
  readonly #lostAt = new Map<string, Instant>();
  readonly #backLostAt = new Map<string, Instant>();
  #faultAt: Instant = instant(0);

  constructor(sim: Simulation) {
    this.#sim = sim;
    const slack = slackOf(sim.config);
    this.#watches = [...seatsOf(sim)].map(([vip, seats]) => watch(vip, seats, slack, sim.config.heartbeat));
  }

  /** Takes note of an occurrence, and judges what can be judged by itself. */
  observe(occurrence: Occurrence): void {
    const { at } = occurrence;
    switch (occurrence.type) {
      case 'fault':
        this.#faultAt = at;
        this.disturbedAt = at;
        return;
      case 'lost':
        this.disturbedAt = at;
        this.#lostAt.set(`${occurrence.from}>${occurrence.to}`, at);
        return;
      case 'backLost':
        this.disturbedAt = at;
        this.#backLostAt.set(`${occurrence.from}>${occurrence.to}`, at);
        return;
      case 'heard':
        this.#noteLower(occurrence);
        return;
      case 'transition':
        this.#judgeTransition(occurrence);
        return;
      case 'sent':
      case 'refused':
      case 'announced':
    }
  }

  /** Judges where everything stands. To be called after everything that happens. */
  check(): void {
    for (const { vip, places, pairs, orphan, bounds } of this.#watches) {
      let answering = 0;
      let holding = 0;
      for (const place of places) {
        this.#checkPlace(vip, place);
        if (answersFor(place)) answering++;
        if (isHolding(place)) holding++;
      }
      // P1: a VIP has a holder while there is a host that is able to hold it.
      if (answering === 0 && places.some(isAble)) this.#bound(vip, orphan, bounds.held, () => `nobody answers for it`);
      else orphan.since = undefined;
      for (const pair of pairs) this.#checkPair(vip, pair, bounds, holding);
    }
  }

  /** No address is left behind, none is missing for long, and none outlives the lease of a daemon that is away. */
  #checkPlace(vip: string, { host, member, bare }: Place): void {
    const { now } = this.#sim;
    const { addresses } = member.config.router;
    if (host.activity === 'running') {
      const active = member.state.name === 'active';
      if (!active && host.kernel.holdsAny(addresses, now)) this.#fail(vip, `${host.name} has left addresses behind`);
      const missing = active && !host.kernel.holds(addresses, now);
      if (missing) this.#bound(vip, bare, REPAIR, () => `${host.name} is active without its addresses`);
      else bare.since = undefined;
      return;
    }
    // P4: what a dead or frozen daemon has put into the kernel goes with its lease.
    const age = between(member.renewedAt ?? instant(0), now);
    if (age >= member.config.lease && host.kernel.holdsAny(addresses, now)) {
      this.#fail(vip, `${host.name} is ${host.activity} and keeps addresses for ${age} ms`);
    }
  }

  /** What may not last between two hosts that can hear each other. `holding` is how many hold the VIP in all. */
  #checkPair(vip: string, { winner, loser, dual, sick }: Pair, bounds: Bounds, holding: number): void {
    const held = holding > 0 && isHolding(loser);
    // P2 and P3: the next advertisement of the better one that gets through ends it. One that cannot send has its lease.
    if (held && holding > 1 && isHolding(winner) && !winner.host.mute && givesWay(claimOf(loser), claimOf(winner))) {
      const lostAt = this.#excuse(winner, loser);
      this.#bound(vip, dual, bounds.dual, () => `${nameOf(winner)} and ${nameOf(loser)} both answer`, lostAt);
    } else dual.since = undefined;
    // P5: a lonely holder with a dead proxy is relieved by a well host, where the configuration lets it.
    if (held && holding === 1 && loser.host.proxy === 'dead' && isReady(winner) && mayRelieve(winner, loser)) {
      const lostAt = this.#excuse(loser, winner);
      this.#bound(vip, sick, bounds.relief, () => `${nameOf(loser)} serves with a dead proxy`, lostAt);
    } else sick.since = undefined;
  }

  #noteLower({ at, host, vip, heard }: Occurrence & { type: 'heard' }): void {
    const place = this.#place(vip, host);
    const { state } = place.member;
    const lower = state.name === 'backup' && heard.priority > 0 && heard.priority < state.priority;
    if (!lower) place.lowerSince = undefined;
    else place.lowerSince ??= at;
  }

  #judgeTransition(transition: Occurrence & { type: 'transition' }): void {
    const { at, host, vip, from, to, event } = transition;
    const { bounds } = this.#watch(vip);
    // P6: nothing moves by itself.
    if (between(this.disturbedAt, at) > bounds.quiet) {
      this.#fail(vip, `${host} went from ${from.name} to ${to.name} (${to.reason}) in the middle of peace`);
    }
    if (event === 'stance') this.disturbedAt = at;
    if (to.name !== 'active' || from.name === 'active') return;
    this.takeovers++;
    if (to.reason === 'preempted-lower-priority') this.#judgePreemption(transition);
  }

  /** P8: nobody is preempted who need not be, nor before preempt_delay is over. */
  #judgePreemption({ at, host, vip, from }: Occurrence & { type: 'transition' }): void {
    if (from.name !== 'backup' || from.heard === undefined) return;
    const place = this.#place(vip, host);
    const { preempt, preemptDelay } = place.member.config.router;
    const { priority } = from.heard;
    if (!mayPreempt(preempt, from.priority, priority)) this.#fail(vip, `${host} preempts priority ${priority}`);
    const waited = between(place.lowerSince ?? at, at);
    if (priority !== FLOOR && waited < preemptDelay) this.#fail(vip, `${host} preempts after ${waited} ms`);
  }

  /** Fails when what holds now has held for longer than a bound, not counting the time before the last excuse. */
  #bound(vip: string, clock: Clock, bound: Milliseconds, what: () => string, excuse?: Instant): void {
    const { now } = this.#sim;
    clock.since ??= now;
    const lasted = now - Math.max(clock.since, this.#faultAt, excuse ?? 0);
    if (lasted > bound) this.#fail(vip, `${what()} for ${lasted} ms, more than ${bound} ms`);
  }

  /**
   * When a host was last kept from telling another something. With a second path both must have failed; there it is the
   * later loss of both directions, because a daemon that was started anew is believed once it hears and is heard.
   */
  #excuse(from: Seat, to: Seat): Instant | undefined {
    const there = `${from.host.name}>${to.host.name}`;
    const lostAt = this.#lostAt.get(there);
    if (this.#sim.config.heartbeat === undefined || lostAt === undefined) return lostAt;
    const back = `${to.host.name}>${from.host.name}`;
    const times = [this.#backLostAt.get(there), this.#backLostAt.get(back)].filter((at) => at !== undefined);
    return times.length === 0 ? undefined : instant(Math.min(lostAt, Math.max(...times)));
  }

  #watch(vip: string): Watch {
    const found = this.#watches.find((candidate) => candidate.vip === vip);
    if (found === undefined) throw new Error(`No VIP "${vip}" in the simulation`);
    return found;
  }

  #place(vip: string, host: string): Place {
    const found = this.#watch(vip).places.find((candidate) => candidate.host.name === host);
    if (found === undefined) throw new Error(`Host "${host}" has no part in "${vip}"`);
    return found;
  }

  #fail(vip: string, what: string): never {
    const places = this.#watch(vip).places.map(
      ({ host, member: { state } }) => `${host.name} ${host.activity} ${state.name} ${state.priority}`,
    );
    throw new Error(`At ${this.#sim.now} ms, ${vip}: ${what} (${places.join('; ')})`);
  }
}

const isReady = (seat: Seat): boolean => isAble(seat) && isWell(seat);

const mayRelieve = ({ member }: Seat, loser: Seat): boolean =>
  mayPreempt(member.config.router.preempt, member.state.priority, loser.member.state.priority);
