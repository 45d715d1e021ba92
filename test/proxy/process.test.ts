import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test, vi } from 'vitest';
import {
  childrenOf,
  isDead,
  isSame,
  parseStat,
  pids,
  processesNamed,
  processOf,
  statOf,
} from '../../src/proxy/process.ts';

const directory = mkdtempSync(join(tmpdir(), 'vipair-process-'));
const started: ChildProcess[] = [];

/** Starts a program of any name that sleeps. */
function sleeper(name: string, ...before: readonly string[]): number {
  const path = join(directory, name);
  copyFileSync('/bin/sleep', path);
  const command = [...before, path, '60'];
  const child = spawn(command[0] ?? path, command.slice(1), { stdio: 'ignore' });
  started.push(child);
  return child.pid ?? 0;
}

const eventually = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 10_000, interval: 10 });

afterAll(() => {
  for (const child of started) child.kill('SIGKILL');
  rmSync(directory, { recursive: true });
});

describe('/proc/PID/stat', () => {
  const rest = 'S 42 7 7 0 -1 4194304 1 0 0 0 3 4 0 0 20 0 5 0 98765 1 2'.split(' ');
  const tail = [...rest, ...Array.from({ length: 27 }, () => '0'), '139'].join(' ');

  test('the fields are those of proc_pid_stat(5)', () => {
    expect(parseStat(`11 (front) ${tail}`)).toEqual({
      ...{ pid: 11, parent: 42, comm: 'front', state: 'S', startTime: 98_765, threads: 5, exitCode: 139 },
    });
  });

  test.each(['a b', ')', '(', ') S 1 (', 'x) Z 9 9', '', '((', 'a\nb'])('a command named %j is read right', (comm) => {
    expect(parseStat(`11 (${comm}) ${tail}`)).toMatchObject({ pid: 11, comm, parent: 42, state: 'S' });
  });

  test.each(['', '11', '11 (front)', '11 (front) S 1', 'x (front) S', ') ('])('%j is no process', (text) => {
    expect(parseStat(text)).toBeUndefined();
  });
});

describe('running processes', () => {
  test('a process is read as it is, whatever its name', async () => {
    const pid = sleeper('odd ) S (name');
    await eventually(() => expect(processOf(pid)?.comm).toBe('odd ) S (name'));
    const seen = processOf(pid);
    expect(seen).toMatchObject({ pid, parent: process.pid, threads: 1, exitCode: 0 });
    expect(seen?.commandLine).toEqual([join(directory, 'odd ) S (name'), '60']);
    expect(processesNamed('odd ) S (name').own.map((each) => each.pid)).toEqual([pid]);
    expect(childrenOf(process.pid) ?? [pid]).toContain(pid);
    expect(pids()).toContain(pid);
  });

  test('a process that does not exist is none', () => {
    expect([processOf(4_194_305), statOf(4_194_305), childrenOf(4_194_305)]).toEqual([undefined, undefined, undefined]);
    expect(processesNamed('no-such-program')).toEqual({ own: [], nested: [] });
  });

  test('a stopped process is stopped', async () => {
    const pid = sleeper('stopped');
    await eventually(() => expect(statOf(pid)?.comm).toBe('stopped'));
    process.kill(pid, 'SIGSTOP');
    await eventually(() => expect(statOf(pid)?.state).toBe('T'));
  });

  test('a zombie is dead, has no command line, and its status is known', async () => {
    // The shell leaves a child behind and becomes a program that never waits for it.
    const careless = spawn('/bin/sh', ['-c', '(exit 7) & exec sleep 60'], { stdio: 'ignore' });
    started.push(careless);
    await eventually(() => {
      const [child = 0] = childrenOf(careless.pid ?? 0) ?? [];
      const seen = processOf(child);
      expect(seen).toMatchObject({ state: 'Z', commandLine: [], exitCode: 7 << 8 });
      expect(seen !== undefined && isDead(seen)).toBe(true);
    });
  });

  test('a process inside another pid namespace is told apart', async ({ skip }) => {
    const pid = sleeper('nestling', 'unshare', ...(process.getuid?.() === 0 ? ['-pf'] : ['-Urpf']));
    const child = started.at(-1);
    await vi.waitFor(() => {
      if (child?.exitCode !== null) skip('this kernel lets us make no pid namespace');
      expect(processesNamed('nestling')).toMatchObject({ own: [], nested: [{ comm: 'nestling' }] });
    }, 10_000);
    for (const { pid: inner } of processesNamed('nestling').nested) process.kill(inner, 'SIGKILL');
    expect(pid).toBeGreaterThan(0);
  });

  test('a number and a start time name one process', () => {
    expect(isSame({ pid: 5, startTime: 10 }, { pid: 5, startTime: 10 })).toBe(true);
    expect(isSame({ pid: 5, startTime: 10 }, { pid: 5, startTime: 11 })).toBe(false);
  });
});
