import { describe, expect, it } from 'vitest';
import { addressOf } from '../../src/wire/address.ts';
import { decodeSocketNumber, encodeConnectionRequest } from '../../src/wire/sockdiag.ts';

describe('the question for one socket', () => {
  it('is what sock_diag(7) describes', () => {
    const end = {
      local: { address: addressOf('192.0.2.101'), port: 80 },
      remote: { address: addressOf('192.0.2.1'), port: 40_000 },
    };
    const bytes = Buffer.from(encodeConnectionRequest(end, 7)).toString('hex');
    const header = '480000001400050007000000' + '00000000';
    const ports = '0050' + '9c40';
    const addresses = 'c0000265'.padEnd(32, '0') + 'c0000201'.padEnd(32, '0');
    expect(bytes).toBe(`${header}02060000ffffffff${ports}${addresses}00000000${'f'.repeat(16)}`);
  });
});

describe('the answer', () => {
  const answer = (state: number, inode: number): Uint8Array => {
    const bytes = new Uint8Array(72);
    bytes[1] = state;
    new DataView(bytes.buffer).setUint32(68, inode, true);
    return bytes;
  };

  it('names the socket, but not one that only listens', () => {
    expect(decodeSocketNumber(answer(1, 4711))).toEqual({ inode: 4711 });
    expect(decodeSocketNumber(answer(10, 4711))).toEqual({ inode: 0 });
  });

  it('is refused when it is cut', () => {
    expect(decodeSocketNumber(answer(1, 1).subarray(0, 71))).toEqual({ malformed: 'length' });
  });
});
