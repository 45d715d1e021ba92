import { describe, expect, it } from 'vitest';
import { familyOf } from '../../src/wire/address.ts';
import { decodeAdvertisement, encodeAdvertisement } from '../../src/wire/advertisement.ts';
import { decodeArp, encodeArp, gratuitousArp } from '../../src/wire/arp.ts';
import { protocolIcmpv6, protocolVrrp } from '../../src/wire/checksum.ts';
import { decodeEthernet, encodeEthernet, etherTypeArp, etherTypeIpv4, etherTypeIpv6 } from '../../src/wire/ethernet.ts';
import { decodeIpv4, encodeIpv4 } from '../../src/wire/ipv4.ts';
import { decodeIpv6, encodeIpv6 } from '../../src/wire/ipv6.ts';
import { isMalformed, type Malformed } from '../../src/wire/malformed.ts';
import { decodeNeighborAdvertisement, encodeNeighborAdvertisement } from '../../src/wire/neighbor.ts';
import { decodeNeighborPacket, unsolicitedAdvertisement } from '../../src/wire/neighborpacket.ts';
import { hex } from './hex.ts';
import { captures, readCapture } from './pcap.ts';

const protocolAuthenticationHeader = 51;
const typeNeighborAdvertisement = 136;

/**
 * The frames of all captures by what they hold, as tshark counts them. The client port that v3uni was taken on saw none
 * of the unicast advertisements.
 */
const expected: Record<string, Partial<Record<Kind, number>>> = {
  'frr-v3v4': { vrrp: 41, arp: 22, gratuitous: 22, other: 3 },
  'frr-v3v6': { vrrp: 41, neighbor: 42, announcement: 42, other: 18 },
  v2na: { vrrp: 32, arp: 65, gratuitous: 65, other: 5 },
  v2pass: { vrrp: 32, arp: 130, gratuitous: 130, other: 23 },
  v3uni: { arp: 71, gratuitous: 70 },
  v3v4: { vrrp: 63, arp: 140, gratuitous: 140, other: 3 },
  v3v6: { vrrp: 63, neighbor: 140, announcement: 140 },
  v3vmac: { vrrp: 72, arp: 120, gratuitous: 120, other: 1 },
};

type Kind = 'vrrp' | 'authenticated' | 'arp' | 'gratuitous' | 'neighbor' | 'announcement' | 'other';

const accepted = <T extends object>(value: T | Malformed): T => {
  if (isMalformed(value)) throw new Error(`refused: ${value.malformed}`);
  return value;
};

/** Checks one frame against every codec that claims it, byte for byte, and tells what it was. */
function check(bytes: Uint8Array): Kind[] {
  const frame = accepted(decodeEthernet(bytes));
  expect(hex(encodeEthernet(frame))).toBe(hex(bytes));
  if (frame.etherType === etherTypeArp) return checkArp(bytes);
  if (frame.etherType !== etherTypeIpv4 && frame.etherType !== etherTypeIpv6) return ['other'];
  const packet =
    frame.etherType === etherTypeIpv4
      ? { ...accepted(decodeIpv4(frame.payload)) }
      : { ...accepted(decodeIpv6(frame.payload)) };
  const protocol = 'protocol' in packet ? packet.protocol : packet.nextHeader;
  expect(hex('protocol' in packet ? encodeIpv4(packet) : encodeIpv6(packet))).toBe(hex(frame.payload));
  if (protocol === protocolAuthenticationHeader) return ['authenticated'];
  if (protocol === protocolVrrp) {
    expect('ttl' in packet ? packet.ttl : packet.hopLimit).toBe(255);
    const { advertisement, checksumForm } = accepted(decodeAdvertisement(packet.payload, packet));
    expect(checksumForm).toBe(advertisement.version === 2 ? 'message' : 'pseudo-header');
    expect(advertisement.addresses.every((address) => familyOf(address) === familyOf(packet.source))).toBe(true);
    const again = encodeAdvertisement(advertisement, { ...packet, checksum: checksumForm });
    expect(hex(again)).toBe(hex(packet.payload));
    return ['vrrp'];
  }
  if (protocol !== protocolIcmpv6 || packet.payload[0] !== typeNeighborAdvertisement) return ['other'];
  const neighbor = accepted(decodeNeighborAdvertisement(packet.payload, packet));
  expect(hex(encodeNeighborAdvertisement(neighbor, packet))).toBe(hex(packet.payload));
  if (neighbor.mac === undefined || packet.source !== neighbor.target || neighbor.solicited) return ['neighbor'];
  expect(decodeNeighborPacket(bytes)).toMatchObject({ operation: 'advertisement', message: neighbor });
  const announcement = unsolicitedAdvertisement(neighbor.target, neighbor.mac, neighbor.router);
  return hex(announcement) === hex(bytes) ? ['neighbor', 'announcement'] : ['neighbor'];
}

function checkArp(bytes: Uint8Array): Kind[] {
  const packet = accepted(decodeArp(bytes));
  // Hosts also verify a neighbor they know by a unicast request, so the Ethernet header is not always ours.
  expect(hex(encodeArp(packet).subarray(14))).toBe(hex(bytes.subarray(14)));
  if (packet.senderAddress !== packet.targetAddress) return ['arp'];
  expect(hex(gratuitousArp(packet.senderAddress, packet.senderMac))).toBe(hex(bytes));
  return ['arp', 'gratuitous'];
}

describe('captures of keepalived and FRR decode with a good checksum and encode to the same bytes', () => {
  it.each(captures)('%s', (name) => {
    const counts: Partial<Record<Kind, number>> = {};
    for (const frame of readCapture(name)) for (const kind of check(frame)) counts[kind] = (counts[kind] ?? 0) + 1;
    expect(counts).toEqual(expected[name]);
  });

  it('are all listed', () => {
    expect(captures.toSorted()).toEqual(Object.keys(expected).toSorted());
  });
});
