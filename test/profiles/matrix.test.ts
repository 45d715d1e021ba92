import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { cells, matrix } from '../../profiles/matrix.ts';

const path = fileURLToPath(new URL('../../docs/proxies.md', import.meta.url));

/** With VIPAIR_GOLDEN=write the tables in the documentation are written instead of compared. */
const writes = process.env['VIPAIR_GOLDEN'] === 'write';

test('the tables in the documentation are those of the code', () => {
  const text = readFileSync(path, 'utf8');
  const [before, , after] = text.split(/(?<=<!-- matrix -->\n)([^]*)(?=<!-- \/matrix -->)/);
  const current = `${before}\n${matrix()}\n${after}`;
  if (writes) writeFileSync(path, current);
  expect(readFileSync(path, 'utf8')).toBe(current);
});

test.each(cells())('$profile, $feature: is either refused or explained', ({ refused, how }) => {
  expect(refused === undefined, refused ?? how).toBe(how !== undefined);
});
