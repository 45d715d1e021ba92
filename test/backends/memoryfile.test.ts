import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Memory } from '../../src/backends/memory.ts';
import { openMemoryFile } from '../../src/backends/memoryfile.ts';
import { instant } from '../../src/wire/units.ts';
import { virtualClock } from './clock.ts';
import { backendOf } from './sample.ts';

let directory: string;
let file: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'vipair-memory-'));
  file = join(directory, 'sub', 'sources.json');
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const backends = [backendOf('192.0.2.1:80'), backendOf('{ address: "[2001:db8::1]:80", weight: 3 }')];
const web = (rightAt: number): Map<string, Memory> =>
  new Map([
    ['web', { answers: [{ source: 'dns A web 80', backends, rightAt: instant(rightAt) }], kept: undefined }],
    ['api', { answers: [], kept: undefined }],
  ]);

test('an answer comes back with its age, by the clock of the wall', () => {
  const clock = virtualClock(500_000);
  const memory = openMemoryFile(
    file,
    clock,
    () => web(470_000),
    () => 1_000_000_000_000,
  );
  memory.touch();
  memory.close();
  expect(statSync(file).mode & 0o777).toBe(0o600);
  // Booted anew, and a minute later.
  const next = openMemoryFile(
    file,
    virtualClock(100),
    () => new Map(),
    () => 1_000_000_060_000,
  );
  expect(next.take('web')).toEqual({
    answers: [{ source: 'dns A web 80', backends, rightAt: 100 - 90_000 }],
    kept: undefined,
  });
  expect(next.take('web')).toBeUndefined();
  expect(next.take('api')).toBeUndefined();
});

test('a clock that was put back makes no answer newer than now', () => {
  const memory = openMemoryFile(
    file,
    virtualClock(500),
    () => web(500),
    () => 2_000_000,
  );
  memory.touch();
  memory.close();
  const next = openMemoryFile(
    file,
    virtualClock(100),
    () => new Map(),
    () => 1_000_000,
  );
  expect(next.take('web')?.answers[0]?.rightAt).toBe(100);
});

test('a burst is one write, a second after its begin; nothing to say is nothing to write', () => {
  const clock = virtualClock();
  let asked = 0;
  const memory = openMemoryFile(file, clock, () => {
    asked++;
    return web(clock.now());
  });
  memory.close();
  expect(asked).toBe(0);
  for (let at = 0; at < 10; at++) {
    memory.touch();
    clock.advance(99);
  }
  expect(asked).toBe(0);
  clock.advance(10);
  expect(asked).toBe(1);
  expect(readFileSync(file, 'utf8')).toContain('192.0.2.1:80');
  clock.advance(10_000);
  expect(asked).toBe(1);
});
