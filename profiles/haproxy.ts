import type { ProcessInfo } from '../src/proxy/process.ts';
import type { Profile, Role, Site, Standalone } from '../src/proxy/profile.ts';
import { assertSite, endpoint } from './site.ts';

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
  const configuration = file('haproxy.cfg');
  const pidFile = file('haproxy.pid');
  return {
    files: [{ path: configuration, text: configurationOf(site) }],
    // HAProxy writes its log to its output, never to a file. The shell only opens the file and becomes HAProxy.
    command: [
      ...['/bin/sh', '-c', 'exec "$@" >>"$0" 2>&1', file('haproxy.log')],
      ...['/usr/sbin/haproxy', '-W', '-p', pidFile, '-f', configuration],
    ],
    pidFile,
  };
}

function configurationOf(site: Site): string {
  const binds = site.listen.flatMap((port) => [
    `  bind 0.0.0.0:${port} backlog 4096`,
    `  bind [::]:${port} v6only backlog 4096`,
  ]);
  const servers = site.backends.map(({ address, port }, index) => `  server b${index + 1} ${endpoint(address, port)}`);
  return [
    'global',
    '  maxconn 1000',
    '  nbthread 1',
    '  log stdout format raw daemon info',
    '',
    'defaults',
    '  mode http',
    '  log global',
    '  option httplog',
    '  option dontlognull',
    '  option redispatch 1',
    '  option forwardfor',
    '  retries 2',
    '  timeout connect 1s',
    '  timeout client 10s',
    '  timeout server 10s',
    '  timeout http-request 5s',
    '  timeout http-keep-alive 2s',
    '',
    'frontend front',
    ...binds,
    `  http-after-response set-header X-Front ${quote(site.label)}`,
    `  http-request return status 200 content-type text/plain string "ok" if { path ${quote(site.healthPath)} }`,
    '  default_backend backends',
    '',
    'backend backends',
    '  balance roundrobin',
    ...servers,
    '',
  ].join('\n');
}

/** A word in HAProxy's strong quotes. `assertSite` has kept out quotes and the `%` of its log formats. */
const quote = (word: string): string => `'${word}'`;
