import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ExecReceiver } from '../../../src/config/notifyconfig.ts';
import { execSender } from '../../../src/manager/notify/exec.ts';
import { keepalivedWords } from '../../../src/manager/notify/message.ts';
import { milliseconds } from '../../../src/wire/units.ts';
import { record } from '../record.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'exec-'));
  // Whoever runs the program may write here.
  chmodSync(folder, 0o777);
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

function script(text: string): string {
  const path = join(folder, 'notify');
  writeFileSync(path, `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  return path;
}

const receiver = (command: readonly string[], more: Partial<ExecReceiver> = {}): ExecReceiver => ({
  ...{ name: 'script', kind: 'exec', on: undefined, severity: 'notice', timeout: milliseconds(5000) },
  ...{ command, user: undefined },
  ...more,
});

const send = (one: ExecReceiver, event = record(), signal = new AbortController().signal) =>
  execSender(one).send(event, signal);

const out = (): string => readFileSync(join(folder, 'out'), 'utf8');

describe('a program', () => {
  it('gets keepalived’s arguments behind its own, the event in the environment, and as JSON', async () => {
    const path = script(`printf '%s\\n' "$@" > ${folder}/out\nenv >> ${folder}/out\ncat >> ${folder}/out`);
    expect(await send(receiver([path, 'a b; $(id)']))).toEqual({ kind: 'delivered', detail: `"${path}" ended with 0` });
    expect(out().split('\n').slice(0, 5)).toEqual(['a b; $(id)', 'INSTANCE', 'web-1', 'MASTER', '254']);
    for (const line of ['VIPAIR_TYPE=transition', 'VIPAIR_VIP=web-1', 'VIPAIR_FAMILY=ipv4', 'VIPAIR_TO=active'])
      expect(out()).toContain(`\n${line}\n`);
    expect(JSON.parse(out().trimEnd().split('\n').at(-1) ?? '')).toEqual(record());
    expect(out()).not.toContain('HOME=');
  });

  it('that takes nothing of what it is told is fine', async () => {
    const big = record({ text: 'x'.repeat(500_000).slice(0, 100_000) });
    expect(await send(receiver([script('exec <&-; exit 0')]), big)).toMatchObject({ kind: 'delivered' });
  });

  it('that fails says why', async () => {
    expect(await send(receiver([script('echo "no mail today" >&2; exit 3')]))).toMatchObject({
      kind: 'refused',
      reason: expect.stringMatching(/ended with 3: no mail today$/),
    });
    expect(await send(receiver([script('kill -SEGV $$')]))).toMatchObject({
      reason: expect.stringContaining('SIGSEGV'),
    });
  });

  it('that is missing, or may not be run, is waited for', async () => {
    expect(await send(receiver(['/nowhere/notify']))).toMatchObject({
      kind: 'later',
      reason: 'cannot run "/nowhere/notify": ENOENT; see that it is there, and that its user may run it',
    });
    const path = script('exit 0');
    chmodSync(path, 0o644);
    expect(await send(receiver([path]))).toMatchObject({ kind: 'later', reason: expect.stringContaining('EACCES') });
    expect(await send(receiver([path], { user: 'nobody-of-that-name' }))).toMatchObject({ kind: 'later' });
  });

  it('that hangs is ended with everything it has started', async () => {
    const path = script(`sleep 600 & echo $! > ${folder}/out; wait`);
    const stop = new AbortController();
    const sent = send(receiver([path]), record(), stop.signal);
    await vi.waitFor(() => expect(existsSync(join(folder, 'out')) && out().trim() !== '').toBe(true));
    stop.abort('no end within 5 s');
    expect(await sent).toMatchObject({ kind: 'refused', reason: expect.stringContaining('no end within 5 s') });
    await vi.waitFor(() => expect(stateOf(out().trim())).toBe('gone'));
  });

  it('that ends well may leave something running', async () => {
    const path = script(`sleep 600 >/dev/null 2>&1 & echo $! > ${folder}/out`);
    expect(await send(receiver([path]))).toMatchObject({ kind: 'delivered' });
    expect(stateOf(out().trim())).not.toBe('gone');
    process.kill(Number(out()), 'SIGKILL');
  });

  it.runIf(process.geteuid?.() === 0)('of root runs as nobody unless told otherwise', async () => {
    const path = script(`id -un > ${folder}/out`);
    await send(receiver([path]));
    expect(out()).toBe('nobody\n');
    rmSync(join(folder, 'out'));
    await send(receiver([path], { user: 'root' }));
    expect(out()).toBe('root\n');
  });
});

function stateOf(pid: string): string {
  try {
    const state = /\) (\w) /.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1] ?? '';
    return state === 'Z' ? 'gone' : state;
  } catch {
    return 'gone';
  }
}

describe('keepalived’s words', () => {
  const words = (to: string, reason = 'startup') =>
    keepalivedWords(record({ fields: { to, reason, priority: 100 } })).at(2);

  it('are those of its notify scripts', () => {
    expect([words('active'), words('backup'), words('initialize', 'fault'), words('initialize', 'shutdown')]).toEqual([
      'MASTER',
      'BACKUP',
      'FAULT',
      'STOP',
    ]);
    expect(keepalivedWords(record({ type: 'proxy' }))).toEqual([]);
  });
});
