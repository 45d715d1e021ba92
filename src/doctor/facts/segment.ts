import { setTimeout as pause } from 'node:timers/promises';
import { openArp } from '../../linux/arp.ts';
import { openNdp } from '../../linux/ndp.ts';
import type { NeighborSocket } from '../../linux/neighbors.ts';
import { isRefused as isUnread } from '../../linux/transport.ts';
import type { VrrpTransport } from '../../linux/transport.ts';
import { openVrrp4 } from '../../linux/vrrp4.ts';
import { openVrrp6 } from '../../linux/vrrp6.ts';
import { isRefused, receive } from '../../vrrp/receive.ts';
import type { Refusal, Remark } from '../../vrrp/receive.ts';
import type { RouterConfig } from '../../vrrp/state.ts';
import { familyOf, isLinkLocal } from '../../wire/address.ts';
import type { Family, IpAddress } from '../../wire/address.ts';
import { macBytes, parseMac } from '../../wire/mac.ts';
import { milliseconds } from '../../wire/units.ts';
import type { Milliseconds } from '../../wire/units.ts';
import { movingVips, routersOf } from '../patient.ts';
import type { Patient, Router } from '../patient.ts';
import type { LinkFacts } from './links.ts';

/** What was heard on one interface and family while it was listened to. */
export interface SegmentFacts {
  readonly interface: string;
  readonly family: Family;
  /** Each kind of advertisement of each source once. BOUNDED: 256. */
  readonly voices: readonly Voice[];
  /** Who answered for an address, by Ethernet address. BOUNDED: 256. */
  readonly answers: readonly { readonly address: IpAddress; readonly mac: string }[];
}

/** An advertisement, as the engine would have taken it. */
export interface Voice {
  readonly source: IpAddress;
  readonly vrid: number | undefined;
  /** The VIP's name, where the VRID is configured. */
  readonly vip: string | undefined;
  /** Why it would be refused; `undefined` when it would be accepted. */
  readonly refusal: Refusal | 'truncated' | 'ip-header' | undefined;
  readonly remarks: readonly Remark[];
}

/** Long enough for three advertisements of an interval of a second. */
export const LISTENING: Milliseconds = milliseconds(3000);

const MOST = 256;

/** Between two questions for the addresses. */
const PERIOD = milliseconds(700);

/**
 * Listens on every interface of the VIPs, and asks by ARP or Neighbor Discovery who has them and the other nodes'
 * addresses, which claims nothing. Throws OpError where the sockets cannot be opened.
 */
export async function listenOnSegments(patient: Patient, links: readonly LinkFacts[]): Promise<SegmentFacts[]> {
  const routers = routersOf(patient.config, patient.node.name);
  const ears: Ear[] = [];
  try {
    for (const { name, family, own } of placesOf(routers)) {
      const link = links.find((each) => each.name === name);
      const source = link && sourceOn(link, family, patient);
      if (link !== undefined && source !== undefined && link.isUp) ears.push(openEar(patient, own, link, source));
    }
    for (let rest: number = LISTENING; rest > 0; rest -= PERIOD) {
      for (const ear of ears) ear.ask();
      await pause(Math.min(rest, PERIOD));
    }
    return ears.map((ear) => ear.facts());
  } finally {
    for (const ear of ears) ear.close();
  }
}

function placesOf(routers: readonly Router[]): { name: string; family: Family; own: Router[] }[] {
  const places = new Map<string, { name: string; family: Family; own: Router[] }>();
  for (const router of routers) {
    const key = `${router.interface} ${router.family}`;
    const place = places.get(key) ?? { name: router.interface, family: router.family, own: [] };
    place.own.push(router);
    places.set(key, place);
  }
  return [...places.values()];
}

function sourceOn({ addresses }: LinkFacts, family: Family, patient: Patient): IpAddress | undefined {
  const { node } = patient;
  const moving = movingVips(patient);
  const own = addresses
    .filter((each) => each.family === family && !moving.has(each.address))
    .map(({ address }) => address);
  return family === 'ipv6'
    ? (own.find(isLinkLocal) ?? own[0])
    : (own.find((address) => node.addresses.includes(address)) ?? own[0]);
}

interface Ear {
  ask(): void;
  facts(): SegmentFacts;
  close(): void;
}

function openEar(patient: Patient, own: readonly Router[], link: LinkFacts, source: IpAddress): Ear {
  const family = familyOf(source);
  const voices = new Map<string, Voice>();
  const answers = new Map<string, { address: IpAddress; mac: string }>();
  const receivers = new Map(own.map(({ vip }) => [vip.vrid, receiverOf(patient, vip, family, source)] as const));
  const options = { interface: link.name, ifindex: link.index, onError: () => undefined };
  const vrrp: VrrpTransport = (family === 'ipv4' ? openVrrp4 : openVrrp6)({
    ...{ ...options, source },
    onReadable: () => {
      for (let datagram = vrrp.receive(); datagram !== undefined; datagram = vrrp.receive()) {
        const voice = isUnread(datagram) ? undefined : voiceOf(datagram, receivers);
        if (voice !== undefined && voices.size < MOST) voices.set(JSON.stringify(voice), voice);
      }
    },
  });
  const mac = parseMac(link.mac);
  const asked = new Set([
    ...own.flatMap(({ vip }) => vip.addresses.map(({ address }) => address)),
    ...patient.config.nodes.flatMap(({ addresses }) => addresses),
  ]);
  let neighbors: NeighborSocket | undefined;
  try {
    if (mac !== undefined)
      neighbors = (family === 'ipv4' ? openArp : openNdp)({
        ...{ ...options, source, mac: macBytes(mac) },
        onReadable: () => {
          for (let claim = neighbors?.receive(); claim !== undefined; claim = neighbors?.receive()) {
            if (asked.has(claim.address) && claim.mac !== mac && answers.size < MOST)
              answers.set(`${claim.address} ${claim.mac}`, claim);
          }
        },
      });
  } catch (error) {
    vrrp.close();
    throw error;
  }
  return {
    ask() {
      for (const address of asked) if (familyOf(address) === family) neighbors?.probe(address);
    },
    facts: () => ({ interface: link.name, family, voices: [...voices.values()], answers: [...answers.values()] }),
    close() {
      vrrp.close();
      neighbors?.close();
    },
  };
}

interface Receiver {
  readonly vip: string;
  readonly config: RouterConfig;
  readonly priority: number;
}

function receiverOf({ config, node }: Patient, vip: Router['vip'], family: Family, source: IpAddress): Receiver {
  const others = config.nodes.filter((other) => other.name !== node.name);
  const { vrid, version, interval, transport, password, checksum, preempt, preemptDelay, preemptFast } = vip;
  const addresses = vip.addresses.filter((each) => each.family === family).map(({ address }) => address);
  return {
    vip: vip.name,
    priority: vip.priorities[node.name] ?? 0,
    config: {
      ...{ vrid, family, version, interval, source, transport, password, checksum },
      ...{ preempt, preemptDelay, preemptFast, addresses },
      peers: others.flatMap((other) => other.addresses.filter((address) => familyOf(address) === family)),
    },
  };
}

function voiceOf(datagram: Parameters<typeof receive>[0], receivers: ReadonlyMap<number, Receiver>): Voice {
  const { source } = datagram;
  const result = receive(datagram, (vrid) => receivers.get(vrid));
  if (isRefused(result)) {
    const { vrid, router, refused: refusal } = result;
    return { source, vrid, vip: router?.vip, refusal, remarks: [] };
  }
  const { router, remarks } = result;
  return { source, vrid: router.config.vrid, vip: router.vip, refusal: undefined, remarks };
}
