import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readVerdict, removeVerdict, uptime, writeVerdict } from '../../src/watchdog/verdict.ts';
import { seconds } from '../../src/wire/units.ts';

const directory = mkdtempSync(join(tmpdir(), 'vipair-verdict-'));
afterAll(() => rmSync(directory, { recursive: true }));

const check = (...argv: string[]): { status: number | null; stderr: string } =>
  spawnSync('src/watchdog/check.sh', argv, {
    env: { PATH: '/nowhere', VIPAIR_WATCHDOG_DIRECTORY: directory },
    encoding: 'utf8',
  });

const leave = (name: string, health: 'well' | 'sick', lasts: number, reason = 'so it is'): void =>
  writeVerdict(directory, name, { health, until: seconds(uptime() + lasts), pid: 4711, reason });

describe('a verdict', () => {
  it('is read as it was written, but in one line', () => {
    leave('a', 'sick', 5, 'two\nlines');
    expect(readVerdict(directory, 'a')).toMatchObject({ health: 'sick', pid: 4711, reason: 'two lines' });
    removeVerdict(directory, 'a');
    expect(readVerdict(directory, 'a')).toBeUndefined();
  });

  it('is what vipair-check says', () => {
    leave('good', 'well', 5);
    leave('bad', 'sick', 5, 'it is gone');
    expect(check('good')).toMatchObject({ status: 0, stderr: '' });
    expect(check('bad')).toMatchObject({ status: 1, stderr: 'bad: it is gone\n' });
  });

  it('that nobody renews is not believed, and neither is none, half of one, or another file', () => {
    leave('stale', 'well', -1);
    writeFileSync(join(directory, 'half'), 'well');
    writeFileSync(join(directory, 'odd'), 'well soon 1 x\n');
    writeFileSync(join(directory, 'empty'), '');
    for (const name of ['stale', 'half', 'odd', 'empty', 'missing']) expect(check(name).status, name).toBe(2);
  });

  it.each(['', '../good', '.good', 'a/b', '-x', 'a b', '$(id)'])('is not looked for as %j', (name) => {
    expect(check(name)).toMatchObject({ status: 2 });
  });
});
