import { judge } from '../track/stance.ts';
import type { Judgement } from '../track/stance.ts';
import { observe } from '../track/verdict.ts';
import type { Verdict } from '../track/verdict.ts';
import { isRefused, receive } from '../vrrp/receive.ts';
import type { ReceivedDatagram, Receiver } from '../vrrp/receive.ts';
import { deadline, step } from '../vrrp/router.ts';
import type { Action, RouterEvent, Stance } from '../vrrp/state.ts';
import { activeDownInterval } from '../vrrp/timers.ts';
import { familyOf } from '../wire/address.ts';
import { after, between } from '../wire/units.ts';
import type { Instant } from '../wire/units.ts';
import type { Host, Outside } from './host.ts';
import { datagramsOf, memberOf } from './member.ts';
import type { Member } from './member.ts';

interface Listener extends Receiver {
  readonly member: Member;
}

/**
 * The daemon of a simulated host, around the real core. It keeps the order that every driver of the core has to keep.
 * One turn is: notice that one was away, before anything else is believed; drain what has arrived; learn what has
 * changed around; and only then look at the deadlines.
 */
export class Daemon {
  readonly members: readonly Member[];
  readonly #host: Host;
  readonly #outside: Outside;
  #verdict: Verdict | undefined;
  #linkSeen = true;
  #noticeAt: Instant | undefined;

  constructor(host: Host, outside: Outside) {
    this.#host = host;
    this.#outside = outside;
    this.members = host.config.members.map((config) => memberOf(config, outside.now()));
  }

  /** When it next has something to do by itself. */
  get dueAt(): Instant | undefined {
    let due = earlier(this.#noticeAt, this.#outside.voice?.dueAt);
    for (const { state, judgement, renewedAt, config } of this.members) {
      const lapses = renewedAt === undefined ? undefined : after(renewedAt, config.lease);
      for (const at of [deadline(state), judgement.until, lapses]) due = earlier(due, at);
    }
    return due;
  }

  /** Something around it has changed, and it will learn so. */
  disturb(): void {
    this.#noticeAt = after(this.#outside.now(), this.#host.config.detection);
    this.#host.wake();
  }

  /** Addresses of a former run are adopted when they were renewed so lately that nobody can have taken over; else swept. */
  start(): void {
    const at = this.#outside.now();
    const { linkUp, kernel } = this.#host;
    this.#outside.voice?.start();
    this.#verdict = undefined;
    this.#noticeAt = undefined;
    this.#linkSeen = linkUp;
    this.#look(at);
    for (const member of this.members) {
      const { router } = member.config;
      const patience = activeDownInterval(router.version, 255, router.interval);
      const lately = member.renewedAt !== undefined && between(member.renewedAt, at) < patience;
      const adopted = linkUp && lately && kernel.holds(router.addresses, at);
      if (!adopted) kernel.remove(router.addresses);
      Object.assign(member, memberOf(member.config, at), { judgement: this.#judgementOf(member, at) });
      const { stance } = member.judgement;
      this.#step(member, linkUp ? { type: adopted ? 'adopt' : 'startup', at, stance } : { type: 'fault', at });
    }
  }

  stop(): void {
    for (const member of this.members) this.#step(member, { type: 'shutdown', at: this.#outside.now() });
    this.#outside.voice?.leave(this.#outside.now());
  }

  turn(): void {
    const at = this.#outside.now();
    for (const member of this.members) if (hasLapsed(member, at)) this.#step(member, { type: 'stalled', at });
    for (const datagram of this.#host.drain()) this.#hear(datagram, at);
    for (const payload of this.#host.drainBeats()) this.#hearBeat(payload, at);
    if (this.#noticeAt !== undefined && at >= this.#noticeAt) this.#notice(at);
    for (const member of this.members) {
      this.#rejudge(member, at);
      const due = deadline(member.state);
      if (due !== undefined && at >= due) this.#step(member, { type: 'tick', at });
    }
    this.#outside.voice?.turn(this.members, at);
  }

  /** The newest word of another host may stand in for advertisements that were lost. */
  #hearBeat(payload: Uint8Array, at: Instant): void {
    const { voice, observer } = this.#outside;
    const node = voice?.hear(payload, at);
    if (node === undefined) return;
    for (const member of this.members) {
      const heard = voice?.standIn(node, member, at);
      if (heard === undefined) continue;
      observer({ type: 'heard', at, host: this.#host.name, vip: member.config.vip, heard });
      this.#step(member, { type: 'advertisement', at, heard });
    }
  }

  #hear(datagram: ReceivedDatagram, at: Instant): void {
    const host = this.#host.name;
    const result = receive(datagram, (vrid) => this.#find(vrid, datagram));
    if (isRefused(result)) {
      this.#outside.observer({ type: 'refused', at, host, refused: result.refused });
      return;
    }
    const { router, heard } = result;
    router.member.voices.set(heard.source, at);
    this.#outside.observer({ type: 'heard', at, host, vip: router.member.config.vip, heard });
    this.#step(router.member, { type: 'advertisement', at, heard });
  }

  #find(vrid: number, { source }: ReceivedDatagram): Listener | undefined {
    const family = familyOf(source);
    const member = this.members.find(({ config: { router } }) => router.vrid === vrid && router.family === family);
    return member === undefined ? undefined : { member, config: member.config.router, priority: member.state.priority };
  }

  #notice(at: Instant): void {
    const { linkUp, kernel } = this.#host;
    this.#noticeAt = undefined;
    this.#look(at);
    for (const member of this.members) {
      if (linkUp !== this.#linkSeen) {
        member.judgement = this.#judgementOf(member, at);
        const { stance } = member.judgement;
        this.#step(member, linkUp ? { type: 'startup', at, stance } : { type: 'fault', at });
      }
      // Somebody else has deleted the addresses: they come back without a word to the other hosts.
      const bare = member.state.name === 'active' && !kernel.holds(member.config.router.addresses, at);
      if (bare) this.#perform(member, { type: 'addAddresses' }, at);
    }
    this.#linkSeen = linkUp;
  }

  #look(at: Instant): void {
    const state = this.#host.proxy;
    this.#verdict = observe(this.#verdict, { state, reason: `the proxy is ${state}` }, at);
  }

  #judgementOf({ config }: Member, at: Instant): Judgement {
    return judge(config.policy, config.priority, { proxy: this.#verdict, checks: {} }, at);
  }

  #rejudge(member: Member, at: Instant): void {
    const before = member.judgement.stance;
    member.judgement = this.#judgementOf(member, at);
    const { stance } = member.judgement;
    if (wordOf(stance) !== wordOf(before)) this.#step(member, { type: 'stance', at, stance });
  }

  #step(member: Member, event: RouterEvent): void {
    const { vip } = member.config;
    const from = member.state;
    this.#take(member, event);
    const to = member.state;
    if (from.name === to.name && from.priority === to.priority) return;
    const host = this.#host.name;
    this.#outside.observer({ type: 'transition', at: event.at, host, vip, from, to, event: event.type });
  }

  /** Whoever cannot say so does not become active. */
  #take(member: Member, event: RouterEvent): void {
    const { at } = event;
    const before = member.state;
    const { state, actions } = step(member.config.router, before, event);
    const rises = state.name === 'active' && before.name !== 'active';
    if (rises && this.#host.mute) return this.#take(member, { type: 'mute', at, priority: state.priority });
    member.state = state;
    for (const action of actions) this.#perform(member, action, at);
  }

  #perform(member: Member, action: Action, at: Instant): void {
    const { name: host, kernel, linkUp, mute } = this.#host;
    const { vip, router, lease } = member.config;
    switch (action.type) {
      case 'sendAdvertisement':
        if (mute) this.#outside.observer({ type: 'lost', at, from: host, to: host });
        if (!linkUp || mute) return;
        this.#outside.observer({ type: 'sent', at, host, vip, priority: action.priority });
        for (const datagram of datagramsOf(member, action.priority)) this.#outside.send(datagram);
        // Only the path that has just advertised renews the lease.
        if (member.renewedAt === undefined || member.state.name !== 'active') return;
        if (kernel.holds(router.addresses, at)) kernel.put(router.addresses, at, lease);
        member.renewedAt = at;
        return;
      case 'addAddresses':
        kernel.put(router.addresses, at, lease);
        member.renewedAt = at;
        return;
      case 'removeAddresses':
        kernel.remove(router.addresses);
        member.renewedAt = undefined;
        return;
      case 'announceAddresses':
        this.#outside.observer({ type: 'announced', at, host, vip, cause: action.cause });
    }
  }
}

/** An active router whose lease has run out was away: had it been there, it would have renewed it. */
const hasLapsed = ({ config, state, renewedAt }: Member, at: Instant): boolean =>
  state.name === 'active' && renewedAt !== undefined && between(renewedAt, at) >= config.lease;

const earlier = (a: Instant | undefined, b: Instant | undefined): Instant | undefined =>
  a === undefined || (b !== undefined && b < a) ? b : a;

const wordOf = (stance: Stance): number | string => (stance.kind === 'stand' ? stance.priority : stance.kind);
