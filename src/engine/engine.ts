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
import type { InterfaceAddress, Link } from '../linux/rtnetlink.ts';
import { openDeadlineTimer } from '../linux/timer.ts';
import type { DeadlineTimer } from '../linux/timer.ts';
import { deadline } from '../vrrp/router.ts';
import { after, milliseconds } from '../wire/units.ts';
import type { Instant } from '../wire/units.ts';
import { advance, rejudge } from './advance.ts';
import type { Assignment, RouterAssignment } from './assignment.ts';
import { planChange } from './change.ts';
import { drainAll } from './hear.ts';
import { earliest, hearsFirst, holderOf, newInstance, nextDeadline, waitsForPort } from './instance.ts';
import type { Instance } from './instance.ts';
import { Journal } from './journal.ts';
import { Kernel } from './kernel.ts';
import { behind, noLateness, record } from './lateness.ts';
import { holdsAll, leftoversOf, sweep, tellStrays } from './leftovers.ts';
import { HostFacts } from './hostfacts.ts';
import type { ObservedCheck, ObservedProxy } from './messages.ts';
import { announceNow, probe, restore, uninstall } from './perform.ts';
import { Outlook } from './outlook.ts';
import type { Executor } from './perform.ts';
import { Ports } from './ports.ts';
import { rearrange } from './rearrange.ts';
import { moved, type Pulse } from './pulse.ts';
import type { Lateness } from './snapshot.ts';
import { noticeStall } from './stall.ts';

/** Between two attempts to ask a kernel that refuses to be asked. */
const RETRY = milliseconds(1000);

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
  readonly kernel: Kernel;
  readonly ports: Ports = new Ports(() => this.#wake());
  readonly facts: HostFacts = new HostFacts(this.journal, (pid) => this.#proxyExited(pid));
  readonly outlook: Outlook = new Outlook(() => this.#wake(), now);
  lateness: Lateness = noLateness;
  readonly #hooks: EngineHooks;
  readonly #timer: DeadlineTimer;
  readonly #executor: Executor;
  #armed: Instant | undefined;
  /** When the host's interfaces are to be looked at; `undefined` while they are as they were seen last. */
  #lookAt: Instant | undefined;
  /** Until the first assignment is in force, addresses of a former run may be adopted. */
  #adopting = true;
  #turning = false;
  #moved = { turns: 0, drains: 0 };

  /** Throws OpError when the kernel refuses what the engine cannot do without. */
  constructor(hooks: EngineHooks) {
    this.#hooks = hooks;
    this.kernel = new Kernel({
      onLink: ({ name: n, index }) =>
        (this.ports.concern(n, index) || this.facts.checks.concern(n)) && this.#lookSoon(),
      onAddress: (address, gone) => this.#addressChanged(address, gone),
      onOverrun: () => this.#lookSoon(),
      onError: (error) => {
        this.#kernelFailed(error);
        this.#lookSoon();
      },
    });
    this.#timer = openDeadlineTimer(() => this.#wake());
    this.#executor = { kernel: this.kernel, journal: this.journal };
  }

  /**
   * Puts an assignment in force. What is the same in the old and the new one is not touched. Nothing that the kernel
   * refuses stops it halfway: what cannot be done now is told, and done as soon as it can be.
   */
  configure(assignment: Assignment, proxy: ObservedProxy | undefined, checks: readonly ObservedCheck[] = []): void {
    const at = now();
    this.facts.follow(assignment, proxy, checks, this.kernel, at);
    this.outlook.follow(assignment);
    const current = [...this.instances.values()].map((instance) => instance.assignment);
    const plan = planChange(current, assignment.routers);
    for (const { key } of plan.removed) this.#remove(key, at);
    rearrange(this.#executor, this.instances, plan.changed, this.facts.known, at);
    this.#rejudgeAll(at);
    for (const added of plan.added) this.#add(added, at);
    this.ports.closeUnused(new Set([...this.instances.values()].map((instance) => instance.port)));
    this.#look(at);
    this.#wake();
  }

  /** Takes note of what the manager saw of the proxy, and of what its checks found. */
  observe(proxy: ObservedProxy | undefined, checks: readonly ObservedCheck[] = []): void {
    const at = now();
    this.facts.observe(proxy, checks, at);
    this.#rejudgeAll(at);
    this.#wake();
  }

  /** Takes the manager's words to the other hosts along with what is said to them. */
  say(words: Uint8Array<ArrayBuffer>): void {
    this.outlook.pair.say(words);
    this.#wake();
  }

  /** Lets every VIP go: priority 0, addresses removed. The engine is of no use afterwards. */
  shutdown(): void {
    const at = now();
    for (const key of this.instances.keys()) this.#remove(key, at);
    this.outlook.close(at);
    this.facts.proxy.close();
    this.#timer.close();
    this.kernel.close();
    this.ports.close();
  }

  /** Makes one turn and says what has moved; in one that hangs, nothing does. */
  pulse(): Pulse {
    const overdue = behind(this.#armed, now());
    this.#wake();
    return { ...this.#moved, overdue };
  }

  // One turn.

  /** A socket that breaks while it is read wakes the engine in the middle of a turn: the next turn sees to it. */
  #wake(): void {
    if (this.#turning) return;
    this.#turning = true;
    const at = now();
    const late = behind(this.#armed, at);
    this.lateness = record(this.lateness, late, at);
    noticeStall(this.#executor, this.instances.values(), late, at);
    const careAt = this.#lookAt ?? this.ports.careAt();
    if (careAt !== undefined && at >= careAt) this.#look(at);
    const instances = [...this.instances.values()];
    this.#moved = moved(this.#moved, drainAll(this.#executor, this.ports, instances, at));
    this.outlook.drain(this.#executor, instances, at);
    this.#elect(now());
    this.outlook.turn(this.#executor, instances, now());
    this.#arm();
    this.#turning = false;
    this.#hooks.onTurn();
  }

  #elect(at: Instant): void {
    for (const instance of this.instances.values()) {
      const { until } = instance.judgement;
      if (until !== undefined && at >= until) rejudge(this.#executor, instance, this.facts.known, at);
      const due = deadline(instance.state);
      if (due !== undefined && at >= due && !hearsFirst(instance, at))
        advance(this.#executor, instance, { type: 'tick', at });
      announceNow(this.#executor, instance, at);
    }
  }

  #arm(): void {
    const at = now();
    const deadlines = [...this.instances.values()].map((each) => (hearsFirst(each, at) ? at : nextDeadline(each)));
    this.#armed = earliest([...deadlines, this.#lookAt ?? this.ports.careAt(), this.outlook.dueAt]);
    this.#timer.arm(this.#armed);
  }

  // The kernel's news.

  /** The news comes in bursts: one look in the next turn answers all of it. A deadline that is overdue stays. */
  #lookSoon(): void {
    const at = now();
    this.#lookAt = at;
    this.#armed = earliest([this.#armed, at]);
    this.#timer.arm(this.#armed);
  }

  #kernelFailed({ message }: OpError): void {
    this.journal.tellOnce('netlink', { type: 'interface', interface: '*', state: 'failed', detail: message });
  }

  #addressChanged(address: InterfaceAddress, gone: boolean): void {
    const instance = holderOf(this.instances.values(), address);
    if (instance === undefined) {
      if (this.ports.concernAddress(address.ifindex)) this.#lookSoon();
    } else if (!gone) {
      tellStrays([address], instance, this.#executor);
      this.#wake();
    } else if (instance.state.name === 'active') {
      this.#lookSoon();
    }
  }

  /** Brings what the engine has in line with the host. It stays as it is until the kernel can be asked. */
  #look(at: Instant): void {
    const seen = this.kernel.survey();
    if (seen instanceof OpError) {
      this.#lookAt = after(at, RETRY);
      return this.#kernelFailed(seen);
    }
    const { links, addresses } = seen;
    this.#lookAt = undefined;
    const instances = [...this.instances.values()];
    if (this.facts.checks.look(links, at)) this.#rejudgeAll(at);
    if (this.#adopting) sweep(this.#executor, links, addresses, instances);
    this.#syncPorts(links, addresses, at);
    for (const instance of instances) restore(this.#executor, instance, addresses, at);
    this.#adopting = false;
  }

  // Ports and the virtual routers on them.

  #syncPorts(links: readonly Link[], addresses: readonly InterfaceAddress[], at: Instant): void {
    const vips = new Set([...this.instances.values()].flatMap((i) => i.assignment.addresses.map((a) => a.address)));
    const others = addresses.filter(({ address }) => !vips.has(address));
    const changed = new Set(this.ports.refresh(links, others, at));
    for (const { interface: name, family, state, detail } of changed) {
      this.journal.tell({ type: 'interface', interface: `${name}/${family}`, state, detail });
    }
    for (const instance of this.instances.values()) {
      const { port, state } = instance;
      const isNew = state.name === 'initialize' && state.reason === 'not-started';
      if (!isNew && !changed.has(port)) continue;
      if (port.state !== 'up' || state.name !== 'initialize') this.#lose(instance, at);
      if (port.state === 'up') this.#start(instance, addresses, at);
    }
  }

  /** The interface is lost, and with it what was heard there. */
  #lose(instance: Instance, at: Instant): void {
    instance.heard = undefined;
    instance.holders.clear();
    advance(this.#executor, instance, { type: 'fault', at });
  }

  /** Starts a virtual router whose port is up: listen first, and ask whether somebody has its addresses. */
  #start(instance: Instance, found: readonly InterfaceAddress[], at: Instant): void {
    if (!waitsForPort(instance)) return;
    rejudge(this.#executor, instance, this.facts.known, at);
    const { stance } = instance.judgement;
    const type = this.#adopting && holdsAll(found, instance, at) ? 'adopt' : 'startup';
    advance(this.#executor, instance, { type, at, stance });
    tellStrays(found, instance, this.#executor);
    if (instance.state.name === 'active') return;
    uninstall(this.#executor, instance, leftoversOf(found, instance));
    probe(this.#executor, instance);
  }

  #add(assignment: RouterAssignment, at: Instant): void {
    const port = this.ports.open(assignment.interface, assignment.router.family, assignment.source);
    this.instances.set(assignment.key, newInstance(assignment, port, this.facts.known, at));
  }

  #remove(key: string, at: Instant): void {
    const instance = this.instances.get(key);
    if (instance === undefined) return;
    advance(this.#executor, instance, { type: 'shutdown', at });
    this.instances.delete(key);
  }

  #proxyExited(pid: number): void {
    const at = now();
    this.facts.proxy.died(pid, at);
    this.#rejudgeAll(at);
    this.journal.tell({ type: 'proxy-exited', pid });
    this.#hooks.onProxyExit(pid);
    this.#wake();
  }

  #rejudgeAll(at: Instant): void {
    for (const instance of this.instances.values()) rejudge(this.#executor, instance, this.facts.known, at);
  }
}
