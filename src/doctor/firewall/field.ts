import type { Packet } from './packet.ts';
import { TCP, UDP } from './packet.ts';
import type { Scalar } from './value.ts';

/**
 * What a packet has where a rule of nftables looks (nft(8), "Expressions"): the values that may be there, `none` when
 * there is no such field in this packet, so that the rule does not match, and `undefined` when it cannot be known. Pure.
 */
export type Field = readonly Scalar[] | 'none' | undefined;

interface Payload {
  readonly protocol?: string;
  readonly field?: string;
}

/** The values of `payload`, `meta`, `ct` and `fib` expressions in the JSON of nft(8). */
export function fieldOf(expression: unknown, packet: Packet): Field {
  if (typeof expression !== 'object' || expression === null) return undefined;
  const [kind, inner] = (Object.entries(expression)[0] ?? []) as [string?, unknown?];
  const words = (typeof inner === 'object' && inner !== null ? inner : {}) as Readonly<Record<string, unknown>>;
  switch (kind) {
    case 'payload':
      return payload(words, packet);
    case 'meta':
      return meta(String(words['key']), packet);
    case 'ct':
      return words['key'] === 'state' ? packet.states : undefined;
    case 'fib':
      return fib(words, packet);
    case '&':
    case '|':
    case '^':
      return masked(inner, packet);
    default:
      return undefined;
  }
}

/** Of a packet without the field there is nothing to mask; which bits are set in one that has it is not known. */
function masked(operands: unknown, packet: Packet): Field {
  const [first] = Array.isArray(operands) ? (operands as readonly unknown[]) : [];
  return fieldOf(first, packet) === 'none' ? 'none' : undefined;
}

function payload({ protocol, field = '' }: Payload, packet: Packet): Field {
  switch (protocol) {
    case 'ip':
      return packet.family === 'ipv4' ? network(field, packet) : 'none';
    case 'ip6':
      return packet.family === 'ipv6' ? network(field, packet) : 'none';
    case 'th':
      return transport(field, packet);
    case 'tcp':
      return packet.protocol === TCP ? transport(field, packet) : 'none';
    case 'udp':
      return packet.protocol === UDP ? transport(field, packet) : 'none';
    case 'ether':
      return undefined;
    case 'vlan':
    case 'arp':
      return 'none';
    case undefined:
      return undefined;
    default:
      // Of another protocol: icmp, sctp, ah, extension headers.
      return 'none';
  }
}

function network(field: string, packet: Packet): Field {
  const { source } = packet;
  switch (field) {
    case 'protocol':
    case 'nexthdr':
      return [packet.protocol];
    case 'saddr':
      return source === undefined ? undefined : [source];
    case 'daddr':
      return [packet.destination];
    case 'ttl':
    case 'hoplimit':
      return packet.protocol === 112 ? [255] : undefined;
    case 'version':
      return [packet.family === 'ipv4' ? 4 : 6];
    default:
      return undefined;
  }
}

function transport(field: string, packet: Packet): Field {
  if (packet.protocol !== TCP && packet.protocol !== UDP) return 'none';
  const port = field === 'dport' ? packet.destinationPort : field === 'sport' ? packet.sourcePort : undefined;
  return port === undefined ? undefined : [port];
}

function meta(key: string, packet: Packet): Field {
  const isIn = packet.direction === 'in';
  switch (key) {
    case 'l4proto':
      return [packet.protocol];
    case 'nfproto':
      return [packet.family];
    case 'protocol':
      return [packet.family === 'ipv4' ? 'ip' : 'ip6'];
    case 'iif':
    case 'iifname':
      return isIn ? [packet.interface] : 'none';
    case 'oif':
    case 'oifname':
      return isIn ? 'none' : [packet.interface];
    case 'pkttype':
      return isIn ? [packet.cast === 'unicast' ? 'host' : packet.cast] : undefined;
    default:
      return undefined;
  }
}

/** The other hosts are on the link, so the way back is always found; the destination is of this host or of a group. */
function fib({ result, flags }: Readonly<Record<string, unknown>>, packet: Packet): Field {
  const words = Array.isArray(flags) ? (flags as readonly unknown[]) : [flags];
  if (packet.direction === 'out') return undefined;
  if (result === 'type' && words.includes('daddr')) return [packet.cast === 'unicast' ? 'local' : packet.cast];
  if (result === 'type' && words.includes('saddr')) return ['unicast'];
  if (result === 'oif' && words.includes('saddr')) return [packet.interface, true];
  return undefined;
}
