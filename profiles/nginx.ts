import type { ProcessInfo } from '../src/proxy/process.ts';
import type { Profile, Role, Site, Standalone } from '../src/proxy/profile.ts';
import { assertSite, endpoint } from './site.ts';

/**
 * nginx. Its processes write what they are into their command line ("nginx: worker process is shutting down"), and
 * its workers survive their main process: they go on serving, and hold the port, without anybody to look after them.
 */
export const nginx: Profile = {
  name: 'nginx',
  title: 'nginx',
  processName: 'nginx',
  pidFiles: ['/run/nginx.pid'],
  roleOf,
  standalone,
};

function roleOf(process: ProcessInfo, parent: ProcessInfo | undefined, family: readonly ProcessInfo[]): Role {
  const title = process.commandLine[0] ?? '';
  if (title.startsWith('nginx: worker process is shutting down')) return 'leaving';
  if (title.startsWith('nginx: worker process')) return 'worker';
  if (title.startsWith('nginx: master process')) {
    // A child with the main process's title is a worker that has not yet set its own, unless it has children: then it
    // is the new main process of a binary upgrade.
    const isParent = family.some((other) => other.parent === process.pid);
    return parent === undefined || isParent ? 'main' : 'worker';
  }
  if (title.startsWith('nginx: ') || parent !== undefined) return 'other';
  return process.commandLine.slice(1).some(isQuestion) ? 'other' : 'alone';
}

/** Whether an argument makes nginx test, show or signal something instead of serving (`nginx -h`). */
const isQuestion = (argument: string): boolean => /^-[qtT]*[tTsvVh?]/.test(argument);

function standalone(site: Site): Standalone {
  assertSite(site);
  const file = (name: string): string => `${site.directory}/${name}`;
  const configuration = file('nginx.conf');
  return {
    files: [{ path: configuration, text: configurationOf(site, file) }],
    // Without -e nginx opens the log file of the package before it has read the configuration.
    command: ['/usr/sbin/nginx', '-e', file('error.log'), '-p', site.directory, '-c', configuration],
    pidFile: file('nginx.pid'),
  };
}

function configurationOf(site: Site, file: (name: string) => string): string {
  // The directive is refused with a warning where nginx cannot change its user. Where it can, the worker stays who it
  // is, because the site's directory may be closed to everybody else and a user namespace may know nobody else.
  const user = process.geteuid?.() === 0 ? ['user root root;'] : [];
  const listen = site.listen.flatMap((port) => [
    `    listen 0.0.0.0:${port} backlog=4096;`,
    `    listen [::]:${port} ipv6only=on backlog=4096;`,
  ]);
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return [
    ...user,
    'daemon off;',
    'master_process on;',
    'worker_processes 1;',
    'worker_rlimit_nofile 4096;',
    `pid ${quote(file('nginx.pid'))};`,
    `error_log ${quote(file('error.log'))} notice;`,
    'events {',
    '  worker_connections 4096;',
    '}',
    'http {',
    `  access_log ${quote(file('access.log'))} combined buffer=32k flush=1s;`,
    ...temporary.map((name) => `  ${name}_temp_path ${quote(file(`${name}_temp`))};`),
    '  default_type text/plain;',
    '  server_tokens off;',
    '  keepalive_timeout 2s;',
    '  reset_timedout_connection on;',
    `  add_header X-Front ${quote(site.label)} always;`,
    '  upstream backends {',
    ...site.backends.map(({ address, port }) => `    server ${endpoint(address, port)};`),
    '    keepalive 32;',
    '  }',
    '  server {',
    ...listen,
    `    location = ${quote(site.healthPath)} {`,
    '      return 200 "ok\\n";',
    '    }',
    '    location / {',
    '      proxy_pass http://backends;',
    '      proxy_http_version 1.1;',
    '      proxy_set_header Connection "";',
    '      proxy_set_header Host $host;',
    '      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;',
    '      proxy_connect_timeout 1s;',
    '      proxy_read_timeout 10s;',
    '    }',
    '  }',
    '}',
    '',
  ].join('\n');
}

/** A word in nginx's quotes. `assertSite` has kept out quotes, backslashes and `$`, which nginx cannot escape. */
const quote = (word: string): string => `"${word}"`;
