import { describe, expect, test } from 'vitest';
import { parseStat } from '../../src/linux/procstat.ts';

describe('/proc/PID/stat', () => {
  const rest = 'S 42 7 7 0 -1 4194304 1 0 0 0 3 4 0 0 20 0 5 0 98765 1 2'.split(' ');
  const tail = [...rest, ...Array.from({ length: 27 }, () => '0'), '139'].join(' ');

  test('the fields are those of proc_pid_stat(5)', () => {
    expect(parseStat(`11 (front) ${tail}`)).toEqual({
      ...{ pid: 11, parent: 42, session: 7, comm: 'front', state: 'S', startTime: 98_765, threads: 5, exitCode: 139 },
    });
  });

  test.each(['a b', ')', '(', ') S 1 (', 'x) Z 9 9', '', '((', 'a\nb'])('a command named %j is read right', (comm) => {
    expect(parseStat(`11 (${comm}) ${tail}`)).toMatchObject({ pid: 11, comm, parent: 42, state: 'S' });
  });

  test.each(['', '11', '11 (front)', '11 (front) S 1', 'x (front) S', ') ('])('%j is no process', (text) => {
    expect(parseStat(text)).toBeUndefined();
  });
});
