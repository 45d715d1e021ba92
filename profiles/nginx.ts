import type { ProcessInfo } from '../src/proxy/process.ts';
import type { Profile, Role, Site, Standalone } from '../src/proxy/profile.ts';
import { features, inspection } from './nginx/features.ts';
import { read } from './nginx/read.ts';
import { refuse } from './nginx/refuse.ts';
import { render } from './nginx/render.ts';
import { steering } from './nginx/steering.ts';
import { assertSite, modelOf, optionsOf } from './site.ts';

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
  inspection,
  features,
  refuse,
  render,
  // The open source nginx learns of a dead server by failing with it; it asks none.
  checksItself: () => false,
  read,
  steering,
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
  const pidFile = file('nginx.pid');
  const files = render(modelOf(site), optionsOf(site, pidFile, floor));
  return {
    files,
    // Without -e nginx opens the log file of the package before it has read the configuration.
    command: ['/usr/sbin/nginx', '-e', file('error.log'), '-p', site.directory, '-c', files[0]?.path ?? ''],
    pidFile,
  };
}

/** The oldest nginx that is supported, with the modules of Debian's. */
const floor = features('nginx version: nginx/1.22.1\n');
