/**
 * A simulated pair, or trio, of hosts on one segment.
 *
 * What it is. The real core (`wire`, `vrrp`, `track`) inside simulated hosts, on a simulated segment, under a virtual
 * clock. Advertisements travel as bytes: they are encoded, lost, delayed, overtaken, decoded and judged like real ones.
 * Minutes pass in milliseconds, and the same seed gives the same run, so a failure found by chance is found again.
 *
 * Its rules. Nothing here decides an election: a host does what the core tells it, in the order that every driver has
 * to keep, and the simulator only makes the world around it bad. Whoever wants to know what happened observes; whoever
 * wants something to happen inflicts a fault. Time goes on only in `advance`.
 *
 * What it must not know: the configuration file, sockets, the real clock, the proxy. A plan and a test use it alike.
 */
import { after, instant, milliseconds } from '../wire/units.ts';
import type { Instant, Milliseconds } from '../wire/units.ts';
import { Agenda } from './agenda.ts';
import { Host } from './host.ts';
import type { HostConfig } from './host.ts';
import { Lan } from './lan.ts';
import type { Station, Travel } from './lan.ts';
import type { Member } from './member.ts';
import type { Fault, Observer } from './occurrence.ts';
import { LIMITED_BROADCAST } from '../vrrp/advertise.ts';
import { Voice } from './voice.ts';
import { random } from './random.ts';
import type { Random } from './random.ts';

export interface SimulationConfig {
  /** 32 bits; the same seed and the same faults give the same run. */
  readonly seed: number;
  readonly hosts: readonly HostConfig[];
  readonly travel: Travel;
  /** How late a daemon gets its turn at worst. */
  readonly lateness: Milliseconds;
  /** How often hosts speak over a second path; `undefined` when there is none. */
  readonly heartbeat?: Milliseconds | undefined;
}

export class Simulation {
  readonly config: SimulationConfig;
  readonly hosts: readonly Host[];
  readonly lan: Lan;
  /** The second path. */
  readonly back: Lan;
  readonly #agenda = new Agenda();
  readonly #dice: Random;
  readonly #observer: Observer;
  #now: Instant = instant(0);

  constructor(config: SimulationConfig, observer: Observer = () => undefined) {
    this.config = config;
    this.#dice = random(config.seed);
    this.#observer = observer;
    this.lan = new Lan({
      agenda: this.#agenda,
      dice: this.#dice,
      travel: config.travel,
      lost: (from, to) => observer({ type: 'lost', at: this.#now, from, to }),
    });
    this.back = new Lan({
      agenda: this.#agenda,
      dice: this.#dice,
      travel: config.travel,
      lost: (from, to) => observer({ type: 'backLost', at: this.#now, from, to }),
    });
    this.hosts = config.hosts.map((host) => this.#join(host));
  }

  get now(): Instant {
    return this.#now;
  }

  /** Starts the daemons of all hosts now. */
  start(): void {
    for (const host of this.hosts) host.start();
  }

  host(name: string): Host {
    const host = this.hosts.find((candidate) => candidate.name === name);
    if (host === undefined) throw new Error(`No host "${name}" in the simulation`);
    return host;
  }

  /** The part a host has in a VIP. */
  member(name: string, vip: string): Member {
    const member = this.host(name).members.find(({ config }) => config.vip === vip);
    if (member === undefined) throw new Error(`Host "${name}" has no part in "${vip}"`);
    return member;
  }

  /** The hosts that answer for a VIP now: one, when all is well. */
  holders(vip: string): string[] {
    const holding = (host: Host): boolean =>
      host.members.some((member) => member.config.vip === vip && host.answers(member));
    return this.hosts.filter(holding).map(({ name }) => name);
  }

  /** Lets time pass, and calls `stepped` after everything that happens. */
  advance(duration: Milliseconds, stepped: () => void = () => undefined): void {
    const end = after(this.#now, duration);
    for (let next = this.#agenda.nextAt; next !== undefined && next <= end; next = this.#agenda.nextAt) {
      this.#now = next;
      this.#agenda.next();
      stepped();
    }
    this.#now = end;
  }

  /** Lets a fault happen after a while. */
  schedule(delay: Milliseconds, fault: Fault): void {
    this.#agenda.enter(after(this.#now, delay), () => this.inflict(fault));
  }

  /** Lets a fault happen now. What does not apply, such as thawing a host that is not frozen, changes nothing. */
  inflict(fault: Fault): void {
    this.#observer({ type: 'fault', at: this.#now, fault });
    if (fault.type === 'path') {
      this.lan.lose(fault.from, fault.to, fault.loss);
      return;
    }
    if (fault.type === 'backPath') {
      this.back.lose(fault.from, fault.to, fault.loss);
      return;
    }
    const host = this.host(fault.host);
    switch (fault.type) {
      case 'proxy':
        host.proxy = fault.state;
        host.daemon.disturb();
        return;
      case 'link':
        host.linkUp = fault.up;
        host.daemon.disturb();
        return;
      case 'mute':
        host.mute = fault.mute;
        return;
      case 'deleteAddresses':
        host.kernel.remove(this.member(fault.host, fault.vip).config.router.addresses);
        host.daemon.disturb();
        return;
      case 'crash':
      case 'stop':
      case 'powerOff':
        host.end(fault.type);
        return;
      case 'start':
        host.start();
        return;
      case 'freeze':
        if (host.activity === 'running') host.activity = 'frozen';
        return;
      case 'thaw':
        if (host.activity === 'frozen') host.activity = 'running';
        host.wake();
        return;
      case 'inject':
        if (host.reachable && host.activity !== 'dead') host.deliver(fault.datagram);
    }
  }

  #join(config: HostConfig): Host {
    let wakeAt: Instant | undefined;
    const host = new Host(config, {
      now: () => this.#now,
      observer: this.#observer,
      send: (datagram) => this.lan.send(station, datagram, this.#now),
      voice: this.#voiceOf(config, (payload) => {
        const { source } = config.members[0]?.router ?? { source: LIMITED_BROADCAST };
        this.back.send(behind, { source, destination: LIMITED_BROADCAST, hopLimit: 1, payload }, this.#now);
      }),
      wake: (at) => {
        if (wakeAt !== undefined && wakeAt <= at) return;
        wakeAt = at;
        const due = at < this.#now ? this.#now : at;
        this.#agenda.enter(after(due, milliseconds(this.config.lateness * this.#dice.fraction())), () => {
          if (wakeAt !== at) return;
          wakeAt = undefined;
          host.turn();
        });
      },
    });
    const station: Station = {
      name: config.name,
      addresses: config.members.map(({ router }) => router.source),
      attached: () => host.reachable,
      listening: () => host.powered && host.activity !== 'dead',
      receive: (datagram) => host.deliver(datagram),
    };
    const behind: Station = {
      ...station,
      addresses: [],
      attached: () => host.powered,
      receive: ({ payload }) => host.deliverBeat(payload),
    };
    this.lan.attach(station);
    this.back.attach(behind);
    return host;
  }

  #voiceOf({ name }: HostConfig, send: (payload: Uint8Array) => void): Voice | undefined {
    const { heartbeat, hosts } = this.config;
    if (heartbeat === undefined) return undefined;
    const others = hosts.flatMap((other) => (other.name === name ? [] : [other.name]));
    return new Voice(name, heartbeat, others, send);
  }
}
