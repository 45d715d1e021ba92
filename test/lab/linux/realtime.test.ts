import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { compiledFile } from '../../../src/lab/program.ts';

/*
 * What a real-time process does to a processor that it has to share: V8 sweeps on threads of its own after a
 * collection, and the main thread must not wait for them in a way that keeps them from running.
 */

/** Makes garbage for 3 s on one processor and tells how long, in milliseconds, the process kept it to itself. */
const program = (prepare: string): string => `
  import { prepareRealtime, requestRealtime } from '${compiledFile('src/linux/scheduler')}';
  ${prepare}
  if (!requestRealtime(50).granted) throw new Error('not granted');
  let garbage = [];
  setInterval(() => {
    if (garbage.length > 200_000) garbage = [];
    for (let i = 0; i < 2000; i++) garbage.push({ list: [i, i, i], text: 'x' + i });
  }, 5);
  let kept = 0, cpu = process.cpuUsage(), at = performance.now();
  setInterval(() => {
    const { user, system } = process.cpuUsage(cpu), wall = performance.now() - at;
    if ((user + system) / 1000 > 0.9 * wall) kept += wall;
    cpu = process.cpuUsage(), at = performance.now();
  }, 50);
  setTimeout(() => { console.log(kept); process.exit(); }, 3000);`;

describe('a real-time process with one processor', () => {
  it('does not keep it to itself after a garbage collection', () => {
    const argv = ['--cpu-list', '0', process.execPath, '--input-type=module', '--eval'];
    // The process starts itself again, which --eval, being no argument but an option, survives.
    const { stdout, stderr } = spawnSync('taskset', [...argv, program('prepareRealtime();')], { encoding: 'utf8' });
    expect(stderr).toBe('');
    expect(Number(stdout)).toBeLessThan(400);
  });
});
