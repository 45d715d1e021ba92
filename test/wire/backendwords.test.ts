import { describe, expect, it } from 'vitest';
import { decodeBackendWords, encodeBackendWords } from '../../src/wire/backendwords.ts';
import type { BackendReport } from '../../src/wire/backendwords.ts';
import { bytes as bytesOf } from './hex.ts';

const report = (more: Partial<BackendReport> = {}): BackendReport => ({
  service: 0x0102_0304,
  set: 0xfffe_fdfc,
  total: 10_000,
  up: 9998,
  unknown: 0,
  down: [0xdead_beef, 1],
  ...more,
});

describe('the words on backends', () => {
  it('are these bytes', () => {
    const bytes = encodeBackendWords([report()]);
    expect(bytes).toEqual(bytesOf('01 01020304 fffefdfc 2710 270e 0000 02 deadbeef 00000001'));
    expect(decodeBackendWords(bytes)).toEqual([report()]);
    expect(decodeBackendWords(encodeBackendWords([]))).toEqual([]);
  });

  it('name single backends while one frame holds them, and count the others', () => {
    const many = Array.from({ length: 200 }, (_, i) => i);
    const told = decodeBackendWords(encodeBackendWords([report({ down: many }), report({ down: many }), report()]));
    expect(told?.map(({ down }) => down?.length)).toEqual([200, undefined, 2]);
    expect(
      decodeBackendWords(encodeBackendWords([report({ down: Array.from({ length: 255 }, (_, i) => i) })])),
    ).toEqual([report({ down: undefined })]);
  });

  it('never take more than there is room for; the first ones are told', () => {
    const bytes = encodeBackendWords(Array.from({ length: 1000 }, (_, service) => report({ service })));
    expect(bytes.length).toBeLessThanOrEqual(4096);
    const told = decodeBackendWords(bytes);
    expect(told?.length).toBe(273);
    expect(told?.every(({ service }, index) => service === index)).toBe(true);
  });

  it('of another version, or that are cut off or contradict themselves, say nothing', () => {
    const bytes = encodeBackendWords([report()]);
    expect(decodeBackendWords(new Uint8Array(0))).toBeUndefined();
    expect(decodeBackendWords(Uint8Array.of(2, ...bytes.slice(1)))).toBeUndefined();
    for (let end = 2; end < bytes.length; end++)
      expect(decodeBackendWords(bytes.slice(0, end)), `${end}`).toBeUndefined();
    expect(decodeBackendWords(encodeBackendWords([report({ total: 1, up: 2 })]))).toBeUndefined();
  });
});
