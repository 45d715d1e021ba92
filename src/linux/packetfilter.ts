import { littleEndian } from '../wire/netlink.ts';
import { Writer } from '../wire/writer.ts';

/** A byte of a packet and the values of which it has to have one. */
export interface ByteTest {
  /** From the beginning of what the socket receives: of the Ethernet header, on a packet socket of type SOCK_RAW. */
  readonly offset: number;
  readonly values: readonly number[];
}

// linux/bpf_common.h: load the byte at k; jump by jt or jf instructions, by whether it is k; accept k bytes.
const LOAD_BYTE = 0x30;
const JUMP_IF_EQUAL = 0x15;
const RETURN = 0x06;

const WHOLE = 0xffff_ffff;
const NOTHING = 0;

/**
 * A classic BPF program (SO_ATTACH_FILTER, socket(7)) that lets a packet pass whole when every test holds. What does not
 * pass, and what is too short to be tested, never wakes the program. BOUNDED: 200 instructions, or a jump could not span
 * them, which is a bug and throws.
 */
export function packetFilter(tests: readonly ByteTest[]): Uint8Array {
  const length = tests.reduce((sum, { values }) => sum + 1 + values.length, 0) + 2;
  if (length > 200) throw new Error(`a packet filter of ${length} instructions is too long`);
  const writer = new Writer(length * 8, littleEndian);
  let at = 0;
  const put = (code: number, jumpTrue: number, jumpFalse: number, k: number): void => {
    writer.u16(code).u8(jumpTrue).u8(jumpFalse).u32(k);
    at++;
  };
  for (const { offset, values } of tests) {
    put(LOAD_BYTE, 0, 0, offset);
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
