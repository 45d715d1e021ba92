import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { formatError } from '../../src/config/report.ts';
import { configOf, crossed, profiles } from './sample.ts';

const directory = mkdtempSync(join(tmpdir(), 'vipair-config-'));
afterAll(() => rmSync(directory, { recursive: true }));

function load(content: string | Uint8Array | undefined): string[] {
  const file = join(directory, 'pair.yaml');
  rmSync(file, { force: true });
  if (content !== undefined) writeFileSync(file, content);
  const result = loadConfig(file, { profiles });
  return 'config' in result ? ['accepted'] : result.errors.map((error) => formatError(error).replace(directory, 'DIR'));
}

test('a file that is there', () => {
  const file = join(directory, 'good.yaml');
  writeFileSync(file, crossed);
  expect(loadConfig(file, { profiles })).toEqual({ config: configOf(crossed), warnings: [] });
});

test('a file that is not there, a directory, too large, not text', () => {
  expect(load(undefined)).toEqual([
    'DIR/pair.yaml: Cannot read the configuration: ENOENT; write the file, or name another with --config',
  ]);
  expect(loadConfig(directory, { profiles })).toMatchObject({
    errors: [{ line: 0, path: '', message: expect.stringContaining('EISDIR; it is a directory') }],
    isUnread: true,
  });
  expect(load(crossed + '#'.repeat(1 << 20))).toEqual([expect.stringContaining('it is larger than 1 MiB')]);
  expect(load(crossed.padEnd(1 << 20, '#'))).toEqual(['accepted']);
  expect(load(Uint8Array.of(0xff, 0xfe, 0x00))).toEqual([expect.stringContaining('it is not UTF-8')]);
});

test('a link that leads nowhere', () => {
  const file = join(directory, 'link.yaml');
  symlinkSync('/nonexistent/pair.yaml', file);
  expect(loadConfig(file, { profiles })).toMatchObject({
    errors: [{ message: expect.stringContaining('a link to "/nonexistent/pair.yaml", which is not there') }],
    isUnread: true,
  });
});

test('a device that never ends is not read to its end', () => {
  expect(loadConfig('/dev/zero', { profiles })).toMatchObject({
    errors: [{ message: expect.stringContaining('larger than 1 MiB') }],
  });
});

test('a file that may not be read', () => {
  const file = join(directory, 'secret.yaml');
  writeFileSync(file, crossed);
  chmodSync(file, 0);
  // Root may read everything, so as root this is tried as nobody.
  const isRoot = process.geteuid?.() === 0;
  if (isRoot) process.seteuid?.(65_534);
  try {
    expect(loadConfig(file, { profiles })).toMatchObject({
      errors: [{ message: 'Cannot read the configuration: EACCES; run as a user who may read it, or change its mode' }],
      isUnread: true,
    });
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
});
