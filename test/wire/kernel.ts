import { addressBytes, familyOf } from '../../src/wire/address.ts';
import { macBytes } from '../../src/wire/mac.ts';
import {
  NLMSG_ERROR,
  NLM_F_ACK_TLVS,
  NLM_F_CAPPED,
  encodeAttributes,
  encodeString,
  littleEndian,
  type Message,
  type Verdict,
} from '../../src/wire/netlink.ts';
import {
  RTM_DELADDR,
  RTM_DELLINK,
  RTM_NEWADDR,
  RTM_NEWLINK,
  type InterfaceAddress,
  type Link,
} from '../../src/wire/rtnetlink.ts';
import { Writer } from '../../src/wire/writer.ts';

/**
 * The kernel's side of rtnetlink, for round trips and scripted kernels: messages as a notification carries them, with
 * the attributes that this program reads.
 */

const word = (value: number): Uint8Array => new Writer(4, littleEndian).u32(value).finish();

/** The RTM_NEWLINK or RTM_DELLINK that reports a link. */
export function linkMessage(link: Link): Message {
  const attributes = encodeAttributes([
    { type: 3, value: encodeString(link.name) },
    { type: 4, value: word(link.mtu) },
    ...(link.mac === undefined ? [] : [{ type: 1, value: macBytes(link.mac) }]),
  ]);
  const flags = (link.up ? 0x1 : 0) | (link.loopback ? 0x8 : 0) | (link.carrier ? 0x1_0000 : 0);
  const header = new Writer(16 + attributes.length, littleEndian).skip(4).u32(link.index).u32(flags).skip(4);
  const type = link.removed ? RTM_DELLINK : RTM_NEWLINK;
  return { type, flags: 0, sequence: 0, payload: header.bytes(attributes).finish() };
}

/** The RTM_NEWADDR or RTM_DELADDR that reports an address. */
export function addressMessage(address: InterfaceAddress): Message {
  const attributes = encodeAttributes([
    { type: 1, value: addressBytes(address.address) },
    ...cacheInfo(address),
    { type: 8, value: word(address.flags) },
    { type: 11, value: Uint8Array.of(address.protocol) },
  ]);
  const payload = new Writer(8 + attributes.length, littleEndian)
    .u8(familyOf(address.address) === 'ipv4' ? 2 : 10)
    .u8(address.prefixLength)
    .u8(address.flags & 0xff)
    .u8(address.scope)
    .u32(address.index)
    .bytes(attributes)
    .finish();
  return { type: address.removed ? RTM_DELADDR : RTM_NEWADDR, flags: 0, sequence: 0, payload };
}

/** struct ifa_cacheinfo, cut short before the time stamps where there are none, and left out where nothing is known. */
function cacheInfo({ lifetime, renewedAt }: InterfaceAddress): { type: number; value: Uint8Array }[] {
  if (lifetime === undefined && renewedAt === undefined) return [];
  const valid = lifetime ?? 0xffff_ffff;
  const value = new Writer(renewedAt === undefined ? 8 : 16, littleEndian).u32(valid).u32(valid);
  if (renewedAt !== undefined) value.skip(4).u32(renewedAt / 10);
  return [{ type: 6, value: value.finish() }];
}

/** The NLMSG_ERROR that answers a request, with the kernel's words and without repeating the request. */
export function verdictMessage(verdict: Verdict, sequence = 0): Message {
  const { errno, text } = verdict;
  const attributes = text === undefined ? [] : [{ type: 1, value: encodeString(text) }];
  const tail = encodeAttributes(attributes);
  const payload = new Writer(20 + tail.length, littleEndian);
  payload
    .u32((0x1_0000_0000 - errno) % 0x1_0000_0000)
    .u32(16)
    .skip(12)
    .bytes(tail);
  const flags = NLM_F_CAPPED | (text === undefined ? 0 : NLM_F_ACK_TLVS);
  return { type: NLMSG_ERROR, flags, sequence, payload: payload.finish() };
}
