/**
 * The engine: the real-time half of the daemon. It holds the sockets, the timers, the addresses and the proxy's pidfd,
 * and knows nothing of files, HTTP or configuration text: the manager tells it an `Assignment` and what it sees of the
 * proxy, and everything between two such messages happens here, whether a manager lives or not.
 *
 * One turn of the loop (`#wake`) is always the same: notice a stall, drain every port, then step what is due, then
 * arm the one timer for the earliest deadline. Whatever wakes the engine, a packet, a timer, the kernel's news or a
 * message, ends in that turn, so nothing is ever elected on stale ears.
 */
import { now } from '../linux/clock.ts';
import { watchProcess } from '../linux/pidfd.ts';
import type { ProcessWatch } from '../linux/pidfd.ts';
import { openRtnetlink, VIPAIR_ADDRESS_PROTOCOL } from '../linux/rtnetlink.ts';
import type { InterfaceAddress, Rtnetlink } from '../linux/rtnetlink.ts';
import { OpError } from '../linux/operror.ts';
import { openDeadlineTimer } from '../linux/timer.ts';
import type { DeadlineTimer } from '../linux/timer.ts';
import { observe } from '../track/stance.ts';
import type { Verdict } from '../track/stance.ts';
import { deadline } from '../vrrp/router.ts';
import { between, milliseconds } from '../wire/units.ts';
import type { Instant, Milliseconds } from '../wire/units.ts';
import { advance, rejudge } from './advance.ts';
import { planChange } from './change.ts';
import type { Assignment } from './assignment.ts';
import { drain } from './hear.ts';
import { earliest, leaseEnd, leaseOf, newInstance, nextDeadline } from './instance.ts';
import type { Instance } from './instance.ts';
import { Journal } from './journal.ts';
import type { ObservedProxy } from './messages.ts';
import { announceFor, announceNow, install, uninstall } from './perform.ts';
import type { Executor } from './perform.ts';
import { Port } from './port.ts';
import type { Lateness } from './snapshot.ts';

/** A wake-up that is later than this is counted as late. */
const LATE = milliseconds(10);

/** An address that vanishes this close to the end of its lease was taken by the kernel, not by somebody. */
const EXPIRY_MARGIN = milliseconds(100);

export interface EngineHooks {
  /** The watched proxy process has exited. The engine has already reacted. */
  readonly onProxyExit: (pid: number) => void;
  /** Called after each turn; events may be waiting in the journal. */
  readonly onTurn: () => void;
}

export class Engine {
  readonly journal: Journal = new Journal(now);
  readonly startedAt: Instant = now();
  readonly instances: Map<string, Instance> = new Map();
  /** By interface and family. */
  readonly ports: Map<string, Port> = new Map();
  verdict: Verdict | undefined;
  lateness: Lateness = { worst: milliseconds(0), worstAt: undefined, wakes: 0, late: 0 };
  readonly #hooks: EngineHooks;
  readonly #kernel: Rtnetlink;
  readonly #timer: DeadlineTimer;
  readonly #executor: Executor;
  #watch: ProcessWatch | undefined;
  #armed: Instant | undefined;
  #stale = true;
  #adopting = true;

  constructor(hooks: EngineHooks) {
    this.#hooks = hooks;
    this.#kernel = openRtnetlink({
      onLink: () => this.#kernelChanged(),
      onAddress: (address, gone) => this.#addressChanged(address, gone),
      onOverrun: () => this.#kernelChanged(),
      onError: (error) =>
        this.journal.tellOnce('netlink', { type: 'interface', interface: '*', state: 'failed', detail: error.message }),
    });
    this.#timer = openDeadlineTimer(() => this.#wake());
    this.#executor = { kernel: this.#kernel, journal: this.journal };
  }

  get watchedPid(): number | undefined {
    return this.#watch?.pid;
  }

  /** Puts an assignment in force. What is the same in the old and the new one is not touched. */
  configure(assignment: Assignment, proxy: ObservedProxy | undefined): void {
    const at = now();
    if (proxy === undefined) this.#forgetProxy();
    else this.#judgeProxy(proxy, at);
    const plan = planChange(
      [...this.instances.values()].map((i) => i.assignment),
      assignment.routers,
    );
    for (const { key } of plan.removed) this.#remove(key, at);
    for (const added of plan.added) {
      const port = this.#portFor(added.interface, added.router.family);
      this.instances.set(added.key, newInstance(added, port, this.verdict, at));
    }
    for (const changed of plan.changed) this.#change(changed.key, changed.next, changed.obsolete, at);
    this.#closeUnusedPorts();
    if (this.#adopting) this.#sweep();
    this.#syncPorts(at);
    // A virtual router that was added to a port that is up already is not told of it by the port.
    for (const { key } of plan.added) this.#start(this.instances.get(key), at);
    this.#adopting = false;
    this.#wake();
  }

  /** Takes note of what the manager saw of the proxy. */
  observe(proxy: ObservedProxy): void {
    this.#judgeProxy(proxy, now());
    this.#wake();
  }

  /** Lets every VIP go: priority 0, addresses removed. The engine is of no use afterwards. */
  shutdown(): void {
    const at = now();
    for (const key of this.instances.keys()) this.#remove(key, at);
    this.#watch?.close();
    this.#timer.close();
    this.#kernel.close();
    for (const port of this.ports.values()) port.close();
  }

  // --- one turn -----------------------------------------------------------------------------------------------

  #wake(): void {
    const at = now();
    this.#noticeLateness(at);
    if (this.#stale || this.#portsNeedCare(at)) this.#trySyncPorts(at);
    for (const port of this.ports.values()) drain(this.#executor, port, this.#instancesOf(port), at);
    this.#elect(now());
    this.#arm();
    this.#hooks.onTurn();
  }

  /** A host that was away for longer than its leases has lost its addresses and must listen before it speaks. */
  #noticeLateness(at: Instant): void {
    const late = this.#armed === undefined ? milliseconds(0) : (Math.max(0, between(this.#armed, at)) as Milliseconds);
    const { worst, worstAt, wakes } = this.lateness;
    this.lateness = {
      wakes: wakes + 1,
      late: this.lateness.late + (late > LATE ? 1 : 0),
      worst: late > worst ? late : worst,
      worstAt: late > worst ? at : worstAt,
    };
    let stalled = false;
    for (const instance of this.instances.values()) {
      const end = leaseEnd(instance);
      const lapsed = instance.state.name === 'active' && end !== undefined && at >= end;
      if (!lapsed && late < leaseOf(instance)) continue;
      stalled = true;
      advance(this.#executor, instance, { type: 'stalled', at });
    }
    if (stalled) this.journal.tell({ type: 'stalled', lateness: late });
  }

  #elect(at: Instant): void {
    for (const instance of this.instances.values()) {
      const { until } = instance.judgement;
      if (until !== undefined && at >= until) rejudge(this.#executor, instance, this.verdict, at);
      const due = deadline(instance.state);
      if (due !== undefined && at >= due) advance(this.#executor, instance, { type: 'tick', at });
      announceNow(this.#executor, instance, at);
    }
  }

  #arm(): void {
    const deadlines = [...this.instances.values()].map(nextDeadline);
    for (const port of this.ports.values()) deadlines.push(port.retryAt);
    this.#armed = earliest(deadlines);
    this.#timer.arm(this.#armed);
  }

  // --- the kernel's news ----------------------------------------------------------------------------------------

  #kernelChanged(): void {
    this.#stale = true;
    this.#wake();
  }

  #addressChanged(address: InterfaceAddress, gone: boolean): void {
    const instance = this.#holderOf(address);
    if (instance === undefined) {
      this.#kernelChanged();
    } else if (gone) {
      this.#restore(instance, address);
      this.#wake();
    }
  }

  /** Puts back an address that somebody else deleted, without giving up the active role. */
  #restore(instance: Instance, lost: InterfaceAddress): void {
    const at = now();
    const end = leaseEnd(instance);
    if (instance.state.name !== 'active' || end === undefined || at >= end - EXPIRY_MARGIN) return;
    const present = this.#kernel.addresses().some((a) => a.ifindex === lost.ifindex && a.address === lost.address);
    if (present) return;
    install(this.#executor, instance, at);
    instance.counters.addressesRestored++;
    this.journal.tell({ type: 'address-restored', router: instance.assignment.key, address: lost.address });
    announceFor(this.#executor, instance, 'takeover', at);
  }

  #holderOf(address: InterfaceAddress): Instance | undefined {
    for (const instance of this.instances.values()) {
      if (instance.port.link?.index !== address.ifindex) continue;
      if (instance.assignment.addresses.some((a) => a.address === address.address)) return instance;
    }
    return undefined;
  }

  // --- ports ----------------------------------------------------------------------------------------------------

  #portFor(name: string, family: Port['family']): Port {
    const key = `${name}/${family}`;
    const known = this.ports.get(key);
    if (known !== undefined) return known;
    const port = new Port(name, family, { onWake: () => this.#wake() });
    this.ports.set(key, port);
    this.#stale = true;
    return port;
  }

  #portsNeedCare(at: Instant): boolean {
    for (const port of this.ports.values()) {
      if (port.isBroken || (port.retryAt !== undefined && at >= port.retryAt)) return true;
    }
    return false;
  }

  /** A kernel that refuses to be asked is asked again at the next turn; what is in force stays in force. */
  #trySyncPorts(at: Instant): void {
    try {
      this.#syncPorts(at);
    } catch (error) {
      if (!(error instanceof OpError)) throw error;
      this.#stale = true;
      this.journal.tellOnce('netlink', { type: 'interface', interface: '*', state: 'failed', detail: error.message });
    }
  }

  #syncPorts(at: Instant): void {
    this.#stale = false;
    const links = this.#kernel.links();
    const addresses = this.#kernel.addresses().filter((a) => this.#holderOf(a) === undefined);
    for (const port of this.ports.values()) {
      const instances = this.#instancesOf(port);
      const preferred = instances[0]?.assignment.source;
      if (!port.refresh(links, addresses, preferred, at)) continue;
      this.journal.tell({ type: 'interface', interface: port.interface, state: port.state, detail: port.detail });
      for (const instance of instances) {
        if (instance.state.name !== 'initialize' || port.state !== 'up')
          advance(this.#executor, instance, { type: 'fault', at });
        this.#start(instance, at);
      }
    }
  }

  /** Starts a virtual router whose port is up: listen first, and ask whether somebody has its addresses. */
  #start(instance: Instance | undefined, at: Instant): void {
    if (instance === undefined || instance.port.state !== 'up' || instance.state.name !== 'initialize') return;
    if (instance.state.reason === 'proxy-failure') return;
    rejudge(this.#executor, instance, this.verdict, at);
    const { stance } = instance.judgement;
    const type = this.#adopting && this.#holdsAll(instance) ? 'adopt' : 'startup';
    advance(this.#executor, instance, { type, at, stance });
    if (instance.renewedAt !== undefined) return;
    uninstall(this.#executor, instance, instance.assignment.addresses);
    for (const { address } of instance.assignment.addresses) probe(instance, address);
  }

  #holdsAll(instance: Instance): boolean {
    const ifindex = instance.port.link?.index;
    const present = this.#kernel.addresses().filter((a) => a.ifindex === ifindex && isOurs(a));
    const { addresses } = instance.assignment;
    return addresses.length > 0 && addresses.every(({ address }) => present.some((a) => a.address === address));
  }

  /** Removes the VIPs of a former run that are not configured any more. */
  #sweep(): void {
    const names = new Map(this.#kernel.links().map((link) => [link.index, link.name]));
    for (const { ifindex, address, prefixLength } of this.#kernel.addresses().filter(isOurs)) {
      const name = names.get(ifindex);
      const wanted = [...this.instances.values()].some(
        ({ assignment }) => assignment.interface === name && assignment.addresses.some((a) => a.address === address),
      );
      if (wanted || name === undefined) continue;
      this.#kernel.removeAddress({ ifindex, address, prefixLength });
      this.journal.tell({ type: 'address-swept', address, interface: name });
    }
  }

  #instancesOf(port: Port): Instance[] {
    return [...this.instances.values()].filter((instance) => instance.port === port);
  }

  #closeUnusedPorts(): void {
    for (const [key, port] of this.ports) {
      if (this.#instancesOf(port).length > 0) continue;
      port.close();
      this.ports.delete(key);
    }
  }

  // --- changes --------------------------------------------------------------------------------------------------

  #change(key: string, next: Instance['assignment'], obsolete: Instance['assignment']['addresses'], at: Instant): void {
    const instance = this.instances.get(key);
    if (instance === undefined) return;
    if (instance.state.name === 'active') uninstall(this.#executor, instance, obsolete);
    instance.assignment = next;
    rejudge(this.#executor, instance, this.verdict, at);
    advance(this.#executor, instance, { type: 'reconfigured', at });
  }

  #remove(key: string, at: Instant): void {
    const instance = this.instances.get(key);
    if (instance === undefined) return;
    advance(this.#executor, instance, { type: 'shutdown', at });
    this.instances.delete(key);
  }

  // --- the proxy ------------------------------------------------------------------------------------------------

  #judgeProxy(proxy: ObservedProxy, at: Instant): void {
    this.#setVerdict(
      this.#watchMain(proxy) ? proxy : { state: 'dead', reason: `process ${proxy.main?.pid} has exited` },
      at,
    );
  }

  /** Holds the pidfd of the proxy's main process. False when that process is gone already. */
  #watchMain(proxy: ObservedProxy): boolean {
    const { main } = proxy;
    if (main?.pid === this.#watch?.pid && main !== undefined) return true;
    this.#watch?.close();
    this.#watch = undefined;
    if (main === undefined) return true;
    this.#watch = watchProcess(main.pid, main.startTime, () => this.#proxyExited(main.pid));
    return this.#watch !== undefined || proxy.state === 'dead';
  }

  #proxyExited(pid: number): void {
    if (this.#watch?.pid !== pid) return;
    this.#watch.close();
    this.#watch = undefined;
    this.#setVerdict({ state: 'dead', reason: `process ${pid} has exited` }, now());
    this.journal.tell({ type: 'proxy-exited', pid });
    this.#hooks.onProxyExit(pid);
    this.#wake();
  }

  #setVerdict(observed: { readonly state: 'well' | 'dead'; readonly reason: string }, at: Instant): void {
    this.verdict = observe(this.verdict, { state: observed.state, reason: observed.reason, at });
    for (const instance of this.instances.values()) rejudge(this.#executor, instance, this.verdict, at);
  }

  #forgetProxy(): void {
    this.#watch?.close();
    this.#watch = undefined;
    this.verdict = undefined;
    for (const instance of this.instances.values()) rejudge(this.#executor, instance, undefined, now());
  }
}

const isOurs = (address: InterfaceAddress): boolean => address.protocol === VIPAIR_ADDRESS_PROTOCOL;

/** Asks the segment who has an address (RFC 5227 2.1.1); a failure to ask is no failure to serve. */
function probe(instance: Instance, address: Parameters<NonNullable<Port['arp']>['probe']>[0]): void {
  try {
    instance.port.arp?.probe(address);
  } catch (error) {
    if (!(error instanceof OpError)) throw error;
  }
}
