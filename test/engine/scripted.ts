import type { NeighborClaim, NeighborOptions, NeighborSocket } from '../../src/linux/neighbors.ts';
import { OpError } from '../../src/linux/operror.ts';
import type { ProcessWatch } from '../../src/linux/pidfd.ts';
import { VIPAIR_ADDRESS_PROTOCOL } from '../../src/linux/rtnetlink.ts';
import type { InterfaceAddress, Link, Rtnetlink, RtnetlinkEvents } from '../../src/linux/rtnetlink.ts';
import type { DeadlineTimer } from '../../src/linux/timer.ts';
import type { Datagram, RefusedDatagram, TransportOptions, VrrpTransport } from '../../src/linux/transport.ts';
import type { Advertisement } from '../../src/wire/advertisement.ts';
import { decodeAdvertisement } from '../../src/wire/advertisement.ts';
import { addressOf, familyOf } from '../../src/wire/address.ts';
import type { Family, IpAddress } from '../../src/wire/address.ts';
import { isMalformed } from '../../src/wire/malformed.ts';
import { instant } from '../../src/wire/units.ts';
import type { Instant } from '../../src/wire/units.ts';

/** What the host can be told to refuse. */
type Operation =
  | 'links'
  | 'addresses'
  | 'put'
  | 'remove'
  | 'send'
  | 'receive'
  | 'announce'
  | 'open'
  | 'rtnetlink'
  | 'watch'
  | 'neighbors';

export const MAC = Uint8Array.of(2, 0, 0, 0, 0, 11);

/** An interface that is up. */
export const link = (name: string, index: number, more: Partial<Link> = {}): Link => ({
  index,
  name,
  up: true,
  mac: MAC,
  mtu: 1500,
  ...more,
});

/** An address that somebody else than the daemon has put there for good. */
export const own = (address: string, ifindex = 2, more: Partial<InterfaceAddress> = {}): InterfaceAddress => ({
  ifindex,
  address: addressOf(address),
  prefixLength: address.includes(':') ? 64 : 24,
  scope: address.startsWith('fe80') ? 253 : 0,
  flags: 0x80,
  validLifetime: 0xffff_ffff,
  renewedAt: instant(0),
  protocol: 0,
  ...more,
});

export interface Sent {
  readonly at: number;
  readonly interface: string;
  readonly source: IpAddress;
  readonly destination: IpAddress;
  readonly advertisement: Advertisement;
}

/** An advertisement or a frame on its way in. */
interface Socket {
  readonly options: TransportOptions;
  readonly inbox: (Datagram | RefusedDatagram)[];
  closed: boolean;
}

/**
 * A host that exists only in this file: a clock, a kernel with interfaces and addresses, sockets, processes. The engine
 * runs on it unchanged. News of the kernel is delivered between two turns of the loop, as the real one's is.
 */
export class ScriptedHost implements Rtnetlink {
  clock = 10_000;
  interfaces: Link[] = [link('eth0', 2)];
  held: InterfaceAddress[] = [own('192.0.2.11'), own('fe80::11'), own('2001:db8::11')];
  /** Errno by operation; an operation that is in here fails. */
  readonly refuses = new Map<Operation, string>();
  /** Refuses an operation on single addresses or to single destinations: `send 192.0.2.12`. */
  readonly refusesFor = new Map<string, string>();
  readonly sent: Sent[] = [];
  readonly announced: { readonly at: number; readonly address: IpAddress }[] = [];
  readonly probed: IpAddress[] = [];
  readonly sockets: Socket[] = [];
  /** What was opened for ARP or Neighbor Discovery. */
  readonly ears: {
    readonly options: NeighborOptions;
    readonly inbox: NeighborClaim[];
    closed: boolean;
    breaks: boolean;
  }[] = [];
  /** Living processes by pid, with their start times. */
  readonly processes = new Map<number, number>();
  readonly watched = new Map<number, () => void>();
  readonly calls: string[] = [];
  timer: { at: Instant | undefined; readonly onExpiry: () => void } | undefined;
  monitor: RtnetlinkEvents | undefined;
  #news: ((events: RtnetlinkEvents) => void)[] = [];

  now = (): Instant => instant(this.clock);

  #check(operation: Operation, about = ''): void {
    this.calls.push(about === '' ? operation : `${operation} ${about}`);
    const code = this.refuses.get(operation) ?? this.refusesFor.get(`${operation} ${about}`);
    if (code !== undefined) throw new OpError(`${operation} ${about}`.trim(), code);
  }

  // The kernel.

  openRtnetlink = (events: RtnetlinkEvents): Rtnetlink => {
    this.#check('rtnetlink');
    this.monitor = events;
    return this;
  };

  links(): Link[] {
    this.#check('links');
    return [...this.interfaces];
  }

  addresses(): InterfaceAddress[] {
    this.#check('addresses');
    return [...this.held];
  }

  putAddress({ ifindex, address, prefixLength, lease }: Parameters<Rtnetlink['putAddress']>[0]): void {
    this.#check('put', address);
    if (!this.interfaces.some(({ index }) => index === ifindex)) throw new OpError(`put ${address}`, 'ENODEV');
    const put: InterfaceAddress = {
      ...own(address, ifindex),
      prefixLength,
      flags: 0,
      validLifetime: lease,
      renewedAt: this.now(),
      protocol: VIPAIR_ADDRESS_PROTOCOL,
    };
    this.held = [...this.held.filter((a) => !isSame(a, put)), put];
    this.#news.push((events) => events.onAddress(put, false));
  }

  removeAddress(key: Parameters<Rtnetlink['removeAddress']>[0]): boolean {
    this.#check('remove', key.address);
    return this.#remove(key);
  }

  close(): void {
    this.calls.push('close');
  }

  /** Somebody else adds or removes an address, or the kernel does. */
  add(address: InterfaceAddress): void {
    this.held = [...this.held, address];
    this.#news.push((events) => events.onAddress(address, false));
  }

  delete(address: string): void {
    const found = this.held.find((a) => a.address === address);
    if (found === undefined) throw new Error(`${address} is not there`);
    this.#remove(found);
  }

  #remove(key: Parameters<Rtnetlink['removeAddress']>[0]): boolean {
    const found = this.held.find((a) => isSame(a, key));
    if (found === undefined) return false;
    this.held = this.held.filter((a) => a !== found);
    this.#news.push((events) => events.onAddress(found, true));
    return true;
  }

  /** Puts an interface in place of the one of that name, or takes it away with its addresses. */
  setLink(name: string, next: Link | undefined): void {
    const old = this.interfaces.find((each) => each.name === name);
    this.interfaces = [...this.interfaces.filter((each) => each !== old), ...(next === undefined ? [] : [next])];
    if (old !== undefined && old.index !== next?.index) {
      for (const address of this.held.filter((a) => a.ifindex === old.index)) this.#remove(address);
      this.#news.push((events) => events.onLink(old, true));
    }
    if (next !== undefined) this.#news.push((events) => events.onLink(next, false));
  }

  /** Drops the news that has not been delivered, as an overrun does. */
  overrun(): void {
    this.#news = [(events) => events.onOverrun()];
  }

  breakMonitor(): void {
    const events = this.monitor;
    this.#news = [
      () => {
        this.monitor = undefined;
        events?.onError(new OpError('receive on netlink monitor', 'ENOMEM'));
      },
    ];
  }

  holds(address: string): boolean {
    return this.held.some((a) => a.address === address);
  }

  // Sockets.

  openVrrp = (options: TransportOptions): VrrpTransport => {
    const { interface: name, source } = options;
    this.#check('open', name);
    const socket: Socket = { options, inbox: [], closed: false };
    this.sockets.push(socket);
    const family = familyOf(source);
    return {
      family,
      interface: name,
      source,
      send: (payload, destination) => {
        if (socket.closed) throw new OpError('send', 'EBADF');
        this.#check('send', destination);
        const decoded = decodeAdvertisement(payload, { source, destination });
        if (isMalformed(decoded)) throw new Error('the engine sent what cannot be read');
        const { advertisement } = decoded;
        this.sent.push({ at: this.clock, interface: name, source, destination, advertisement });
      },
      receive: () => {
        if (socket.closed) throw new OpError('receive', 'EBADF');
        this.#check('receive', name);
        return socket.inbox.shift();
      },
      close: () => (socket.closed = true),
    };
  };

  openNeighbors = (options: NeighborOptions): NeighborSocket => {
    this.#check('neighbors', options.interface);
    const ear = { options, inbox: [] as NeighborClaim[], closed: false, breaks: false };
    this.ears.push(ear);
    return {
      announce: this.announce,
      probe: (address) => this.probed.push(address),
      receive: () => {
        if (!ear.breaks) return ear.inbox.shift();
        ear.breaks = false;
        options.onError(new OpError('receive', 'ENOMEM'));
        return undefined;
      },
      close: () => (ear.closed = true),
    };
  };

  /** The open ear of an interface and family. */
  ear(name = 'eth0', family: Family = 'ipv4'): (typeof this.ears)[number] {
    const found = this.ears.find(
      ({ closed, options }) => !closed && options.interface === name && familyOf(options.source) === family,
    );
    if (found === undefined) throw new Error(`nothing listens to the neighbors on ${name}`);
    return found;
  }

  announce = (address: IpAddress): void => {
    this.#check('announce', address);
    this.announced.push({ at: this.clock, address });
  };

  /** The open socket of an interface and family. */
  socket(name = 'eth0', family: Family = 'ipv4'): Socket {
    const found = this.sockets.find(
      ({ closed, options }) => !closed && options.interface === name && familyOf(options.source) === family,
    );
    if (found === undefined) throw new Error(`no socket is open on ${name}`);
    return found;
  }

  /** A datagram arrives, and the loop is told. */
  arrive(datagram: Datagram | RefusedDatagram, name = 'eth0', family: Family = 'ipv4'): void {
    const { inbox, options } = this.socket(name, family);
    inbox.push(datagram);
    options.onReadable();
  }

  // Processes.

  watchProcess = (pid: number, startTime: number | undefined, onExit: () => void): ProcessWatch | undefined => {
    this.#check('watch', `${pid}`);
    if (!this.processes.has(pid) || this.processes.get(pid) !== startTime) return undefined;
    this.watched.set(pid, onExit);
    return { pid, close: () => this.watched.delete(pid) };
  };

  exit(pid: number): void {
    this.processes.delete(pid);
    const onExit = this.watched.get(pid);
    this.watched.delete(pid);
    onExit?.();
  }

  // The loop.

  openTimer = (onExpiry: () => void): DeadlineTimer => {
    const timer = { at: undefined as Instant | undefined, onExpiry };
    this.timer = timer;
    return { arm: (at) => (timer.at = at), close: () => (timer.at = undefined) };
  };

  /** Delivers what the kernel has to tell. */
  deliver(): void {
    while (this.#news.length > 0) {
      const news = this.#news;
      this.#news = [];
      for (const tell of news) if (this.monitor !== undefined) tell(this.monitor);
    }
  }

  /** Runs the loop for a while, in milliseconds. A loop that goes round without time passing is an error. */
  run(duration: number): void {
    const end = this.clock + duration;
    for (let spins = 0, last = this.clock; ;) {
      this.deliver();
      const at = this.timer?.at;
      if (at === undefined || at > end) break;
      this.clock = Math.max(this.clock, at);
      spins = this.clock === last ? spins + 1 : 0;
      if (spins > 20) throw new Error(`the engine spins at ${this.clock}`);
      last = this.clock;
      if (this.timer !== undefined) this.timer.at = undefined;
      this.timer?.onExpiry();
    }
    this.clock = end;
  }

  /** The host is stopped and goes on later: everything that was due is late. */
  freeze(duration: number): void {
    this.clock += duration;
  }
}

const isSame = (
  a: { readonly ifindex: number; readonly address: IpAddress; readonly prefixLength: number },
  b: typeof a,
): boolean => a.ifindex === b.ifindex && a.address === b.address && a.prefixLength === b.prefixLength;

/** The host of the running test. */
export let host: ScriptedHost = new ScriptedHost();

/** A fresh host. */
export function newHost(): ScriptedHost {
  host = new ScriptedHost();
  return host;
}
