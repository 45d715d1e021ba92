import { spawn, type ChildProcess } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { watchProcess } from '../../src/linux/pidfd.ts';
import { statOf } from '../../src/linux/procstat.ts';
import { until } from './until.ts';

const children: ChildProcess[] = [];

function start(command: string, ...args: string[]): number {
  const child = spawn(command, args, { stdio: 'ignore' });
  children.push(child);
  if (child.pid === undefined) throw new Error(`${command} did not start`);
  return child.pid;
}

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

const descriptors = (): number => readdirSync('/proc/self/fd').length;

const startTimeOf = (pid: number): number => statOf(pid)?.startTime ?? Number.NaN;

describe('a watched process', () => {
  it('is reported once when it ends', async () => {
    const pid = start('sleep', '60');
    let exits = 0;
    const watch = watchProcess(pid, startTimeOf(pid), () => exits++);
    expect(watch?.pid).toBe(pid);
    expect(exits).toBe(0);
    process.kill(pid, 'SIGKILL');
    await until('the exit', () => exits > 0);
    await until('the process to be reaped', () => statOf(pid) === undefined);
    expect(exits).toBe(1);
    watch?.close();
  });

  it('is not reported after close', async () => {
    const pid = start('sleep', '60');
    let exits = 0;
    const watch = watchProcess(pid, undefined, () => exits++);
    watch?.close();
    watch?.close();
    process.kill(pid, 'SIGKILL');
    await until('the process to be reaped', () => statOf(pid) === undefined);
    expect(watch).toBeDefined();
    expect(exits).toBe(0);
  });

  it('may be several, each with its own report', async () => {
    const pid = start('sleep', '60');
    const seen: string[] = [];
    watchProcess(pid, undefined, () => seen.push('first'));
    watchProcess(pid, undefined, () => seen.push('second'));
    process.kill(pid, 'SIGKILL');
    await until('both reports', () => seen.length === 2);
    expect(seen.toSorted()).toEqual(['first', 'second']);
  });
});

describe('not watched', () => {
  it('is a process that started at another time: the number was used again', () => {
    const pid = start('sleep', '60');
    const before = descriptors();
    expect(watchProcess(pid, startTimeOf(pid) - 1, () => {})).toBeUndefined();
    expect(descriptors()).toBe(before);
  });

  it('is a zombie', async () => {
    // The shell becomes a sleep that never asks for its child's exit status.
    const parent = start('sh', '-c', 'sleep 0 & exec sleep 60');
    const child = (): number => Number(readFileSync(`/proc/${parent}/task/${parent}/children`, 'latin1').trim());
    await until('the zombie', () => statOf(child())?.state === 'Z');
    expect(watchProcess(child(), startTimeOf(child()), () => {})).toBeUndefined();
  });

  it.each([0, -1, 1.5, Number.NaN, 2 ** 22 + 1])('is process %d', (pid) => {
    expect(watchProcess(pid, undefined, () => {})).toBeUndefined();
  });

  it('is a thread that leads no process', () => {
    const thread = readdirSync('/proc/self/task')
      .map(Number)
      .find((id) => id !== process.pid);
    expect(watchProcess(thread ?? Number.NaN, undefined, () => {})).toBeUndefined();
    expect(thread).toBeGreaterThan(0);
  });
});
