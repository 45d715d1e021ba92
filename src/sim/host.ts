import { instant } from '../wire/units.ts';
import type { Instant, Milliseconds } from '../wire/units.ts';
import type { ReceivedDatagram } from '../vrrp/receive.ts';
import { Daemon } from './daemon.ts';
import { Kernel } from './kernel.ts';
import type { Member, MemberConfig } from './member.ts';
import type { Observer } from './occurrence.ts';
import type { Voice } from './voice.ts';

/** A simulated host. */
export interface HostConfig {
  readonly name: string;
  readonly members: readonly MemberConfig[];
  /** How long the daemon takes to learn that the proxy, the link or an address has changed. */
  readonly detection: Milliseconds;
}

/** What a host needs from its simulation. */
export interface Outside {
  readonly now: () => Instant;
  readonly send: (datagram: ReceivedDatagram) => void;
  /** What the host says and hears beside VRRP, if it does. */
  readonly voice: Voice | undefined;
  /** Asks for a turn at the given time. The simulation may grant it late, as a busy machine does. */
  readonly wake: (at: Instant) => void;
  readonly observer: Observer;
}

/** As many datagrams as a socket buffer keeps for a daemon that does not read; the newest are dropped. */
const INBOX = 256;

/** A host: a kernel, a link, a proxy, and a daemon that may be running, frozen or dead. */
export class Host {
  readonly config: HostConfig;
  readonly kernel: Kernel = new Kernel();
  readonly daemon: Daemon;
  activity: 'running' | 'frozen' | 'dead' = 'dead';
  powered = true;
  linkUp = true;
  /** Whether sending fails. */
  mute = false;
  proxy: 'well' | 'dead' = 'well';
  readonly #outside: Outside;
  #inbox: ReceivedDatagram[] = [];
  #beats: Uint8Array[] = [];

  constructor(config: HostConfig, outside: Outside) {
    this.config = config;
    this.#outside = outside;
    this.daemon = new Daemon(this, outside);
  }

  get name(): string {
    return this.config.name;
  }

  get members(): readonly Member[] {
    return this.daemon.members;
  }

  /** Whether clients reach it. */
  get reachable(): boolean {
    return this.powered && this.linkUp;
  }

  /** Whether it answers for the addresses of a VIP now. */
  answers(member: Member): boolean {
    return this.reachable && this.kernel.holds(member.config.router.addresses, this.#outside.now());
  }

  /** A datagram has arrived. A frozen daemon has a socket too, and reads it later. */
  deliver(datagram: ReceivedDatagram): void {
    if (this.#inbox.length < INBOX) this.#inbox.push(datagram);
    this.wake();
  }

  /** A heartbeat has arrived. */
  deliverBeat(payload: Uint8Array): void {
    if (this.#beats.length < INBOX) this.#beats.push(payload);
    this.wake();
  }

  /** Takes out the heartbeats that have arrived. */
  drainBeats(): readonly Uint8Array[] {
    const beats = this.#beats;
    this.#beats = [];
    return beats;
  }

  /** Takes out what has arrived. */
  drain(): readonly ReceivedDatagram[] {
    const datagrams = this.#inbox;
    this.#inbox = [];
    return datagrams;
  }

  /** Starts the daemon. */
  start(): void {
    if (this.activity !== 'dead') return;
    this.activity = 'running';
    this.powered = true;
    this.#inbox = [];
    this.#beats = [];
    this.daemon.start();
    this.wake();
  }

  /** Ends the daemon, which says goodbye when it can. */
  end(manner: 'stop' | 'crash' | 'powerOff'): void {
    if (manner === 'stop' && this.activity === 'running') this.daemon.stop();
    if (manner === 'stop' && this.activity === 'frozen') return;
    this.activity = 'dead';
    if (manner !== 'powerOff') return;
    this.powered = false;
    this.kernel.clear();
  }

  /** Gives the daemon a turn if it can take one. */
  turn(): void {
    if (this.activity !== 'running') return;
    this.daemon.turn();
    this.wake();
  }

  /** Asks for the next turn. */
  wake(): void {
    const due = this.#inbox.length > 0 || this.#beats.length > 0 ? this.#outside.now() : this.daemon.dueAt;
    if (this.activity === 'running' && due !== undefined) this.#outside.wake(instant(due));
  }
}
