import { holdersAmong, listenersOn } from './listener.ts';
import type { Holders, Listener } from './listener.ts';
import { readPidFile } from './pidfile.ts';
import type { PidFile } from './pidfile.ts';
import { statOf } from '../linux/procstat.ts';
import { childrenOf, pids, processesNamed, processOf } from './process.ts';
import type { ProcessStat } from '../linux/procstat.ts';
import type { Named, ProcessInfo } from './process.ts';

/**
 * What the watch asks the kernel: the equivalents of pidof, `killall -0` and lsof without starting anything. The real
 * one is `procfs`. Every call throws an `OpError` when the kernel gives no answer, for example without descriptors;
 * that something does not exist is an answer.
 */
export interface ProcessTable {
  /** One process, about 20 us. */
  process(pid: number): ProcessInfo | undefined;
  /** One process without its command line, about 10 us. */
  stat(pid: number): ProcessStat | undefined;
  /** Its children's pids, ascending; `undefined` when the kernel does not tell. */
  children(pid: number): readonly number[] | undefined;
  /** All processes of a command name; milliseconds. */
  named(comm: string): Named;
  /** What a pid file says. */
  pidFile(path: string): PidFile;
  /**
   * The listening TCP sockets on these ports, or on any when there are none. It costs milliseconds even where hardly
   * anything listens, because the kernel walks through its whole table of connections.
   */
  listeners(ports: readonly number[]): readonly Listener[];
  /** Which of these processes hold which of these sockets. All processes of the host take milliseconds. */
  holders(pids: readonly number[] | 'all', sockets: readonly Listener[]): Holders;
}

/** The table of the running kernel: the /proc of our pid namespace and the sockets of our network namespace. */
export const procfs: ProcessTable = {
  process: processOf,
  stat: statOf,
  children: childrenOf,
  named: processesNamed,
  pidFile: readPidFile,
  listeners: listenersOn,
  holders: (among, sockets) => holdersAmong(among === 'all' ? pids() : among, sockets),
};
