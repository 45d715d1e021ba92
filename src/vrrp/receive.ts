import { decodeAdvertisement } from '../wire/advertisement.ts';
import type { Advertisement, ChecksumForm } from '../wire/advertisement.ts';
import type { IpAddress } from '../wire/address.ts';
import { isMalformed } from '../wire/malformed.ts';
import type { MalformedReason } from '../wire/malformed.ts';
import { authenticationOf, groupOf, LIMITED_BROADCAST } from './advertise.ts';
import { OWNER } from './priority.ts';
import type { Heard, RouterConfig } from './state.ts';
import { intervalOfAdvertisement } from './timers.ts';

/**
 * The checks on a received datagram in the order of RFC 9568 7.1 and RFC 3768 7.1, before it may become an event of a
 * virtual router. A packet that fails one is a value with a reason: the engine counts it, names it, and drops it.
 */

/** The hop limit of every advertisement, in both directions and over unicast too (RFC 9568 5.1.1.3, 5.1.2.3). */
export const HOP_LIMIT = 255;

/** Why a datagram was refused. `MalformedReason` is what its bytes alone tell; the others need the configuration. */
export type Refusal =
  | MalformedReason
  /** The hop limit is not 255: it has crossed a router. */
  | 'ttl'
  /** No virtual router with this VRID on this interface and family. */
  | 'vrid'
  /** Its source is our own address: reflected by the network, or another host uses our address. */
  | 'own-packet'
  /** The virtual router is configured for the other protocol version. */
  | 'version-mismatch'
  /** VRRPv2: we are the address owner, who listens to nobody (RFC 3768 7.1). */
  | 'owner'
  /** Sent to a destination that the configured transport does not use. */
  | 'destination'
  /** Unicast from a host that is not a configured peer. */
  | 'peer'
  /** VRRPv2: another authentication type, or another password. */
  | 'auth-type'
  | 'auth-data'
  /** VRRPv2: another interval; VRRPv3: an interval of 0. */
  | 'interval';

/** Something odd about an advertisement that is accepted all the same. `owner`: we own the addresses, yet another claims them. */
export type Remark = 'address-list' | 'interval' | 'checksum-form' | 'owner';

/** A virtual router as the receive path sees it. */
export interface Receiver {
  readonly config: RouterConfig;
  /** The priority it stands with now. */
  readonly priority: number;
}

export interface Accepted<R> {
  readonly router: R;
  readonly heard: Heard;
  readonly checksumForm: ChecksumForm;
  readonly remarks: readonly Remark[];
}

export interface Refused<R> {
  readonly refused: Refusal;
  /** The VRID and version, where the packet was long enough to have them. */
  readonly vrid: number | undefined;
  readonly version: number | undefined;
  /** What it announces; empty where that could not be read. */
  readonly addresses: readonly IpAddress[];
  /** The virtual router it was meant for, when there is one. */
  readonly router: R | undefined;
}

/** A datagram as the transport delivers it. */
export interface ReceivedDatagram {
  readonly source: IpAddress;
  readonly destination: IpAddress;
  readonly hopLimit: number;
  readonly payload: Uint8Array;
}

/** Judges a datagram. `find` looks up the virtual router of a VRID on the receiving interface and family. */
export function receive<R extends Receiver>(
  datagram: ReceivedDatagram,
  find: (vrid: number) => R | undefined,
): Accepted<R> | Refused<R> {
  const { source, destination } = datagram;
  if (datagram.hopLimit !== HOP_LIMIT) return refuse<R>('ttl', datagram.payload[1], undefined, undefined);
  const decoded = decodeAdvertisement(datagram.payload, { source, destination });
  if (isMalformed(decoded)) return refuse<R>(decoded.malformed, decoded.vrid, decoded.version, undefined);
  const { advertisement, checksumForm } = decoded;
  const router = find(advertisement.vrid);
  const refusal = router === undefined ? 'vrid' : refusalOf(datagram, advertisement, router);
  if (router === undefined || refusal !== undefined) {
    const { vrid, version, addresses } = advertisement;
    return refuse(refusal ?? 'vrid', vrid, version, router, addresses);
  }
  const heard = { priority: advertisement.priority, interval: intervalOfAdvertisement(advertisement), source };
  return { router, heard, checksumForm, remarks: remarksOn(advertisement, checksumForm, router) };
}

/** Narrows the result of `receive`. */
export const isRefused = <R>(result: Accepted<R> | Refused<R>): result is Refused<R> => 'refused' in result;

function refusalOf(datagram: ReceivedDatagram, advertisement: Advertisement, router: Receiver): Refusal | undefined {
  const { config } = router;
  if (datagram.source === config.source) return 'own-packet';
  if (advertisement.version !== config.version) return 'version-mismatch';
  if (router.priority === OWNER && config.version === 2) return 'owner';
  if (!isDestination(config, datagram.destination)) return 'destination';
  if (config.transport === 'unicast' && !config.peers.includes(datagram.source)) return 'peer';
  if (advertisement.version === 3) return advertisement.interval === 0 ? 'interval' : undefined;
  const expected = authenticationOf(config.password);
  if (advertisement.authType !== expected.type) return 'auth-type';
  if (expected.type === 1 && !sameBytes(advertisement.authData, expected.data)) return 'auth-data';
  // RFC 3768 7.1: the interval must be the locally configured one.
  return intervalOfAdvertisement(advertisement) === config.interval ? undefined : 'interval';
}

function isDestination(config: RouterConfig, destination: IpAddress): boolean {
  switch (config.transport) {
    case 'multicast':
      return destination === groupOf(config.family);
    case 'broadcast':
      return destination === LIMITED_BROADCAST;
    case 'unicast':
      return destination === config.source;
  }
}

/**
 * RFC 9568 7.1 asks to tell a different address list and goes on; RFC 3768 7.1 makes the check optional and then drops
 * the packet. It is only remarked on in both versions: dropping it would leave two active routers, which is worse than
 * two address lists that differ while a change is rolled out. For the same reason erratum 8298 of RFC 9568 made a
 * version 3 owner listen: two owners then settle it by their addresses.
 */
function remarksOn(advertisement: Advertisement, form: ChecksumForm, { config, priority }: Receiver): Remark[] {
  const remarks: Remark[] = [];
  if (!sameSet(advertisement.addresses, config.addresses)) remarks.push('address-list');
  if (intervalOfAdvertisement(advertisement) !== config.interval) remarks.push('interval');
  if (config.version === 3 && config.family === 'ipv4' && form !== config.checksum) remarks.push('checksum-form');
  if (priority === OWNER) remarks.push('owner');
  return remarks;
}

const refuse = <R>(
  refused: Refusal,
  vrid: number | undefined,
  version: number | undefined,
  router: R | undefined,
  addresses: readonly IpAddress[] = [],
): Refused<R> => ({ refused, vrid, version, addresses, router });

const sameBytes = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, i) => byte === b[i]);

function sameSet(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((item) => b.includes(item)) && b.every((item) => a.includes(item));
}
