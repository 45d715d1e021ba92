import { describe, expect, it } from 'vitest';
import { Reader } from '../../src/wire/reader.ts';
import { Writer } from '../../src/wire/writer.ts';
import { bytes, hex } from './hex.ts';

describe('Reader and Writer', () => {
  it.each([
    ['network', false, '01 0203 04050607 fffffffe'],
    ['little-endian', true, '01 0302 07060504 feffffff'],
  ])('take numbers apart in %s byte order', (_order, littleEndian, text) => {
    const reader = new Reader(bytes(text), littleEndian);
    expect([reader.u8(), reader.u16(), reader.u32(), reader.i32()]).toEqual([1, 0x0203, 0x0405_0607, -2]);
    expect(reader.remaining).toBe(0);
    const writer = new Writer(11, littleEndian).u8(1).u16(0x0203).u32(0x0405_0607).u32(0xffff_fffe);
    expect(hex(writer.finish())).toBe(text.replaceAll(' ', ''));
  });

  it('copy bytes, also out of a Buffer', () => {
    const buffer = Buffer.from([1, 2, 3]);
    const copy = new Reader(buffer).bytes(2);
    buffer.fill(9);
    expect(copy).toEqual(Uint8Array.of(1, 2));
  });

  it('never pass the end: reading or writing beyond it is a bug', () => {
    expect(() => new Reader(bytes('01')).u16()).toThrow();
    expect(() => new Reader(bytes('01')).bytes(2)).toThrow('1 are left');
    expect(() => new Reader(bytes('01')).skip(2)).toThrow();
    expect(() => new Writer(1).u16(1)).toThrow('beyond 1 bytes');
    expect(() => new Writer(1).bytes(bytes('0102'))).toThrow();
    expect(() => new Writer(2).u8(1).finish()).toThrow('1 of 2');
  });

  it('refuse numbers that their field cannot hold', () => {
    for (const value of [-1, 256, 1.5, Number.NaN]) expect(() => new Writer(1).u8(value), String(value)).toThrow();
    expect(() => new Writer(2).u16(0x1_0000)).toThrow();
    expect(() => new Writer(4).u32(0x1_0000_0000)).toThrow();
  });
});
