import { describe, expect, test } from 'vitest';
import { nginx } from '../../profiles/nginx.ts';
import type { ProcessInfo } from '../../src/proxy/process.ts';

/** A process with the title that nginx wrote over its arguments, or with its arguments. */
function process(pid: number, parent: number, ...commandLine: readonly string[]): ProcessInfo {
  return { pid, parent, comm: 'nginx', state: 'S', startTime: pid, session: 0, threads: 1, exitCode: 0, commandLine };
}

function role(of: ProcessInfo, ...others: readonly ProcessInfo[]): string {
  const family = [of, ...others];
  return nginx.roleOf(
    of,
    family.find(({ pid }) => pid === of.parent),
    family,
  );
}

const main = process(100, 1, 'nginx: master process /usr/sbin/nginx -g daemon on;');

describe('the role of a process', () => {
  test('is in its title', () => {
    expect(role(main)).toBe('main');
    expect(role(process(101, 100, 'nginx: worker process'), main)).toBe('worker');
    expect(role(process(101, 100, 'nginx: worker process is shutting down'), main)).toBe('leaving');
    expect(role(process(101, 100, 'nginx: cache manager process'), main)).toBe('other');
    expect(role(process(101, 100, 'nginx: cache loader process'), main)).toBe('other');
  });

  test('of a worker stays that of a worker without its main process', () => {
    expect(role(process(101, 1, 'nginx: worker process'))).toBe('worker');
    expect(role(process(101, 1, 'nginx: worker process is shutting down'))).toBe('leaving');
  });

  test('of a child with the main process’s title is worker until it leads processes of its own', () => {
    const child = process(200, 100, 'nginx: master process /usr/sbin/nginx -g daemon on;');
    expect(role(child, main)).toBe('worker');
    expect(role(child, main, process(201, 200, 'nginx: worker process'))).toBe('main');
  });

  test('without a title is to serve alone, if it is to serve', () => {
    expect(role(process(100, 1, '/usr/sbin/nginx', '-c', '/etc/nginx.conf'))).toBe('alone');
    for (const question of ['-t', '-T', '-tq', '-qt', '-s', '-v', '-V', '-h', '-?']) {
      expect(role(process(100, 1, '/usr/sbin/nginx', '-c', 'x', question)), question).toBe('other');
    }
    expect(role(process(200, 100, '/usr/sbin/nginx'), main)).toBe('other');
  });
});
