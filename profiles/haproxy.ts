import type { ProcessInfo } from '../src/proxy/process.ts';
import type { Profile, Role, Site, Standalone } from '../src/proxy/profile.ts';
import { checksItself } from './haproxy/check.ts';
import { features, inspection } from './haproxy/features.ts';
import { read } from './haproxy/read.ts';
import { refuse } from './haproxy/refuse.ts';
import { render } from './haproxy/render.ts';
import { steering } from './haproxy/steering.ts';
import { assertSite, modelOf, optionsOf } from './site.ts';

/**
 * HAProxy. All its processes carry the same command line, so that the family tells their roles. A worker that crashes
 * takes the main process with it (status 128 + signal), and a main process that dies takes its workers with it.
 */
export const haproxy: Profile = {
  name: 'haproxy',
  title: 'HAProxy',
  processName: 'haproxy',
  pidFiles: ['/run/haproxy.pid'],
  roleOf,
  standalone,
  inspection,
  features,
  refuse,
  render,
  checksItself,
  read,
  steering,
};

function roleOf(process: ProcessInfo, parent: ProcessInfo | undefined, family: readonly ProcessInfo[]): Role {
  const { commandLine } = process;
  if (commandLine.some((argument) => /^-(cc?|vv?)$/.test(argument))) return 'other';
  if (family.some((other) => replaces(other, process))) return 'leaving';
  if (parent !== undefined) return 'worker';
  if (family.some((other) => other.parent === process.pid)) return 'main';
  return commandLine.some((argument) => /^-Ws?$/.test(argument)) ? 'main' : 'alone';
}

/**
 * Whether `other` was started with `-sf` or `-st` and this process's pid. Only an older process can be meant: a newer
 * one of that pid has merely got the number again. The main process is older than its workers, and rightly left out:
 * after a reload that failed it names the worker that stays.
 */
function replaces(other: ProcessInfo, process: ProcessInfo): boolean {
  if (other.pid === process.pid || other.startTime < process.startTime) return false;
  const { commandLine } = other;
  const start = commandLine.findIndex((argument) => argument === '-sf' || argument === '-st') + 1;
  if (start === 0) return false;
  const length = commandLine.slice(start).findIndex((argument) => !/^\d+$/.test(argument));
  const end = length < 0 ? commandLine.length : start + length;
  return commandLine.slice(start, end).includes(String(process.pid));
}

function standalone(site: Site): Standalone {
  assertSite(site);
  const file = (name: string): string => `${site.directory}/${name}`;
  const pidFile = file('haproxy.pid');
  const files = render(modelOf(site), { ...optionsOf(site, pidFile, floor), user: undefined });
  return {
    files,
    // HAProxy writes its log to its output, never to a file. The shell only opens the file and becomes HAProxy.
    command: [
      ...['/bin/sh', '-c', 'exec "$@" >>"$0" 2>&1', file('haproxy.log')],
      ...['/usr/sbin/haproxy', '-W', '-p', pidFile, '-f', files[0]?.path ?? ''],
    ],
    pidFile,
    // The same as `disable frontend` of the run-time interface: the listeners are paused, what is open goes on.
    pause: { begin: 'SIGTTOU', end: 'SIGTTIN' },
  };
}

/** The oldest HAProxy that is supported. */
const floor = features('HAProxy version 2.6.12 \n');
