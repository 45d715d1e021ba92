import { addressOf, formatAddress } from '../../src/wire/address.ts';
import { decodeAdvertisement, encodeAdvertisement, type Advertisement } from '../../src/wire/advertisement.ts';
import { arpProbe, decodeArp, encodeArp, gratuitousArp } from '../../src/wire/arp.ts';
import { internetChecksum, protocolIcmpv6, protocolVrrp, pseudoHeader } from '../../src/wire/checksum.ts';
import { decodeEthernet, encodeEthernet } from '../../src/wire/ethernet.ts';
import { decodeIpv4, encodeIpv4 } from '../../src/wire/ipv4.ts';
import { decodeIpv6, encodeIpv6 } from '../../src/wire/ipv6.ts';
import { parseMac, type MacAddress } from '../../src/wire/mac.ts';
import type { Malformed } from '../../src/wire/malformed.ts';
import {
  decodeNeighborAdvertisement,
  decodeNeighborSolicitation,
  encodeNeighborAdvertisement,
  encodeNeighborSolicitation,
  solicitedNodeGroup,
} from '../../src/wire/neighbor.ts';
import {
  decodeNeighborPacket,
  encodeNeighborPacket,
  neighborProbe,
  unsolicitedAdvertisement,
} from '../../src/wire/neighborpacket.ts';
import {
  decodeAttributes,
  decodeError,
  decodeMessages,
  encodeAttributes,
  encodeMessage,
  littleEndian,
  type Attribute,
  type Message,
} from '../../src/wire/netlink.ts';
import { Reader } from '../../src/wire/reader.ts';
import { decodeAddress, decodeLink } from '../../src/wire/rtnetlink.ts';
import { centiseconds, instant, seconds } from '../../src/wire/units.ts';
import { Writer } from '../../src/wire/writer.ts';
import recording from '../vectors/netlink.json' with { type: 'json' };
import { bytes } from './hex.ts';
import { addressMessage, linkMessage, verdictMessage } from './kernel.ts';
import type { Random } from './random.ts';

/** A decoder under test, with its encoder and what valid input looks like. */
export interface Decoder<T extends object> {
  readonly name: string;
  /** A valid input, another one each time. */
  readonly valid: (next: Random) => Uint8Array;
  /** Makes the checksum fit in place, so that mutated bytes get beyond it. */
  readonly repair?: (input: Uint8Array, next: Random) => void;
  readonly decode: (input: Uint8Array) => T | Malformed;
  readonly encode: (value: T) => Uint8Array;
  /** The reasons that mutated input must have met, all of them. */
  readonly reasons: readonly Malformed['malformed'][];
}

const pick = <T>(values: readonly T[], next: Random): T => values[next(values.length)] as T;
const fill = (length: number, next: Random): Uint8Array => new Uint8Array(length).map(() => next(256));
const mac = parseMac('02:00:00:00:00:01') as MacAddress;
const ipv4 = { source: addressOf('10.9.0.1'), destination: addressOf('224.0.0.18') };
const ipv6 = { source: addressOf('fe80::1'), destination: addressOf('ff02::12') };
const announced = { source: addressOf('fe80::100'), destination: addressOf('ff02::1') };

/** Puts the checksum of `parts` and the message at `offset`, where the message is long enough to have one. */
function sum(message: Uint8Array, offset: number, covered: number, ...parts: readonly Uint8Array[]): void {
  if (covered < offset + 2 || covered > message.length) return;
  message.set([0, 0], offset);
  const checksum = internetChecksum(...parts, message.subarray(0, covered));
  message.set([checksum >> 8, checksum & 0xff], offset);
}

function advertisement(version: 2 | 3, length: 4 | 16, next: Random): Advertisement {
  const addresses = Array.from({ length: 1 + next(4) }, () => formatAddress(fill(length, next)));
  const common = { vrid: next(256), priority: next(256), addresses };
  if (version === 3) return { ...common, version, interval: centiseconds(next(4096)), reserved: next(16) };
  return { ...common, version, interval: seconds(next(256)), authType: next(4), authData: fill(8, next) };
}

/** Advertisements of one version as valid input, in the envelope of either family. */
function advertisementDecoder(
  name: string,
  version: 2 | 3,
  envelope: typeof ipv4,
  reasons: readonly Malformed['malformed'][],
): Decoder<Exclude<ReturnType<typeof decodeAdvertisement>, Malformed>> {
  const length = envelope === ipv4 ? 4 : 16;
  return {
    name,
    reasons,
    valid: (next) => {
      const checksum = next(2) === 0 ? 'message' : 'pseudo-header';
      const value = advertisement(version, version === 2 ? 4 : length, next);
      const payload = encodeAdvertisement(value, { ...envelope, checksum });
      // Our encoder refuses to make what mutations rarely hit: a whole advertisement without addresses.
      if (version === 2 || next(20) !== 0) return payload;
      payload[3] = 0;
      return payload.subarray(0, 8);
    },
    repair: (input, next) => {
      const pseudo = version === 3 && (envelope === ipv6 || next(2) === 0);
      const header = pseudo ? [pseudoHeader(envelope.source, envelope.destination, input.length, protocolVrrp)] : [];
      sum(input, 6, input.length, ...header);
    },
    decode: (input) => decodeAdvertisement(input, envelope),
    encode: (value) => encodeAdvertisement(value.advertisement, { ...envelope, checksum: value.checksumForm }),
  };
}

const ipv4Decoder: Decoder<Exclude<ReturnType<typeof decodeIpv4>, Malformed>> = {
  name: 'IPv4 header',
  reasons: ['length', 'version', 'checksum', 'fragment'],
  valid: (next) => {
    const header = { ...ipv4, ttl: next(256), protocol: next(256), tos: next(256), id: next(65536) };
    return encodeIpv4({ ...header, dontFragment: next(2) === 0, payload: fill(next(40), next) });
  },
  repair: (input) => sum(input, 10, ((input[0] ?? 0) & 0xf) * 4),
  decode: decodeIpv4,
  encode: encodeIpv4,
};

const ipv6Decoder: Decoder<Exclude<ReturnType<typeof decodeIpv6>, Malformed>> = {
  name: 'IPv6 header',
  reasons: ['length', 'version'],
  valid: (next) => {
    const header = { ...ipv6, hopLimit: next(256), nextHeader: next(256), trafficClass: next(256) };
    return encodeIpv6({ ...header, flowLabel: next(1 << 20), payload: fill(next(40), next) });
  },
  decode: decodeIpv6,
  encode: encodeIpv6,
};

const ethernetDecoder: Decoder<Exclude<ReturnType<typeof decodeEthernet>, Malformed>> = {
  name: 'Ethernet frame',
  reasons: ['length'],
  valid: () => unsolicitedAdvertisement(announced.source, mac, false),
  decode: decodeEthernet,
  encode: encodeEthernet,
};

const arpDecoder: Decoder<Exclude<ReturnType<typeof decodeArp>, Malformed>> = {
  name: 'ARP',
  reasons: ['length', 'type'],
  valid: (next) => pick([gratuitousArp, arpProbe], next)(formatAddress(fill(4, next)), mac),
  decode: decodeArp,
  encode: encodeArp,
};

/** Makes the checksum of an ICMPv6 message fit where it travels. */
const sumIcmpv6 = (input: Uint8Array, { source, destination }: typeof announced): void =>
  sum(input, 2, input.length, pseudoHeader(source, destination, input.length, protocolIcmpv6));

/** A message, half the time with an option that nobody knows. */
const optioned = (plain: Uint8Array, next: Random): Uint8Array =>
  next(2) === 0 ? plain : Uint8Array.of(...plain, 14, 1, ...fill(6, next));

const advertisedDecoder: Decoder<Exclude<ReturnType<typeof decodeNeighborAdvertisement>, Malformed>> = {
  name: 'Neighbor Advertisement',
  reasons: ['length', 'type', 'checksum', 'field'],
  valid: (next) => {
    const flags = { router: next(2) === 0, solicited: false, override: true };
    return optioned(encodeNeighborAdvertisement({ target: announced.source, mac, ...flags }, announced), next);
  },
  repair: (input) => sumIcmpv6(input, announced),
  decode: (input) => decodeNeighborAdvertisement(input, announced),
  encode: (value) => encodeNeighborAdvertisement(value, announced),
};

/** Solicitations from an address, and from none, as duplicate address detection sends them. */
function solicitationDecoder(
  source: string,
): Decoder<Exclude<ReturnType<typeof decodeNeighborSolicitation>, Malformed>> {
  const place = { source: addressOf(source), destination: solicitedNodeGroup(announced.source) };
  const own = source === '::' ? undefined : mac;
  return {
    name: `Neighbor Solicitation from ${source}`,
    reasons: ['length', 'type', 'checksum', 'field'],
    valid: (next) => optioned(encodeNeighborSolicitation({ target: announced.source, mac: own }, place), next),
    repair: (input) => sumIcmpv6(input, place),
    decode: (input) => decodeNeighborSolicitation(input, place),
    encode: (value) => encodeNeighborSolicitation(value, place),
  };
}

const neighborPacketDecoder: Decoder<Exclude<ReturnType<typeof decodeNeighborPacket>, Malformed>> = {
  name: 'frame of Neighbor Discovery',
  reasons: ['length', 'version', 'type', 'checksum', 'field'],
  valid: (next) =>
    next(2) === 0
      ? unsolicitedAdvertisement(formatAddress(fill(16, next).fill(0x20, 0, 1)), mac, next(2) === 0)
      : neighborProbe(formatAddress(fill(16, next).fill(0x20, 0, 1)), { address: ipv6.source, mac }),
  repair: (input) => {
    const length = (input[18] ?? 0) * 256 + (input[19] ?? 0);
    const pseudo = [input.subarray(22, 54), Uint8Array.of(0, 0, length >> 8, length & 0xff, 0, 0, 0, protocolIcmpv6)];
    if (length >= 4 && input.length >= 54 + length) sum(input.subarray(54, 54 + length), 2, length, ...pseudo);
  },
  decode: decodeNeighborPacket,
  encode: encodeNeighborPacket,
};

const datagrams = Object.values(recording.exchanges).flatMap(({ request, answer }) => [request, ...answer].map(bytes));
const recorded = [...datagrams, ...recording.monitor.map(bytes)];
/** The longest recorded messages would take most of the time and have nothing that shorter ones have not. */
const short = recorded.filter(({ length }) => length < 300);

const messagesDecoder: Decoder<Message[]> = {
  name: 'netlink messages',
  reasons: [],
  valid: (next) => Uint8Array.of(...pick(short, next), ...pick(short, next)),
  decode: decodeMessages,
  encode: (messages) => Buffer.concat(messages.map(encodeMessage)),
};

const attributesDecoder: Decoder<Attribute[]> = {
  name: 'netlink attributes',
  reasons: [],
  valid: (next) => (decodeMessages(pick(short, next))[0]?.payload ?? new Uint8Array()).subarray(8),
  decode: decodeAttributes,
  encode: encodeAttributes,
};

/** A message as the bytes that these decoders see of it: the type in front of the payload. */
const flat = ({ type, flags, payload }: Message): Uint8Array =>
  new Writer(4 + payload.length, littleEndian).u16(type).u16(flags).bytes(payload).finish();

const unflat = (input: Uint8Array): Message => {
  const header = new Reader(input.length < 4 ? new Uint8Array(4) : input, littleEndian);
  return { type: header.u16(), flags: header.u16(), sequence: 0, payload: input.subarray(4) };
};

const errorDecoder: Decoder<Exclude<ReturnType<typeof decodeError>, Malformed>> = {
  name: 'netlink error',
  reasons: ['length', 'field'],
  valid: (next) => {
    const texts = [undefined, '', 'ipv4: Address not found'] as const;
    return flat(verdictMessage({ errno: next(133), text: pick(texts, next) }));
  },
  decode: (input) => {
    const { payload, flags } = unflat(input);
    return decodeError(payload, flags);
  },
  encode: (verdict) => flat(verdictMessage(verdict)),
};

const linkDecoder: Decoder<Exclude<ReturnType<typeof decodeLink>, Malformed>> = {
  name: 'rtnetlink link',
  reasons: ['length', 'type', 'version', 'field'],
  valid: (next) =>
    flat(
      linkMessage({
        ...{ removed: next(4) === 0, index: next(1000), name: pick(['eth0', 'vrrp.51', 'å'], next), mtu: next(65536) },
        mac: next(2) === 0 ? undefined : mac,
        ...{ up: next(2) === 0, carrier: next(2) === 0, loopback: next(2) === 0 },
      }),
    ),
  decode: (input) => decodeLink(unflat(input)),
  encode: (link) => flat(linkMessage(link)),
};

const addressDecoder: Decoder<Exclude<ReturnType<typeof decodeAddress>, Malformed>> = {
  name: 'rtnetlink address',
  reasons: ['length', 'type', 'version', 'field'],
  valid: (next) => {
    const length = pick([4, 16], next);
    const flags = next(0x1000);
    return flat(
      addressMessage({
        ...{ removed: next(4) === 0, index: next(1000), address: formatAddress(fill(length, next)), flags },
        ...{ prefixLength: next(length * 8 + 1), lifetime: next(2) === 0 ? undefined : seconds(next(100)) },
        renewedAt: instant(next(1_000_000) * 10),
        ...{ tentative: (flags & 0x40) !== 0, duplicate: (flags & 8) !== 0, protocol: next(256), scope: next(256) },
      }),
    );
  },
  decode: (input) => decodeAddress(unflat(input)),
  encode: (address) => flat(addressMessage(address)),
};

/** Runs `use` with each decoder; the list is heterogeneous, so each keeps its own type of value this way. */
export function forEachDecoder(use: <T extends object>(decoder: Decoder<T>) => void): void {
  use(advertisementDecoder('VRRPv2 over IPv4', 2, ipv4, ['length', 'version', 'type', 'checksum']));
  use(advertisementDecoder('VRRPv3 over IPv4', 3, ipv4, ['length', 'version', 'type', 'checksum', 'count']));
  use(advertisementDecoder('VRRPv2 over IPv6', 2, ipv6, ['version']));
  use(advertisementDecoder('VRRPv3 over IPv6', 3, ipv6, ['length', 'version', 'type', 'checksum', 'count']));
  use(ipv4Decoder);
  use(ipv6Decoder);
  use(ethernetDecoder);
  use(arpDecoder);
  use(advertisedDecoder);
  use(solicitationDecoder('fe80::1'));
  use(solicitationDecoder('::'));
  use(neighborPacketDecoder);
  use(messagesDecoder);
  use(attributesDecoder);
  use(errorDecoder);
  use(linkDecoder);
  use(addressDecoder);
}
