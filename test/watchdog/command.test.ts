import { describe, expect, it } from 'vitest';
import { statOf } from '../../src/linux/procstat.ts';
import { runCommand } from '../../src/watchdog/command.ts';
import { milliseconds } from '../../src/wire/units.ts';

const run = (limit: number, ...argv: string[]): ReturnType<typeof runCommand>['outcome'] =>
  runCommand(argv, milliseconds(limit)).outcome;

describe('a command', () => {
  it('says how it ended and what it wrote', async () => {
    expect(await run(10_000, 'sh', '-c', 'echo one; echo two >&2')).toMatchObject({
      good: true,
      words: 'exit code 0',
      output: 'one\ntwo',
    });
    expect(await run(10_000, 'sh', '-c', 'exit 3')).toMatchObject({ good: false, words: 'exit code 3' });
    expect(await run(10_000, 'sh', '-c', 'kill -9 $$')).toMatchObject({ good: false, words: 'killed by SIGKILL' });
    expect(await run(10_000, '/nowhere/x')).toMatchObject({ good: false, words: 'cannot be started: ENOENT' });
  });

  it('is ended with its whole group when it takes too long', async () => {
    const { good, words, output } = await run(300, 'sh', '-c', 'sleep 60 & echo $!; trap "" TERM; wait; wait');
    expect([good, words]).toEqual([false, 'not ended within 0.3 s, killed']);
    const stat = statOf(Number(output));
    expect(stat === undefined || stat.state === 'Z').toBe(true);
  });

  it('may leave something running, which can go on writing', async () => {
    const script = '(for i in 1 2 3 4 5; do sleep 0.05; echo $i || exit; done; exec sleep 60) & echo $!';
    const { good, output } = await run(10_000, 'sh', '-c', script);
    const pid = Number(output.split('\n')[0]);
    expect(good).toBe(true);
    await expect.poll(() => statOf(pid)?.comm, { timeout: 5000 }).toBe('sleep');
    process.kill(pid, 'SIGKILL');
  });

  it('keeps only the end of what it writes', async () => {
    const { output } = await run(10_000, 'sh', '-c', 'i=0; while [ $i -lt 2000 ]; do echo line $i; i=$((i+1)); done');
    expect(output.length).toBeLessThanOrEqual(4096);
    expect(output.endsWith('line 1999')).toBe(true);
  });
});
