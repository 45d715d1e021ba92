import { OpError } from '../linux/operror.ts';
import { isRefused, receive } from '../vrrp/receive.ts';
import type { Receiver, Refused } from '../vrrp/receive.ts';
import { RESIGNED } from '../vrrp/priority.ts';
import type { RouterConfig } from '../vrrp/state.ts';
import type { IpAddress } from '../wire/address.ts';
import { after, milliseconds } from '../wire/units.ts';
import type { Instant } from '../wire/units.ts';
import { advance } from './advance.ts';
import { hearClaim, readClaims } from './claims.ts';
import { noteVoice } from './evidence.ts';
import { configOf } from './instance.ts';
import type { Instance } from './instance.ts';
import type { Executor } from './perform.ts';
import type { Port } from './port.ts';
import type { ForeignRouter } from './snapshot.ts';

/**
 * The receive path: everything that is readable on a port is read and stepped before any deadline is looked at. A
 * flood cannot keep the engine here: one pass takes at most `BATCH` datagrams. Advertisements are sent after each pass;
 * an election waits for more of them, but not for ever (`hearsFirst`).
 */
const BATCH = 2000;

/** How many foreign virtual routers a port remembers, and for how long the place of one that fell silent is kept. */
const MOST_FOREIGN = 64;
const FOREIGN_KEPT = milliseconds(60_000);

/** An instance in the shape that `receive` judges by. */
interface Listener extends Receiver {
  readonly config: RouterConfig;
  readonly priority: number;
  readonly instance: Instance;
}

/** Drains every port; false when one was broken. */
export function drainAll(
  executor: Executor,
  ports: Iterable<Port>,
  instances: readonly Instance[],
  at: Instant,
): boolean {
  let good = true;
  for (const port of ports) good = drain(executor, port, instances, at) && good;
  return good;
}

/**
 * Reads and steps what is readable on a port. `instances` are all of the host. A broken socket marks the port, which is
 * then re-opened; false then.
 */
export function drain(executor: Executor, port: Port, instances: readonly Instance[], at: Instant): boolean {
  const own = instances.filter((instance) => instance.port === port);
  const isBeside = (vrid: number | undefined): boolean =>
    instances.some(({ port: other, assignment: { router } }) => router.vrid === vrid && isTwin(other, port));
  try {
    const claims = readClaims(port);
    drainAdvertisements(executor, port, own, isBeside, at);
    for (const claim of claims) hearClaim(executor, port, own, claim, at);
    return true;
  } catch (error) {
    if (!(error instanceof OpError)) throw error;
    port.break();
    return false;
  }
}

/** Two ports of one interface and family hear the same; what is for the one is nothing strange to the other. */
const isTwin = (a: Port, b: Port): boolean => a !== b && a.interface === b.interface && a.family === b.family;

function drainAdvertisements(
  executor: Executor,
  port: Port,
  instances: readonly Instance[],
  isBeside: (vrid: number | undefined) => boolean,
  at: Instant,
): void {
  const find = (vrid: number): Listener | undefined => {
    const instance = instances.find((candidate) => candidate.assignment.router.vrid === vrid);
    if (instance === undefined) return undefined;
    return { instance, config: configOf(instance), priority: instance.state.priority };
  };
  port.isBehind = false;
  for (let i = 0; i < BATCH; i++) {
    const datagram = port.transport?.receive();
    if (datagram === undefined) return;
    if ('refused' in datagram) {
      count(port.refused, datagram.refused);
      tellRefused(executor, port, undefined, datagram.refused, datagram.source, undefined);
      continue;
    }
    const result = receive(datagram, find);
    if (isRefused(result)) {
      const { refused, vrid } = result;
      if (refused !== 'vrid' || !isBeside(vrid)) refuse(executor, port, result, datagram.source, at);
      const meant = instances.find((candidate) => candidate.assignment.router.vrid === vrid);
      meant?.traces.refusals.set(refused, { source: datagram.source, at });
      continue;
    }
    const { instance } = result.router;
    const { heard } = result;
    instance.counters.advertisementsReceived++;
    if (heard.priority === RESIGNED) instance.counters.priorityZeroReceived++;
    instance.heard = { ...heard, at };
    noteVoice(instance, heard, result.remarks, at);
    instance.holders.clear();
    for (const remark of result.remarks) {
      count(instance.counters.remarks, remark);
      const { key } = instance.assignment;
      executor.journal.tellOnce(`remark:${key}:${remark}:${heard.source}`, {
        type: 'remark',
        router: key,
        remark,
        source: heard.source,
      });
    }
    advance(executor, instance, { type: 'advertisement', at, heard });
  }
  port.isBehind = true;
}

function refuse(executor: Executor, port: Port, result: Refused<Listener>, source: IpAddress, at: Instant): void {
  const { refused, vrid, version, addresses, router } = result;
  count(router === undefined ? port.refused : router.instance.counters.refused, refused);
  if (refused === 'vrid' && vrid !== undefined) noteForeign(port, { vrid, version, addresses, source, lastAt: at });
  tellRefused(executor, port, router?.instance.assignment.key, refused, source, vrid);
}

function tellRefused(
  executor: Executor,
  port: Port,
  router: string | undefined,
  refusal: Refused<Listener>['refused'] | 'truncated' | 'ip-header',
  source: IpAddress | undefined,
  vrid: number | undefined,
): void {
  const key = `refused:${port.interface}:${port.family}:${refusal}:${source}:${refusal === 'vrid' ? vrid : router}`;
  executor.journal.tellOnce(key, { type: 'refused', interface: port.interface, router, refusal, source, vrid });
}

function noteForeign(port: Port, seen: Omit<ForeignRouter, 'count'>): void {
  const { vrid, source, lastAt: at } = seen;
  const key = `${vrid} ${source}`;
  const known = port.foreign.get(key);
  if (known === undefined && port.foreign.size >= MOST_FOREIGN) {
    for (const [old, { lastAt }] of port.foreign) if (at >= after(lastAt, FOREIGN_KEPT)) port.foreign.delete(old);
    if (port.foreign.size >= MOST_FOREIGN) return;
  }
  port.foreign.set(key, { ...seen, count: (known?.count ?? 0) + 1 });
}

function count(counters: Record<string, number>, key: string): void {
  counters[key] = (counters[key] ?? 0) + 1;
}
