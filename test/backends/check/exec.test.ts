import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openProbe } from '../../../src/backends/check/open.ts';
import { systemClock } from '../../../src/backends/clock.ts';
import type { ExecCheckConfig } from '../../../src/config/checkconfig.ts';
import { addressOf } from '../../../src/wire/address.ts';
import { milliseconds } from '../../../src/wire/units.ts';
import { checkOf } from '../sample.ts';
import { until } from '../until.ts';
import { look } from './look.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'vipair-exec-'));
  chmodSync(directory, 0o777);
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** A check that runs a script, with words behind its name. */
function script(text: string, words: readonly string[] = [], more: Partial<ExecCheckConfig> = {}): ExecCheckConfig {
  const file = join(directory, 'check');
  writeFileSync(file, `#!/bin/sh\n${text}\n`);
  chmodSync(file, 0o755);
  return { ...checkOf('exec', 'command: [/bin/true]'), command: [file, ...words], ...more };
}

describe('a program', () => {
  test('that ends with 0 is well, with anything else not, and what it says is the reason', async () => {
    expect(await look(script('exit 0'), 80)).toMatchObject({ result: 'good', reason: 'exit code 0' });
    expect(await look(script('echo "all good"'), 80)).toMatchObject({
      result: 'good',
      reason: 'exit code 0: all good',
    });
    expect(await look(script('echo "too \u001b[31mslow" >&2; exit 3'), 80)).toMatchObject({
      result: 'bad',
      reason: 'exit code 3: too  [31mslow',
    });
    expect(await look(script('kill -TERM $$'), 80)).toMatchObject({ result: 'bad', reason: 'killed by SIGTERM' });
  });

  test('gets the backend as arguments and in its environment, and nothing else; no shell sees them', async () => {
    const out = join(directory, 'out');
    const check = script(`printf '%s|' "$@" >${out}; env >>${out}`, ['{address}:{port}', '{name} $(id)', '; exit 1 #']);
    process.env['SECRET_OF_THE_DAEMON'] = 'x';
    expect(await look(check, 8080)).toMatchObject({ result: 'good' });
    delete process.env['SECRET_OF_THE_DAEMON'];
    const text = readFileSync(out, 'utf8');
    expect(text).toMatch(/^127\.0\.0\.1:8080\|app \$\(id\)\|; exit 1 #\|/);
    expect(text).toContain('VIPAIR_ADDRESS=127.0.0.1\n');
    expect(text).not.toContain('SECRET');
  });

  test('that is missing, or cannot be run, is a failure', async () => {
    const missing = { ...script(''), command: [join(directory, 'nothing')] };
    expect(await look(missing, 80)).toMatchObject({
      result: 'bad',
      reason: expect.stringMatching(/^cannot run ".*": ENOENT$/),
    });
    const check = script('exit 0');
    chmodSync(check.command[0] ?? '', 0o644);
    expect(await look(check, 80)).toMatchObject({ result: 'bad', reason: expect.stringContaining('EACCES') });
    expect(await look({ ...script(''), user: 'nobody-is-called-so' }, 80)).toMatchObject({
      result: 'bad',
      reason: 'no user is called nobody-is-called-so',
    });
  });

  test('that takes too long is killed, with everything that it started', async () => {
    const pids = join(directory, 'pids');
    const check = script(`sleep 1000 & echo $! $$ >${pids}; trap "" TERM; wait`, [], { timeout: milliseconds(300) });
    expect(await look(check, 80)).toMatchObject({ result: 'bad', reason: 'no answer within 300 ms' });
    const [child, shell] = readFileSync(pids, 'utf8').trim().split(' ');
    await until('both are gone', () => [child, shell].every((pid) => isGone(pid ?? '')));
  });

  test('that ends leaves nothing running behind', async () => {
    const pids = join(directory, 'pids');
    await look(script(`sleep 1000 >/dev/null 2>&1 & echo $! >${pids}; exit 0`), 80);
    const pid = readFileSync(pids, 'utf8').trim();
    await until('its child is gone', () => isGone(pid));
  });

  test('that writes without end is bounded', async () => {
    const check = script('yes | head -c 5000000; exit 1', [], { timeout: milliseconds(5000) });
    const { reason } = await look(check, 80);
    expect(reason).toBe('exit code 1: y');
  });

  test('of many at a time waits for its turn, and all come to an end', async () => {
    const probe = openProbe(script('exit 0', [], { timeout: milliseconds(10_000) }), systemClock);
    const target = { id: 'a', name: 'a', host: '127.0.0.1', address: addressOf('127.0.0.1'), port: 80 };
    const results: string[] = [];
    const cancels = Array.from({ length: 40 }, () => probe.look(target, ({ result }) => results.push(result)));
    cancels[39]?.();
    cancels[0]?.();
    await until('38 have ended', () => results.length === 38);
    expect(new Set(results)).toEqual(new Set(['good']));
    probe.close();
  });

  test.runIf(process.geteuid?.() === 0)('of root runs as nobody, without groups', async () => {
    const out = join(directory, 'out');
    await look(script(`id -u >${out}; id -G >>${out}`), 80);
    const [uid, groups] = readFileSync(out, 'utf8').trim().split('\n');
    expect(Number(uid)).toBeGreaterThan(0);
    expect(groups?.split(' ')).not.toContain('0');
    await look(script(`id -u >${out}`, [], { user: 'root' }), 80).catch(() => {});
    expect(existsSync(out)).toBe(true);
  });
});

function isGone(pid: string): boolean {
  try {
    // A zombie that nobody has reaped yet runs no more.
    return /^\d+ \(.*\) [ZX]/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return true;
  }
}
