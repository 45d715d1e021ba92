import type { Profile } from '../../src/proxy/profile.ts';
import type { PidFile } from '../../src/proxy/pidfile.ts';
import type { ProcessInfo } from '../../src/proxy/process.ts';
import type { ProcessTable } from '../../src/proxy/table.ts';
import { milliseconds } from '../../src/wire/units.ts';

/** A process table that a test writes, and that counts what it is asked. */
export interface ScriptedTable extends ProcessTable {
  readonly processes: Map<number, ProcessInfo & { nested?: boolean }>;
  readonly pidFiles: Map<string, PidFile>;
  /** By pid, the ports it listens on. */
  readonly listening: Map<number, readonly number[]>;
  readonly asked: { scans: number; reads: number; searches: number };
  /** Thrown by every call while it is set. */
  failure: Error | undefined;
}

/** A process of the command name "front", whose role stands in its command line. */
export function process(
  pid: number,
  role: string,
  more: Partial<ProcessInfo> & { nested?: boolean } = {},
): ProcessInfo {
  const rest = { parent: 1, comm: 'front', state: 'S', startTime: pid * 10, session: 0, threads: 1, exitCode: 0 };
  return { pid, ...rest, commandLine: role === '' ? [] : [role], ...more };
}

export const zombie = (pid: number, exitCode = 0, more: Partial<ProcessInfo> = {}): ProcessInfo =>
  process(pid, '', { state: 'Z', exitCode, ...more });

/** A proxy whose processes say their role themselves. */
export const front: Profile = {
  name: 'front',
  title: 'Front',
  processName: 'front',
  pidFiles: ['/run/front.pid'],
  roleOf: ({ commandLine: [role] }) =>
    role === 'main' || role === 'worker' || role === 'leaving' || role === 'alone' ? role : 'other',
  standalone: () => ({ files: [], command: ['/usr/bin/true'], pidFile: '/run/front.pid' }),
  inspection: (binary) => [binary, '--version'],
  features: (version) => ({ version, release: [], abilities: {}, unusable: undefined }),
  refuse: () => [],
  render: () => [],
  checksItself: () => false,
  read: () => ({ groups: [], problems: [] }),
  steering: {
    ...{ binary: '/usr/bin/true', directory: '/etc/front', mainName: 'front.conf', reloadSignal: 'SIGHUP' },
    ...{ drainSignal: 'SIGQUIT', unit: 'front.service', packaged: (binary: string) => [binary] },
    patience: milliseconds(1000),
    ownEnvironment: /^FRONT_/,
    launch: () => ({ files: ['/etc/front/front.conf'], arguments: [], mainSocket: undefined }),
    validation: (binary) => ({ files: [], command: [binary] }),
    start: (binary) => ({ command: [binary], environment: {} }),
    users: ['nobody'],
    drainSignal: 'SIGQUIT',
    findings: () => [],
    logs: () => [],
    ...{ binds: undefined, evidence: undefined, runtime: undefined },
  },
};

/** The table of these processes, with no pid file and nothing listening. */
export function scriptedTable(...initial: readonly ProcessInfo[]): ScriptedTable {
  const processes: ScriptedTable['processes'] = new Map();
  const listening: ScriptedTable['listening'] = new Map();
  const pidFiles: ScriptedTable['pidFiles'] = new Map();
  const asked = { scans: 0, reads: 0, searches: 0 };
  for (const each of initial) processes.set(each.pid, each);
  const sorted = (): (ProcessInfo & { nested?: boolean })[] =>
    [...processes.values()].toSorted((a, b) => a.pid - b.pid);
  const answer = <T>(value: T): T => {
    if (table.failure !== undefined) throw table.failure;
    return value;
  };
  const read = (pid: number): ProcessInfo | undefined => {
    asked.reads++;
    return answer(processes.get(pid));
  };
  const table: ScriptedTable = {
    ...{ processes, pidFiles, listening, asked, failure: undefined, process: read, stat: read },
    children: (pid) =>
      answer(
        sorted()
          .filter(({ parent }) => parent === pid)
          .map((child) => child.pid),
      ),
    named(comm) {
      asked.scans++;
      const family = answer(sorted().filter((each) => each.comm === comm));
      return {
        own: family.filter(({ nested }) => nested !== true),
        nested: family.filter(({ nested }) => nested === true),
      };
    },
    pidFile: (path) => answer(pidFiles.get(path) ?? { refused: 'missing' }),
    listeners(ports) {
      asked.searches++;
      const all = [...new Set([...listening.values()].flat())].map((port) => ({ port, inode: String(port) }));
      return answer(all.filter(({ port }) => ports.length === 0 || ports.includes(port)));
    },
    holders(pids, sockets) {
      const among = pids === 'all' ? sorted().map(({ pid }) => pid) : pids;
      const holdings = among.flatMap((pid) =>
        (listening.get(pid) ?? [])
          .filter((port) => sockets.some((socket) => socket.port === port))
          .map((port) => ({ pid, port })),
      );
      return answer({ holdings, hidden: false });
    },
  };
  return table;
}
