import { describe, expect, test } from 'vitest';
import { haproxy } from '../../profiles/haproxy.ts';
import type { ProcessInfo } from '../../src/proxy/process.ts';

function process(pid: number, parent: number, command: string, startTime = pid): ProcessInfo {
  const commandLine = command.split(' ');
  return { pid, parent, comm: 'haproxy', state: 'S', startTime, session: 0, threads: 2, exitCode: 0, commandLine };
}

function role(of: ProcessInfo, ...others: readonly ProcessInfo[]): string {
  const family = [of, ...others];
  return haproxy.roleOf(
    of,
    family.find(({ pid }) => pid === of.parent),
    family,
  );
}

const command = 'haproxy -Ws -f /etc/haproxy/haproxy.cfg -p /run/haproxy.pid';
const main = process(3, 1, command);

describe('the role of a process', () => {
  test('is that of its place in the family, because all have one command line', () => {
    const worker = process(6, 3, command);
    expect([role(main, worker), role(worker, main)]).toEqual(['main', 'worker']);
    expect(role(process(3, 1, 'haproxy -W -f a')), 'before it has workers').toBe('main');
    const keyword = process(3, 1, 'haproxy -f master-worker.cfg');
    expect(role(keyword, process(6, 3, 'haproxy -f master-worker.cfg')), 'by keyword').toBe('main');
  });

  test('is leaving when its successor was started with -sf and its pid', () => {
    const old = process(6, 3, command);
    const next = process(44, 3, command.replace(' ', ' -sf 6 -x sockpair@3 '));
    expect([role(old, main, next), role(next, main, old)]).toEqual(['leaving', 'worker']);
    const third = process(142, 3, command.replace(' ', ' -sf 44 6 -x sockpair@4 '));
    expect([old, next, third].map((each) => role(each, main, old, next, third))).toEqual([
      'leaving',
      'leaving',
      'worker',
    ]);
    const limited = process(45, 3, 'haproxy -sf 9 -m 6 -Ws -f a');
    expect(role(old, main, limited), 'a number behind another option').toBe('worker');
    expect(role(process(66, 3, command), main, next), 'another number that begins alike').toBe('worker');
  });

  test('is worker when the main process names it in a reload that failed', () => {
    const reloading = process(3, 1, 'haproxy -sf 6 -x sockpair@3 -Ws -f a');
    expect(role(process(6, 3, command), reloading)).toBe('worker');
  });

  test('is worker when it has got the number of one that left', () => {
    const next = process(44, 3, 'haproxy -sf 6 -Ws -f a');
    expect(role(process(6, 3, 'haproxy -sf 44 -Ws -f a', 90), main, next)).toBe('worker');
  });

  test('is to serve alone without a main process, unless it only checks', () => {
    expect(role(process(7, 1, 'haproxy -D -f a'))).toBe('alone');
    const replaced = process(7, 1, 'haproxy -D -f a');
    expect(role(replaced, process(9, 1, 'haproxy -D -f a -sf 7'))).toBe('leaving');
    for (const question of ['-c', '-cc', '-v', '-vv']) {
      expect(role(process(8, 1, `haproxy ${question} -Ws -f a`)), question).toBe('other');
    }
  });
});
