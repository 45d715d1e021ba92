import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Host } from '../../../src/lab/host.ts';

/** A proxy on a host as a distribution would install it: where it takes our files from, and the command that runs it. */
export interface Installed {
  readonly home: string;
  readonly directory: string;
  readonly pidFile: string;
  readonly command: string[];
}

/** What a distribution's configuration would be, with a place for our files in it. */
export function installed(name: string, host: Host): Installed {
  const home = join(host.directory, `adopted-${name}`);
  const directory = join(home, 'vipair');
  const pidFile = join(home, 'pid');
  mkdirSync(directory, { recursive: true });
  const main = join(home, name === 'nginx' ? 'nginx.conf' : 'haproxy.cfg');
  if (name === 'nginx') {
    const events = 'events { worker_connections 1024; }';
    const lines = [
      'user root root;',
      'daemon off;',
      'worker_processes 2;',
      `pid ${pidFile};`,
      `error_log ${home}/log;`,
    ];
    writeFileSync(main, [...lines, events, `http { access_log off; include vipair/*-http.conf; }\n`].join('\n'));
    return { home, directory, pidFile, command: ['/usr/sbin/nginx', '-e', `${home}/log`, '-p', home, '-c', main] };
  }
  const ours = join(directory, 'vipair.cfg');
  writeFileSync(
    main,
    `global\n  log stdout format raw daemon\n  stats socket ${home}/stats.sock mode 600 level admin\n`,
  );
  writeFileSync(ours, '');
  const command = ['/usr/sbin/haproxy', '-W', '-S', join(home, 'main.sock'), '-p', pidFile, '-f', main, '-f', ours];
  return { home, directory, pidFile, command };
}
