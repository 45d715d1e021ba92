import { littleEndian } from '../wire/netlink.ts';
import { Writer } from '../wire/writer.ts';

/** Something of a packet and the values of which it has to have one. */
export interface PacketTest {
  /**
   * A byte, counted from the beginning of what the socket receives: of the Ethernet header, on a packet socket of type
   * SOCK_RAW. Or one of the things that the kernel knows of a packet.
   */
  readonly offset: number | 'kind' | 'ifindex';
  /** Of 8 bits for a byte, of 32 for the others. */
  readonly values: readonly number[];
}

// linux/bpf_common.h: load the word or byte at k; jump by jt or jf instructions, by whether it is k; accept k bytes.
const LOAD_WORD = 0x20;
const LOAD_BYTE = 0x30;
const JUMP_IF_EQUAL = 0x15;
const RETURN = 0x06;

const WHOLE = 0xffff_ffff;
const NOTHING = 0;

/** SKF_AD_PKTTYPE and SKF_AD_IFINDEX, from SKF_AD_OFF on (linux/filter.h). */
const KNOWN = { kind: 0xffff_f004, ifindex: 0xffff_f008 } as const;

/** PACKET_HOST, PACKET_BROADCAST and PACKET_MULTICAST (linux/if_packet.h). */
const FOR_US = [0, 1, 2];

/**
 * What the kernel itself would take of what arrives on an interface. A packet socket that is bound to an interface is
 * shown more: what goes on to a VLAN on top of it, without the tag and with that one's index, and what belongs to a VLAN
 * that this host is no part of, as a packet for another host. Both are other networks, where the same addresses may be.
 */
export const arrivingOn = (ifindex: number): PacketTest[] => [
  { offset: 'ifindex', values: [ifindex] },
  { offset: 'kind', values: FOR_US },
];

/**
 * A classic BPF program (SO_ATTACH_FILTER, socket(7)) that lets a packet pass whole when every test holds. What does not
 * pass, and what is too short to be tested, never wakes the program. BOUNDED: 200 instructions, or a jump could not span
 * them, which is a bug and throws.
 */
export function packetFilter(tests: readonly PacketTest[]): Uint8Array {
  const length = tests.reduce((sum, { values }) => sum + 1 + values.length, 0) + 2;
  if (length > 200) throw new Error(`a packet filter of ${length} instructions is too long`);
  const writer = new Writer(length * 8, littleEndian);
  let at = 0;
  const put = (code: number, jumpTrue: number, jumpFalse: number, k: number): void => {
    writer.u16(code).u8(jumpTrue).u8(jumpFalse).u32(k);
    at++;
  };
  for (const { offset, values } of tests) {
    if (typeof offset === 'number') put(LOAD_BYTE, 0, 0, offset);
    else put(LOAD_WORD, 0, 0, KNOWN[offset]);
    values.forEach((value, index) => {
      const rest = values.length - 1 - index;
      // The last instruction drops the packet; a jump is counted from the instruction that follows it.
      put(JUMP_IF_EQUAL, rest, rest === 0 ? length - 2 - at : 0, value);
    });
  }
  put(RETURN, 0, 0, WHOLE);
  put(RETURN, 0, 0, NOTHING);
  return writer.finish();
}
