import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { explainRefusal, readPidFile } from '../../src/proxy/pidfile.ts';

const directory = mkdtempSync(join(tmpdir(), 'vipair-pidfile-'));
const path = join(directory, 'front.pid');

afterAll(() => rmSync(directory, { recursive: true }));

test.each([
  ['1234\n', 1234],
  ['1234', 1234],
  ['  77 \n\n', 77],
  ['2\n', 2],
  ['4194304\n', 4_194_304],
  ['00099\n', 99],
])('%j is a pid', (text, pid) => {
  writeFileSync(path, text);
  expect(readPidFile(path)).toEqual({ pid });
});

test.each([
  ['', 'empty'],
  [' \n\n', 'empty'],
  ['0\n', 'not-a-process'],
  ['1\n', 'not-a-process'],
  ['4194305\n', 'not-a-process'],
  ['99999999999999999999\n', 'not-a-process'],
  ['-1\n', 'not-a-number'],
  ['+5\n', 'not-a-number'],
  ['12.5', 'not-a-number'],
  ['1e3', 'not-a-number'],
  ['0x10', 'not-a-number'],
  ['12 13\n', 'not-a-number'],
  ['12\n13\n', 'not-a-number'],
  ['pid\n', 'not-a-number'],
  ['١٢', 'not-a-number'],
  ['12\0', 'not-a-number'],
  ['1'.repeat(64) + '\n', 'too-long'],
  ['1'.repeat(1_000_000), 'too-long'],
])('%j is none', (text, refused) => {
  writeFileSync(path, text);
  expect(readPidFile(path)).toEqual({ refused });
});

test('what is no file is refused without waiting for it', () => {
  const fifo = join(directory, 'fifo');
  const folder = join(directory, 'folder');
  execFileSync('mkfifo', [fifo]);
  mkdirSync(folder);
  expect(readPidFile(join(directory, 'nothing'))).toEqual({ refused: 'missing' });
  expect(readPidFile(join(path, 'below-a-file'))).toEqual({ refused: 'missing' });
  expect(readPidFile(folder)).toEqual({ refused: 'unreadable' });
  expect(readPidFile(fifo)).toEqual({ refused: 'empty' });
  expect(readPidFile('/dev/zero')).toEqual({ refused: 'too-long' });
});

test('a refusal is said in words', () => {
  expect(explainRefusal('/run/front.pid', 'empty')).toBe('pid file "/run/front.pid" is empty');
  expect(explainRefusal('/run/front.pid', 'missing')).toBe('pid file "/run/front.pid" does not exist');
});
