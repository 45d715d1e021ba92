import { describe, expect, it } from 'vitest';
import { addressOf } from '../../src/wire/address.ts';
import { connectionRequest, decodeSocket, listenersRequest } from '../../src/wire/socketquery.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

describe('the question', () => {
  it('for one socket is what sock_diag(7) describes', () => {
    const bytes = connectionRequest(
      { address: addressOf('192.0.2.101'), port: 80 },
      { address: addressOf('192.0.2.1'), port: 40_000 },
      7,
    );
    const header = '480000001400050007000000' + '00000000';
    const ports = '0050' + '9c40';
    const addresses = 'c0000265'.padEnd(32, '0') + 'c0000201'.padEnd(32, '0');
    expect(hex(bytes)).toBe(`${header}02060000ffffffff${ports}${addresses}00000000${'f'.repeat(16)}`);
  });

  it('for the listening ones is a dump of one state of one family', () => {
    const header = '480000001400010307000000' + '00000000';
    expect(hex(listenersRequest('ipv6', 7))).toBe(`${header}0a06000000040000${'0'.repeat(80)}${'f'.repeat(16)}`);
  });
});

describe('the answer', () => {
  const answer = (family: number, state: number, inode: number): Uint8Array => {
    const bytes = new Uint8Array(72);
    const view = new DataView(bytes.buffer);
    bytes[0] = family;
    bytes[1] = state;
    view.setUint16(4, 80);
    bytes.set([192, 0, 2, 101], 8);
    view.setUint32(56, 3, true);
    view.setUint32(60, 511, true);
    view.setUint32(68, inode, true);
    return bytes;
  };

  it('names the socket, where it is, and what waits for it', () => {
    expect(decodeSocket(answer(2, 10, 4711))).toEqual({
      ...{ family: 'ipv4', state: 10, address: '192.0.2.101', port: 80 },
      ...{ queued: 3, backlog: 511, inode: 4711 },
    });
  });

  it('is refused when it is cut, and of a family that was not asked for', () => {
    expect(decodeSocket(answer(2, 1, 1).subarray(0, 71))).toEqual({ malformed: 'length' });
    expect(decodeSocket(answer(1, 1, 1))).toEqual({ malformed: 'field' });
  });
});
