import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { difference } from '../../src/proxy/difference.ts';
import { random } from '../wire/random.ts';

const numbers = (count: number): string => Array.from({ length: count }, (_, at) => `${at + 1}\n`).join('');

describe('a difference', () => {
  test('of equal texts is empty', () => {
    expect(difference('/a', 'x\n', 'x\n')).toBe('');
  });

  test('has three lines around each change, and one hunk for changes that are near', () => {
    const after = numbers(20).replace('5\n', 'five\n').replace('9\n', '').replace('20\n', '20\n21\n');
    expect(difference('/etc/a.conf', numbers(20), after)).toBe(
      [
        ...['--- /etc/a.conf', '+++ /etc/a.conf'],
        ...['@@ -2,11 +2,10 @@', ' 2', ' 3', ' 4', '-5', '+five', ' 6', ' 7', ' 8', '-9', ' 10', ' 11', ' 12'],
        ...['@@ -18,3 +17,4 @@', ' 18', ' 19', ' 20', '+21', ''],
      ].join('\n'),
    );
  });

  test('joins what has six lines between it, and keeps apart what has seven', () => {
    const hunks = (line: string): number =>
      difference('a', numbers(20), numbers(20).replace('3\n', 'x\n').replace(`${line}\n`, 'y\n')).split('\n@@').length -
      1;
    expect([hunks('10'), hunks('11')]).toEqual([1, 2]);
  });

  test('says when a text has no line end', () => {
    expect(difference('a', '', 'x')).toBe('--- a\n+++ a\n@@ -0,0 +1 @@\n+x\n\\ No newline at end of file\n');
    expect(difference('a', 'x', 'x\n')).toContain('-x\n\\ No newline at end of file\n+x\n');
  });

  test('of texts with nothing in common replaces everything, in bounded memory', () => {
    const text = difference('a', numbers(10_000), numbers(10_000).replaceAll('\n', 'x\n'));
    expect(text.split('\n').filter((line) => /^[+-]\d/.test(line))).toHaveLength(20_000);
  });
});

const hasPatch = spawnSync('patch', ['--version']).status === 0;

describe.skipIf(!hasPatch)(`a difference${hasPatch ? '' : ': patch is not installed'}`, () => {
  let directory: string;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'vipair-difference-'));
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  test('is what patch(1) needs to make the one text of the other', () => {
    const below = random(7);
    const text = (): string =>
      Array.from({ length: below(12) }, () => 'abc'[below(3)]).join('\n') + (below(4) > 0 ? '\n' : '');
    for (let run = 0; run < 60; run++) {
      const [before, after] = [text(), text()];
      const file = join(directory, String(run));
      writeFileSync(file, before);
      const { status, stdout } = spawnSync('patch', ['-s', '--posix', file], {
        input: difference('x', before, after),
        encoding: 'utf8',
      });
      if (before === after) continue;
      expect(status, `${stdout}\n${difference('x', before, after)}`).toBe(0);
      // patch removes a file that becomes empty.
      if (after !== '') expect(readFileSync(file, 'utf8')).toBe(after);
    }
  });
});
