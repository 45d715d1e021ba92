import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { isDead, statOf } from '../../src/linux/procstat.ts';
import { childrenOf, isSame, pids, processesNamed, processOf } from '../../src/proxy/process.ts';

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
