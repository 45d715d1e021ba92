import { now } from '../linux/clock.ts';
import type { IpAddress } from '../wire/address.ts';
import { addressOf, familyOf } from '../wire/address.ts';
import { protocolVrrp } from '../wire/checksum.ts';
import { encodeEthernet, etherTypeIpv4, etherTypeIpv6 } from '../wire/ethernet.ts';
import { encodeIpv4 } from '../wire/ipv4.ts';
import { encodeIpv6 } from '../wire/ipv6.ts';
import { broadcastMac, multicastMac, parseMac, type MacAddress } from '../wire/mac.ts';
import type { Instant, Milliseconds } from '../wire/units.ts';
import { failure } from './failure.ts';
import type { Lab } from './lab.ts';
import type { Member } from './member.ts';
import { programCommand } from './program.ts';

/** One packet of a foreign speaker: any bytes as VRRP message, in an IP header and a frame of its own choosing. */
export interface Utterance {
  /** The VRRP message in hexadecimal, checksum and all; it is sent as it is. */
  readonly payload: string;
  /** The member's own address by default, of the family of `destination`. */
  readonly source?: string;
  /** 224.0.0.18 by default, or ff02::12 where `source` is IPv6. */
  readonly destination?: string;
  /** TTL or hop limit, 255 by default. */
  readonly ttl?: number;
  /** IP protocol, 112 by default. */
  readonly protocol?: number;
  /** By default the member's own. */
  readonly sourceMac?: string;
}

/** A whole frame in hexadecimal, such as one that was captured: what reflects a router's own packets to it. */
export interface Replay {
  readonly frame: string;
}

/** What a foreign speaker sends: the packets in turn, then again until all `count` rounds are done. */
export interface Speech {
  readonly packets: readonly (Utterance | Replay)[];
  /** Rounds, 1 by default, at most 10000. */
  readonly count?: number;
  /** Between two rounds; 0 by default. */
  readonly interval?: Milliseconds;
}

/** Sends a speech from a member's first link, to its end; returns when it began. Throws `OpError`. */
export async function speak(lab: Lab, member: Member, speech: Speech): Promise<Instant> {
  const frames = speech.packets.map((packet) => ('frame' in packet ? packet.frame : frameOf(lab, member, packet)));
  const at = now();
  const order = {
    interface: 'eth0',
    frames,
    count: Math.min(speech.count ?? 1, 10_000),
    interval: speech.interval ?? 0,
  };
  const { code, stderr } = await member.exec(programCommand('speaker', order));
  if (code !== 0) throw failure(`send from "${member.name}"`, stderr.trim());
  return at;
}

function frameOf(lab: Lab, member: Member, packet: Utterance): string {
  const ipv6 = packet.source?.includes(':') ?? packet.destination?.includes(':') ?? false;
  const source = addressOf(packet.source ?? (ipv6 ? member.ipv6 : member.ipv4));
  const destination = addressOf(packet.destination ?? (ipv6 ? 'ff02::12' : '224.0.0.18'));
  const payload = Uint8Array.from(Buffer.from(packet.payload, 'hex'));
  const ttl = packet.ttl ?? 255;
  const protocol = packet.protocol ?? protocolVrrp;
  const isIpv6 = familyOf(destination) === 'ipv6';
  return Buffer.from(
    encodeEthernet({
      source: parseMac(packet.sourceMac ?? member.plan.links[0]?.mac ?? '') ?? broadcastMac,
      destination: macTo(lab, destination),
      etherType: isIpv6 ? etherTypeIpv6 : etherTypeIpv4,
      payload: isIpv6
        ? encodeIpv6({
            source,
            destination,
            hopLimit: ttl,
            nextHeader: protocol,
            trafficClass: 0xc0,
            flowLabel: 0,
            payload,
          })
        : encodeIpv4({ source, destination, ttl, protocol, tos: 0xc0, id: 0, payload }),
    }),
  ).toString('hex');
}

/** The member's own Ethernet address for one of its addresses, the group's for a group, everybody's for the rest. */
function macTo(lab: Lab, destination: IpAddress): MacAddress {
  if (/^ff|^22[4-9]\.|^23\d\./.test(destination)) return multicastMac(destination);
  const links = lab.members.flatMap(({ plan }) => plan.links);
  const link = links.find(({ ipv4, ipv6 }) => destination === ipv4 || destination === ipv6);
  return parseMac(link?.mac ?? '') ?? broadcastMac;
}
