import { failure } from './failure.ts';
import type { Fault, FaultOutcome } from './fault.ts';
import { applyFault } from './fault.ts';
import { guard, release } from './guard.ts';
import { Host } from './host.ts';
import { Member } from './member.ts';
import type { LabOptions, LabPlan } from './plan.ts';
import { planOf } from './plan.ts';
import { isRunning } from './procfs.ts';
import type { Outcome, RunOptions } from './run.ts';
import type { LabStatus } from './status.ts';
import { statusOf } from './status.ts';
import type { LabState } from './state.ts';
import { isStale, readState, thisProcess, writeState } from './state.ts';
import { tearDown } from './teardown.ts';
import { build } from './topology.ts';

/**
 * The lab: two hosts, a client and backends as network namespaces around a bridge, on one machine.
 *
 * It is the ground that the demo, the tests and the benchmarks stand on, so everything in it is the real thing: real
 * kernels' tables, real packets on a real bridge, real proxies, keepalived and FRR as peers. A host has pid, mount and
 * UTS namespaces of its own and a PID 1 that reaps, so that what a daemon sees there is what it would see on a machine.
 *
 * Three rules. What a lab is stands in one file under `/run`, so any process can use a lab that another has built.
 * `down` leaves nothing behind, however far `up` had come: it goes by the names of the namespaces and by who lives in
 * them, not by what somebody remembered to write down. And time is CLOCK_MONOTONIC everywhere, so the instant of a
 * fault compares with what the client saw.
 *
 * The lab must not know VRRP, any particular proxy, or the program under test: it starts command lines, and asks the
 * kernel what became of the addresses.
 */
export class Lab {
  readonly plan: LabPlan;
  readonly #members: ReadonlyMap<string, Member>;

  constructor(state: LabState) {
    this.plan = state.plan;
    const members = state.plan.members.map((plan): [string, Member] => {
      const init = state.inits[plan.name];
      return [
        plan.name,
        init === undefined ? new Member(state.plan.name, plan) : new Host(state.plan.name, plan, init),
      ];
    });
    this.#members = new Map(members);
  }

  get name(): string {
    return this.plan.name;
  }

  /** All of them, the switch first. */
  get members(): Member[] {
    return [...this.#members.values()];
  }

  /** lb1, lb2, ... */
  get hosts(): Host[] {
    return [...this.#members.values()].filter((member): member is Host => member instanceof Host);
  }

  get client(): Member {
    return this.member('cl');
  }

  get switch(): Member {
    return this.member('sw');
  }

  /** b1, b2, ... */
  get backends(): Member[] {
    return [...this.#members.values()].filter(({ plan }) => plan.kind === 'backend');
  }

  /** The member of that name. Throws `OpError` when there is none. */
  member(name: string): Member {
    const member = this.#members.get(name);
    if (member !== undefined) return member;
    const names = [...this.#members.keys()].join(', ');
    throw failure(`find member "${name}" of lab "${this.name}"`, 'no such member', `it has ${names}`);
  }

  /** The host of that name. Throws `OpError` when there is none. */
  host(name: string): Host {
    const host = this.member(name);
    if (host instanceof Host) return host;
    throw failure(`use "${name}" as a host`, 'it is none', `hosts are ${this.hosts.map((h) => h.name).join(', ')}`);
  }

  /** Names of the hosts that answer for an address: one in a well-behaved pair. */
  holders(ip: string): string[] {
    return this.hosts.filter((host) => host.holds(ip)).map(({ name }) => name);
  }

  /** Runs a command in a member, to its end. */
  exec(member: string, argv: readonly string[], options?: RunOptions): Promise<Outcome> {
    return this.member(member).exec(argv, options);
  }

  /** Brings a fault about, or takes it back; see `Fault`. Throws `OpError` when it cannot take effect. */
  fault(fault: Fault): Promise<FaultOutcome> {
    return applyFault(this, fault);
  }

  status(): Promise<LabStatus> {
    return statusOf(this);
  }

  /** Removes the lab and all that runs in it. Harmless when it is gone already. */
  down(): void {
    labDown(this.name);
  }
}

/**
 * Builds a lab, in well under a second. A lab of the same name that went with a process that is gone is removed first.
 * Throws `OpError` when the name is in use, or when anything cannot be built; what was built is gone by then.
 */
export async function labUp(options: LabOptions = {}): Promise<Lab> {
  const plan = planOf(options);
  if (process.geteuid?.() !== 0) throw failure(`build lab "${plan.name}"`, 'EPERM', 'run it as root');
  const present = readState(plan.name);
  if (present !== undefined && !isStale(present)) {
    const advice = `run "vipair lab down --name ${plan.name}" or take another name`;
    throw failure(`bring up lab "${plan.name}"`, 'it is up', advice);
  }
  tearDown(plan.name);
  guard(plan.name);
  // While it is being built even a persistent lab goes with its builder.
  const state: LabState = { version: 1, plan, uid: process.getuid?.() ?? 0, owner: thisProcess(), inits: {} };
  try {
    writeState(state);
    const persistent = options.persistent === true;
    const complete = { ...state, owner: persistent ? undefined : state.owner, inits: await build(plan) };
    writeState(complete);
    if (persistent) release(plan.name);
    return new Lab(complete);
  } catch (error) {
    labDown(plan.name);
    throw error;
  }
}

/** A lab that is up, whoever built it. Throws `OpError` when it is not. */
export function openLab(name: string): Lab {
  const state = readState(name);
  const hosts = state?.plan.members.filter(({ kind }) => kind === 'host') ?? [];
  const up = hosts.every((host) => isRunning(state?.inits[host.name] ?? { pid: 0, startTime: 0 }));
  if (state !== undefined && up) return new Lab(state);
  const why = state === undefined ? 'there is none' : 'it is not up completely';
  throw failure(`open lab "${name}"`, why, `run "vipair lab up --name ${name}"`);
}

/** Removes whatever there is of a lab, complete or not. Throws `OpError` when something stays behind. */
export function labDown(name: string): void {
  release(name);
  tearDown(name);
}
