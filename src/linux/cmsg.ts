import { endianness } from 'node:os';

/** One item of ancillary data (cmsg(3)). */
export interface ControlMessage {
  readonly level: number;
  readonly type: number;
  readonly data: Uint8Array;
}

const littleEndian = endianness() === 'LE';

/**
 * The items in the ancillary data of one datagram, in order, as views. A tail shorter than it says ends the list; each
 * item takes at least a header, so the list is bounded by the bytes.
 *
 *     +----------------------+-----------+----------+-------------------------------+
 *     | length, header incl. |   level   |   type   | data, padded to wordBytes ... |
 *     |      wordBytes       |  4 bytes  |  4 bytes |                               |
 *     +----------------------+-----------+----------+-------------------------------+
 *
 * `wordBytes` is sizeof(size_t), 4 or 8.
 */
export function parseControl(bytes: Uint8Array, wordBytes: 4 | 8): ControlMessage[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const header = wordBytes + 8;
  const messages: ControlMessage[] = [];
  for (let offset = 0; offset + header <= bytes.length;) {
    const length =
      wordBytes === 8 ? Number(view.getBigUint64(offset, littleEndian)) : view.getUint32(offset, littleEndian);
    if (length < header || length > bytes.length - offset) break;
    messages.push({
      level: view.getInt32(offset + wordBytes, littleEndian),
      type: view.getInt32(offset + wordBytes + 4, littleEndian),
      data: bytes.subarray(offset + header, offset + length),
    });
    offset += Math.ceil(length / wordBytes) * wordBytes;
  }
  return messages;
}

/** The value of an item that is one C `int`; `undefined` when it is shorter. */
export function controlInteger(message: ControlMessage): number | undefined {
  const { data } = message;
  return data.length < 4 ? undefined : new DataView(data.buffer, data.byteOffset).getInt32(0, littleEndian);
}
