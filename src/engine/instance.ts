import type { InterfaceAddress } from '../linux/rtnetlink.ts';
import type { Facts } from '../track/fitness.ts';
import { judge } from '../track/stance.ts';
import type { Judgement } from '../track/stance.ts';
import { deadline, initialState } from '../vrrp/router.ts';
import type { Heard, RouterConfig, RouterState } from '../vrrp/state.ts';
import { addressOf } from '../wire/address.ts';
import type { IpAddress } from '../wire/address.ts';
import { after, milliseconds } from '../wire/units.ts';
import type { Instant, Milliseconds } from '../wire/units.ts';
import { announceAt } from './announcer.ts';
import type { Announcer } from './announcer.ts';
import type { RouterAssignment } from './assignment.ts';
import { noTraces } from './traces.ts';
import type { Traces } from './traces.ts';
import type { Port } from './port.ts';
import type { AddressConflict, RouterCounters, RouterSnapshot } from './snapshot.ts';

const UNSPECIFIED = { ipv4: addressOf('0.0.0.0'), ipv6: addressOf('::') };

/**
 * One virtual router at run time: the pure state of the protocol and what the engine keeps around it. Only `perform`
 * and the engine change it.
 */
export interface Instance {
  assignment: RouterAssignment;
  readonly port: Port;
  state: RouterState;
  judgement: Judgement;
  announcer: Announcer | undefined;
  /** When the kernel's lease of the addresses was last renewed; `undefined` while they are not installed. */
  renewedAt: Instant | undefined;
  /** The last advertisement of another router, in any state; `undefined` again when the interface is lost. */
  heard: (Heard & { readonly at: Instant }) | undefined;
  /** What others have left behind in its ears. */
  readonly traces: Traces;
  /** The peer whose word last stood in for an advertisement. */
  standIn: { readonly node: string; readonly at: Instant } | undefined;
  /** Whom it had heard last when its state began: the one that the state's reason speaks of. */
  peer: Peer | undefined;
  /** The host that answered our probe for an address, by address. BOUNDED: one for each address. */
  readonly holders: Map<string, string>;
  /** Who else was seen to hold an address while it was active. */
  conflict: AddressConflict | undefined;
  readonly counters: RouterCounters;
}

/** Another router of a virtual router. */
export interface Peer {
  readonly source: IpAddress;
  readonly priority: number;
}

export function newInstance(assignment: RouterAssignment, port: Port, facts: Facts, at: Instant): Instance {
  return {
    assignment,
    port,
    state: initialState(at),
    judgement: judge(assignment.policy, assignment.priority, facts, at),
    announcer: undefined,
    renewedAt: undefined,
    heard: undefined,
    peer: undefined,
    traces: noTraces(),
    standIn: undefined,
    holders: new Map(),
    conflict: undefined,
    counters: {
      advertisementsSent: 0,
      advertisementsReceived: 0,
      priorityZeroSent: 0,
      priorityZeroReceived: 0,
      sendErrors: 0,
      activeTransitions: 0,
      announcements: 0,
      addressesRestored: 0,
      conflicts: 0,
      refused: {},
      remarks: {},
    },
  };
}

/**
 * What the protocol is configured with right now. While the port has no address to speak from the source is the
 * unspecified address; the virtual router is in `initialize` then, where nothing looks at it.
 */
export function configOf(instance: Instance): RouterConfig {
  const { router } = instance.assignment;
  return { ...router, source: instance.port.transport?.source ?? UNSPECIFIED[router.family] };
}

/** Whether it starts when its port comes up. One that stands aside waits for its proxy, or its gateway. */
export const waitsForPort = ({ state }: Instance): boolean =>
  state.name === 'initialize' && state.reason !== 'proxy-failure' && state.reason !== 'isolated';

/** The duration of the address lease. */
export const leaseOf = (instance: Instance): Milliseconds => (instance.assignment.lease * 1000) as Milliseconds;

/** When the kernel takes the addresses away unless they are renewed; `undefined` while they are not installed. */
export const leaseEnd = (instance: Instance): Instant | undefined =>
  instance.renewedAt === undefined ? undefined : after(instance.renewedAt, leaseOf(instance));

/** The earliest deadline of anything that the instance waits for. */
export function nextDeadline(instance: Instance): Instant | undefined {
  const announcer = instance.announcer === undefined ? undefined : announceAt(instance.announcer);
  return earliest([deadline(instance.state), announcer, instance.judgement.until]);
}

/**
 * Drain before you elect: a backup whose port has more to read than one pass takes hears it first, because the active
 * router's word may be in it. Whoever floods the segment delays a take-over by this, once over, and no more.
 */
export function hearsFirst({ state, port }: Instance, at: Instant): boolean {
  if (state.name !== 'backup' || !port.isBehind || at < state.activeDownAt) return false;
  return at < after(state.activeDownAt, milliseconds(3 * state.activeInterval));
}

/** The smallest of some deadlines. */
export function earliest(deadlines: readonly (Instant | undefined)[]): Instant | undefined {
  let first: Instant | undefined;
  for (const at of deadlines) if (at !== undefined && (first === undefined || at < first)) first = at;
  return first;
}

/** The virtual router that an address of the host belongs to, whoever has put it there. */
export function holderOf(instances: Iterable<Instance>, held: InterfaceAddress): Instance | undefined {
  for (const instance of instances) {
    if (instance.port.link?.index !== held.ifindex) continue;
    if (instance.assignment.addresses.some(({ address }) => address === held.address)) return instance;
  }
  return undefined;
}

/** The state of a virtual router, without what it has heard of others. */
export function snapshotOf(instance: Instance): Omit<RouterSnapshot, 'traces'> {
  const { assignment, state, judgement, heard, peer, counters } = instance;
  return {
    key: assignment.key,
    state: state.name,
    reason: state.reason,
    since: state.since,
    priority: state.priority,
    basePriority: assignment.priority,
    because: judgement.because,
    causes: judgement.causes,
    linkBackAt: instance.port.backAt,
    interfaceDetail: instance.port.detail,
    source: instance.port.transport?.source,
    peer,
    active: heard,
    addressesInstalled: instance.renewedAt !== undefined,
    conflict: instance.conflict,
    standIn: instance.standIn,
    segment: assignment.interface,
    counters,
  };
}
