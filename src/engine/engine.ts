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
import { OpError } from '../linux/operror.ts';
import { openRtnetlink } from '../linux/rtnetlink.ts';
import type { InterfaceAddress, Rtnetlink } from '../linux/rtnetlink.ts';
import { openDeadlineTimer } from '../linux/timer.ts';
import type { DeadlineTimer } from '../linux/timer.ts';
import { deadline } from '../vrrp/router.ts';
import { milliseconds } from '../wire/units.ts';
import type { Instant } from '../wire/units.ts';
import { advance, rejudge } from './advance.ts';
import type { Assignment, RouterAssignment } from './assignment.ts';
import { planChange } from './change.ts';
import type { Change } from './change.ts';
import { drain } from './hear.ts';
import { earliest, leaseEnd, leaseOf, newInstance, nextDeadline } from './instance.ts';
import type { Instance } from './instance.ts';
import { Journal } from './journal.ts';
import { behind, noLateness, record } from './lateness.ts';
import { holdsAll, sweep, tellStrays } from './leftovers.ts';
import type { ObservedProxy } from './messages.ts';
import { announceFor, announceNow, install, probe, uninstall } from './perform.ts';
import type { Executor } from './perform.ts';
import type { Port } from './port.ts';
import { Ports } from './ports.ts';
import { ProxyTracker } from './proxy.ts';
import type { Lateness } from './snapshot.ts';

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
  readonly ports: Ports = new Ports(() => this.#wake());
  readonly proxy: ProxyTracker;
  lateness: Lateness = noLateness;
  readonly #hooks: EngineHooks;
  readonly #kernel: Rtnetlink;
  readonly #timer: DeadlineTimer;
  readonly #executor: Executor;
  #armed: Instant | undefined;
  /** The interfaces may have changed since the ports were last looked after. */
  #stale = true;
  /** Until the first assignment is in force, addresses of a former run may be adopted. */
  #adopting = true;

  /** Throws OpError when the kernel refuses what the engine cannot do without. */
  constructor(hooks: EngineHooks) {
    this.#hooks = hooks;
    this.#kernel = openRtnetlink({
      onLink: () => this.#kernelChanged(),
      onAddress: (address, gone) => this.#addressChanged(address, gone),
      onOverrun: () => this.#kernelChanged(),
      onError: (error) => this.#kernelFailed(error),
    });
    this.#timer = openDeadlineTimer(() => this.#wake());
    this.#executor = { kernel: this.#kernel, journal: this.journal };
    this.proxy = new ProxyTracker((pid) => this.#proxyExited(pid));
  }

  /** Puts an assignment in force. What is the same in the old and the new one is not touched. */
  configure(assignment: Assignment, proxy: ObservedProxy | undefined): void {
    const at = now();
    if (proxy === undefined) this.proxy.forget();
    else this.proxy.judge(proxy, at);
    this.#rejudgeAll(at);
    const current = [...this.instances.values()].map((instance) => instance.assignment);
    const plan = planChange(current, assignment.routers);
    for (const { key } of plan.removed) this.#remove(key, at);
    for (const added of plan.added) this.#add(added, at);
    for (const changed of plan.changed) this.#change(changed, at);
    this.ports.closeUnused(new Set([...this.instances.values()].map((instance) => instance.port)));
    if (this.#adopting) sweep(this.#kernel, [...this.instances.values()], this.journal);
    this.#syncPorts(at);
    // A virtual router that was added to a port that is up already is not told of it by the port.
    for (const { key } of plan.added) this.#start(this.instances.get(key), at);
    this.#adopting = false;
    this.#wake();
  }

  /** Takes note of what the manager saw of the proxy. */
  observe(proxy: ObservedProxy): void {
    const at = now();
    this.proxy.judge(proxy, at);
    this.#rejudgeAll(at);
    this.#wake();
  }

  /** Lets every VIP go: priority 0, addresses removed. The engine is of no use afterwards. */
  shutdown(): void {
    const at = now();
    for (const key of this.instances.keys()) this.#remove(key, at);
    this.proxy.close();
    this.#timer.close();
    this.#kernel.close();
    this.ports.close();
  }

  // One turn.

  #wake(): void {
    const at = now();
    this.#noticeStall(at);
    if (this.#stale || this.ports.needCare(at)) this.#trySyncPorts(at);
    for (const port of this.ports) drain(this.#executor, port, this.#instancesOf(port), at);
    this.#elect(now());
    this.#arm();
    this.#hooks.onTurn();
  }

  /** A host that was away for longer than its leases has lost its addresses and must listen before it speaks. */
  #noticeStall(at: Instant): void {
    const late = behind(this.#armed, at);
    this.lateness = record(this.lateness, late, at);
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
      if (until !== undefined && at >= until) rejudge(this.#executor, instance, this.proxy.verdict, at);
      const due = deadline(instance.state);
      if (due !== undefined && at >= due) advance(this.#executor, instance, { type: 'tick', at });
      announceNow(this.#executor, instance, at);
    }
  }

  #arm(): void {
    const deadlines = [...this.instances.values()].map(nextDeadline);
    for (const port of this.ports) deadlines.push(port.retryAt);
    this.#armed = earliest(deadlines);
    this.#timer.arm(this.#armed);
  }

  // The kernel's news.

  #kernelChanged(): void {
    this.#stale = true;
    this.#wake();
  }

  #kernelFailed(error: OpError): void {
    this.journal.tellOnce('netlink', { type: 'interface', interface: '*', state: 'failed', detail: error.message });
  }

  #addressChanged(address: InterfaceAddress, gone: boolean): void {
    const instance = this.#holderOf(address);
    if (instance === undefined) {
      this.#kernelChanged();
    } else {
      if (gone) this.#restore(instance, address);
      else tellStrays([address], instance, this.journal);
      this.#wake();
    }
  }

  /** Puts back an address that somebody else deleted, without giving up the active role. */
  #restore(instance: Instance, lost: InterfaceAddress): void {
    const at = now();
    const end = leaseEnd(instance);
    if (instance.state.name !== 'active' || end === undefined || at >= end - EXPIRY_MARGIN) return;
    if (this.#kernel.addresses().some((a) => a.ifindex === lost.ifindex && a.address === lost.address)) return;
    install(this.#executor, instance, at);
    instance.counters.addressesRestored++;
    const router = instance.assignment.key;
    this.journal.tellOnce(`restored:${router}:${lost.address}`, {
      type: 'address-restored',
      router,
      address: lost.address,
    });
    announceFor(this.#executor, instance, 'conflict', at);
  }

  #holderOf(address: InterfaceAddress): Instance | undefined {
    for (const instance of this.instances.values()) {
      if (instance.port.link?.index !== address.ifindex) continue;
      if (instance.assignment.addresses.some((a) => a.address === address.address)) return instance;
    }
    return undefined;
  }

  // Ports and the virtual routers on them.

  /** A kernel that refuses to be asked is asked again at the next turn; what is in force stays in force. */
  #trySyncPorts(at: Instant): void {
    try {
      this.#syncPorts(at);
    } catch (error) {
      if (!(error instanceof OpError)) throw error;
      this.#stale = true;
      this.#kernelFailed(error);
    }
  }

  #syncPorts(at: Instant): void {
    this.#stale = false;
    const links = this.#kernel.links();
    const addresses = this.#kernel.addresses().filter((a) => this.#holderOf(a) === undefined);
    const preferred = (port: Port): RouterAssignment['source'] => this.#instancesOf(port)[0]?.assignment.source;
    for (const port of this.ports.refresh(links, addresses, preferred, at)) {
      const { interface: name, state, detail } = port;
      this.journal.tell({ type: 'interface', interface: `${name}/${port.family}`, state, detail });
      for (const instance of this.#instancesOf(port)) {
        if (instance.state.name !== 'initialize' || state !== 'up')
          advance(this.#executor, instance, { type: 'fault', at });
        this.#start(instance, at);
      }
    }
  }

  #instancesOf(port: Port): Instance[] {
    return [...this.instances.values()].filter((instance) => instance.port === port);
  }

  /** Starts a virtual router whose port is up: listen first, and ask whether somebody has its addresses. */
  #start(instance: Instance | undefined, at: Instant): void {
    if (instance === undefined || instance.port.state !== 'up' || instance.state.name !== 'initialize') return;
    if (instance.state.reason === 'proxy-failure') return;
    rejudge(this.#executor, instance, this.proxy.verdict, at);
    const { stance } = instance.judgement;
    const type = this.#adopting && holdsAll(this.#kernel, instance, at) ? 'adopt' : 'startup';
    advance(this.#executor, instance, { type, at, stance });
    if (instance.renewedAt !== undefined) return;
    uninstall(this.#executor, instance, instance.assignment.addresses);
    tellStrays(this.#kernel.addresses(), instance, this.journal);
    probe(this.#executor, instance);
  }

  #add(assignment: RouterAssignment, at: Instant): void {
    const port = this.ports.open(assignment.interface, assignment.router.family);
    this.instances.set(assignment.key, newInstance(assignment, port, this.proxy.verdict, at));
  }

  #change({ key, next, obsolete }: Change['changed'][number], at: Instant): void {
    const instance = this.instances.get(key);
    if (instance === undefined) return;
    if (instance.state.name === 'active') uninstall(this.#executor, instance, obsolete);
    instance.assignment = next;
    rejudge(this.#executor, instance, this.proxy.verdict, at);
    advance(this.#executor, instance, { type: 'reconfigured', at });
  }

  #remove(key: string, at: Instant): void {
    const instance = this.instances.get(key);
    if (instance === undefined) return;
    advance(this.#executor, instance, { type: 'shutdown', at });
    this.instances.delete(key);
  }

  // The proxy.

  #proxyExited(pid: number): void {
    const at = now();
    this.proxy.died(pid, at);
    this.#rejudgeAll(at);
    this.journal.tell({ type: 'proxy-exited', pid });
    this.#hooks.onProxyExit(pid);
    this.#wake();
  }

  #rejudgeAll(at: Instant): void {
    for (const instance of this.instances.values()) rejudge(this.#executor, instance, this.proxy.verdict, at);
  }
}
