import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { profiles } from '../../profiles/registry.ts';
import type { Features } from '../../src/proxy/features.ts';
import type { FrontModel } from '../../src/proxy/model.ts';
import type { Profile } from '../../src/proxy/profile.ts';
import type { RenderedFile, RenderOptions } from '../../src/proxy/rendering.ts';

/** Where Debian installs the programs. */
const binaries: Readonly<Record<string, string>> = { haproxy: '/usr/sbin/haproxy', nginx: '/usr/sbin/nginx' };

/** What Debian 12's programs say of themselves, so that golden files do not depend on what is installed. */
export const debian: Readonly<Record<string, string>> = {
  nginx: [
    'nginx version: nginx/1.22.1',
    'configure arguments: --modules-path=/usr/lib/nginx/modules --with-http_ssl_module --with-stream_ssl_module --with-stream=dynamic',
    '/usr/lib/nginx/modules/ngx_stream_module.so',
  ].join('\n'),
  haproxy: 'HAProxy version 2.6.12-1+deb12u4 2026/10/17 - https://haproxy.org/\nFeature list : +OPENSSL -WURFL\n',
};

export function profileOf(name: string): Profile {
  const profile = profiles[name];
  if (profile === undefined) throw new Error(`No profile "${name}"`);
  return profile;
}

export const featuresOf = (name: string): Features => profileOf(name).features(debian[name] ?? '');

/** Options for a directory, as complete as they can be. */
export const optionsFor = (name: string, directory: string, mode: RenderOptions['mode']): RenderOptions => ({
  ...{ label: 'lb1', directory, mode, frontends: true, listeners: 'bind', include: [], features: featuresOf(name) },
  statsSocket: `${directory}/stats.sock`,
  pidFile: `${directory}/${name}.pid`,
});

/** Why the real program cannot be asked here; `undefined` when it can. It needs no privilege but a temporary directory. */
export function whyNot(name: string): string | undefined {
  const binary = binaries[name] ?? '';
  if (!existsSync(binary)) return `${binary} is not installed`;
  const [command = '', ...rest] = profileOf(name).inspection(binary);
  const { stdout, stderr } = spawnSync(command, rest, { encoding: 'utf8' });
  const features = profileOf(name).features(stdout + stderr);
  if (features.unusable !== undefined) return features.unusable;
  const isWithoutStreams = name === 'nginx' && features.abilities['stream'] !== debian['nginx']?.split('\n').at(-1);
  return isWithoutStreams ? 'Debian’s libnginx-mod-stream is not installed' : undefined;
}

/** What the real program says to the files of a model; empty when it takes them without a warning. */
export function complaints(name: string, model: FrontModel, change: Partial<RenderOptions>): string {
  const directory = mkdtempSync(join(tmpdir(), 'vipair-render-'));
  try {
    const options = { ...optionsFor(name, directory, change.mode ?? 'whole'), ...change };
    const files = profileOf(name).render(model, options);
    for (const { path, text } of files) writeFileSync(path, text);
    const main = files[0]?.kind === 'main' ? files[0].path : wrap(name, directory, files, options);
    mkdirSync(join(directory, 'logs'));
    const check = name === 'nginx' ? ['-t', '-q', '-e', 'stderr', '-p', directory, '-c', main] : ['-c', '-f', main];
    const extra = name === 'haproxy' && options.mode === 'include' ? ['-f', files[0]?.path ?? ''] : [];
    const { status, stdout, stderr } = spawnSync(binaries[name] ?? '', [...check, ...extra], { encoding: 'utf8' });
    const said = `${stdout}${stderr}`.replaceAll(directory, '');
    return status === 0 ? warnings(said) : `${status}: ${said}`;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** What is expected of a start: notices, and HAProxy's account of the states that it has just read. */
const expected =
  /^\[NOTICE\]|changed from server-state|remains in forced drain mode|^Configuration file is valid|^Warnings were found/;

const warnings = (said: string): string =>
  said
    .split('\n')
    .filter((line) => line !== '' && !expected.test(line))
    .join('\n');

/** A configuration as somebody else would write it, which takes the rendered parts in. */
function wrap(name: string, directory: string, files: readonly RenderedFile[], options: RenderOptions): string {
  const path = join(directory, 'theirs.conf');
  const [first = '', second = ''] = files.map((file) => file.path);
  const theirs =
    name === 'haproxy'
      ? 'global\n  log stdout format raw daemon\nfrontend theirs\n  bind 127.0.0.1:28179\n  timeout client 1s\n'
      : [
          `load_module ${options.features.abilities['stream']};`,
          `pid ${options.pidFile};`,
          'events {}',
          `http { access_log off; include ${first}; }`,
          `stream { include ${second}; }`,
          '',
        ].join('\n');
  writeFileSync(path, theirs);
  return path;
}
