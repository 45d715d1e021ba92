import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { profiles } from '../../profiles/registry.ts';

const source = fileURLToPath(new URL('../../src', import.meta.url));

/** Installs the packages of the demo and the tests; it knows commands and packages, not proxies. */
const exceptions: readonly string[] = ['lab/setup.sh'];

test('nothing outside profiles/ names a proxy', () => {
  const names = new RegExp(
    Object.values(profiles)
      .flatMap(({ name, title }) => [name, title])
      .join('|'),
    'i',
  );
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((path) => !exceptions.includes(path));
  const complaints = files
    .filter((path) => !path.includes('native/build') && statSync(join(source, path)).isFile())
    .flatMap((path) => {
      const lines = readFileSync(join(source, path), 'utf8').split('\n');
      return lines.flatMap((line, index) => (names.test(line) ? [`src/${path}:${index + 1}: ${line.trim()}`] : []));
    });
  expect(complaints).toEqual([]);
});
