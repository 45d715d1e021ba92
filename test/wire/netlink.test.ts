import { describe, expect, it } from 'vitest';
import {
  NLMSG_ERROR,
  NLM_F_ACK_TLVS,
  NLM_F_CAPPED,
  decodeAttributes,
  decodeError,
  decodeMessages,
  decodeString,
  encodeAttributes,
  encodeMessage,
  encodeString,
  littleEndian,
} from '../../src/wire/netlink.ts';
import { bytes, hex } from './hex.ts';
import { verdictMessage } from './kernel.ts';

const ipv4 = { type: 16, flags: 5, sequence: 7, payload: bytes('aabbcc') };

/** The expectations below are written for the byte order of the hosts this is tested on. */
describe.runIf(littleEndian)('netlink framing (RFC 3549 2.3)', () => {
  it('writes the header and pads to 4 bytes, without counting the padding', () => {
    expect(hex(encodeMessage(ipv4))).toBe('13000000' + '1000' + '0500' + '07000000' + '00000000' + 'aabbcc' + '00');
    expect(hex(encodeMessage({ ...ipv4, port: 0x1234, sequence: 0xffff_ffff })).slice(16, 32)).toBe('ffffffff34120000');
  });

  it('reads several messages of one datagram', () => {
    const second = { type: 3, flags: 2, sequence: 8, port: 9, payload: bytes('') };
    const datagram = Uint8Array.of(...encodeMessage(ipv4), ...encodeMessage(second));
    expect(decodeMessages(datagram)).toEqual([{ ...ipv4, port: 0 }, second]);
  });

  it('takes a last message without its padding, and drops a truncated tail', () => {
    const datagram = Uint8Array.of(...encodeMessage(ipv4), ...encodeMessage(ipv4));
    expect(decodeMessages(datagram.subarray(0, 39))).toHaveLength(2);
    for (let length = 20; length < 39; length++) expect(decodeMessages(datagram.subarray(0, length))).toHaveLength(1);
    expect(decodeMessages(bytes(''))).toEqual([]);
  });

  it('stops at a length that cannot be, instead of looping', () => {
    for (const length of ['00000000', '0f000000', 'ffffffff']) {
      expect(decodeMessages(bytes(`${length}1000050007000000000000001000000010000500070000000000000`))).toEqual([]);
    }
  });

  it('writes and reads attributes alike', () => {
    const attributes = [
      { type: 3, value: bytes('65746800') },
      { type: 11, value: bytes('70') },
      { type: 4, value: bytes('') },
    ];
    expect(hex(encodeAttributes(attributes))).toBe('0800030065746800' + '05000b0070000000' + '04000400');
    expect(decodeAttributes(encodeAttributes(attributes))).toEqual(attributes);
  });

  it('strips the nested and byte-order flags of an attribute type', () => {
    expect(decodeAttributes(bytes('04001280 04001240'))).toEqual([
      { type: 18, value: bytes('') },
      { type: 18, value: bytes('') },
    ]);
  });

  it('stops at an attribute length that cannot be', () => {
    for (const length of ['0000', '0300', '0900', 'ffff'])
      expect(decodeAttributes(bytes(`${length}030065746800`))).toEqual([]);
    expect(decodeAttributes(bytes('050003006500'))).toEqual([{ type: 3, value: bytes('65') }]);
  });

  it('refuses to write an attribute that its length field cannot hold: a bug', () => {
    expect(() => encodeAttributes([{ type: 1, value: new Uint8Array(65532) }])).toThrow();
  });
});

describe.runIf(littleEndian)('decodeError', () => {
  const request = '14000000150005000800000000000000';

  it('reads an acknowledgement', () => {
    expect(decodeError(bytes(`00000000${request}`), NLM_F_CAPPED)).toEqual({ errno: 0, text: undefined });
    expect(Object.is((decodeError(bytes('00000000')) as { errno: number }).errno, 0)).toBe(true);
  });

  it('reads an errno, and the words behind the repeated request', () => {
    const words = hex(encodeAttributes([{ type: 1, value: encodeString('Address not found') }]));
    const whole = bytes(`9dffffff${request}01020304${words}`);
    expect(decodeError(whole, NLM_F_ACK_TLVS)).toEqual({ errno: 99, text: 'Address not found' });
    expect(decodeError(whole, 0)).toEqual({ errno: 99, text: undefined });
    const capped = bytes(`9dffffff${request}${words}`);
    expect(decodeError(capped, NLM_F_ACK_TLVS | NLM_F_CAPPED)).toEqual({ errno: 99, text: 'Address not found' });
  });

  it('gives the errno of an answer whose tail is damaged', () => {
    for (const tail of [
      '',
      request.slice(2),
      `ffffffff${request.slice(8)}`,
      `${request}0102`,
      `${request}01020304ffff0100`,
    ]) {
      expect(decodeError(bytes(`ffffffff${tail}`), NLM_F_ACK_TLVS), tail).toEqual({ errno: 1, text: undefined });
    }
  });

  it('refuses less than a code, and a positive one', () => {
    expect(decodeError(bytes('9dffff'))).toEqual({ malformed: 'length' });
    expect(decodeError(bytes(`01000000${request}`))).toEqual({ malformed: 'field' });
  });

  it('reads what the scripted kernel writes', () => {
    const { type, flags, payload } = verdictMessage({ errno: 22, text: 'ipv4: Invalid prefix length' }, 9);
    expect(type).toBe(NLMSG_ERROR);
    expect(decodeError(payload, flags)).toEqual({ errno: 22, text: 'ipv4: Invalid prefix length' });
  });
});

describe('strings', () => {
  it('end at the first NUL or with the value', () => {
    expect(decodeString(bytes('65746830 00 7878'))).toBe('eth0');
    expect(decodeString(bytes('65746830'))).toBe('eth0');
    expect(decodeString(bytes(''))).toBe('');
    expect(hex(encodeString('eth0'))).toBe('6574683000');
  });

  it('keep a byte order mark and survive bytes that are not UTF-8', () => {
    expect(decodeString(encodeString('\uFEFFeth0'))).toBe('\uFEFFeth0');
    expect(decodeString(bytes('65ff30'))).toBe('e\uFFFD0');
  });
});
