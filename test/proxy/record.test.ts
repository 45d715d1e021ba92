import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { hostDisk } from '../../src/proxy/disk.ts';
import { RecordFile } from '../../src/proxy/record.ts';
import type { Recorded } from '../../src/proxy/record.ts';
import { areSameSeats } from '../../src/proxy/sockets.ts';
import type { Seat } from '../../src/proxy/sockets.ts';
import { addressOf } from '../../src/wire/address.ts';

const home = mkdtempSync(join(tmpdir(), 'vipair-record-'));
afterAll(() => rmSync(home, { recursive: true }));

const path = join(home, 'run', 'proxy.json');
const file = new RecordFile(hostDisk, path);
const seats: readonly Seat[] = [
  { address: addressOf('192.0.2.101'), port: 80 },
  { address: addressOf('::'), port: 443 },
];
const recorded: Recorded = {
  ...{ profile: 'front', pid: 812, startTime: 4711, command: ['/usr/bin/front', '-f', '/a'], seats, isCurrent: true },
};

describe('the record of what runs', () => {
  it('is empty without a file, and what was written is read', () => {
    expect(file.read()).toEqual([]);
    file.write([recorded, { ...recorded, pid: 813, isCurrent: false }]);
    expect(file.read()).toEqual([recorded, { ...recorded, pid: 813, isCurrent: false }]);
  });

  it('of another boot means nothing', () => {
    file.write([recorded]);
    writeFileSync(path, readFileSync(path, 'utf8').replace(/"boot":"[^"]*"/, '"boot":"another"'));
    expect(file.read()).toEqual([]);
  });

  it.each([
    'no JSON',
    'null',
    '[]',
    '{"boot":1}',
    ...['null', '{}', '{"pid":1}', '{"seats":[{"address":"x","port":80}]}', '{"command":[7]}'].map(
      (wrong) => `one that is ${wrong}`,
    ),
  ])('that is broken records nothing: %s', (text) => {
    const wrong = /^one that is (.*)$/.exec(text)?.[1];
    const damaged = wrong === undefined ? undefined : (JSON.parse(wrong) as object | null);
    file.write([recorded]);
    const { boot } = JSON.parse(readFileSync(path, 'utf8')) as { boot: string };
    const proxies = [damaged === null ? null : { ...recorded, ...damaged, ...(wrong === '{}' ? { pid: '7' } : {}) }];
    writeFileSync(path, wrong === undefined ? text : JSON.stringify({ boot, proxies }));
    expect(file.read()).toEqual([]);
  });
});

describe('the sockets of two proxies', () => {
  it('are the same only in the same order', () => {
    const [first, second] = seats as [Seat, Seat];
    expect(areSameSeats(seats, [...seats])).toBe(true);
    expect(areSameSeats(seats, [second, first])).toBe(false);
    expect(areSameSeats(seats, [first])).toBe(false);
    expect(areSameSeats([], [first])).toBe(false);
    expect(areSameSeats([first], [{ ...first, port: 81 }])).toBe(false);
  });
});
