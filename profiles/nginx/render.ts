import assert from 'node:assert/strict';
import type { FrontModel } from '../../src/proxy/model.ts';
import type { RenderedFile, RenderOptions } from '../../src/proxy/rendering.ts';
import { assertOptions } from '../site.ts';
import { http } from './http.ts';
import { refuse } from './refuse.ts';
import { stream } from './stream.ts';
import { block, word } from './word.ts';

/**
 * A model as nginx's files: one whole configuration, or what somebody else's configuration includes, one file for its
 * `http { }` and one for its `stream { }`, both of which are always there so that an include never fails.
 */
export function render(model: FrontModel, options: RenderOptions): readonly RenderedFile[] {
  assertOptions(options);
  const refusals = refuse(model, options.features);
  assert.equal(refusals.length, 0, `${refusals[0]?.path}: ${refusals[0]?.reason}`);
  const file = (name: string): string => `${options.directory}/${name}`;
  if (options.mode === 'whole')
    return [{ path: file('nginx.conf'), text: textOf(whole(model, options)), kind: 'main' }];
  const frontends = options.frontends ?? false;
  return [
    { path: file('vipair-http.conf'), text: textOf(http(model, options, frontends)), kind: 'part' },
    { path: file('vipair-stream.conf'), text: textOf(stream(model, options, frontends)), kind: 'part' },
  ];
}

const textOf = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('');

function whole(model: FrontModel, options: RenderOptions): string[] {
  const { directory, features, user, connections = 4096 } = options;
  const file = (name: string): string => word(`${directory}/${name}`);
  const log = (name: string): string => word(`${options.logs ?? directory}/${name}`);
  const module = features.abilities['stream'] ?? '';
  const streams = stream(model, options, true);
  return [
    ...(streams.length > 0 && module !== '' ? [`load_module ${word(module)};`] : []),
    ...(user === undefined ? [] : [`user ${word(user.user)} ${word(user.group)};`]),
    'daemon off;',
    'master_process on;',
    `worker_processes ${options.workers ?? 'auto'};`,
    `worker_rlimit_nofile ${connections};`,
    `pid ${word(options.pidFile)};`,
    `error_log ${log('error.log')} notice;`,
    ...block('events', [`worker_connections ${connections};`]),
    ...block('http', [
      `access_log ${log('access.log')} combined buffer=32k flush=1s;`,
      ...['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
        (name) => `${name}_temp_path ${file(`${name}_temp`)};`,
      ),
      'server_tokens off;',
      'reset_timedout_connection on;',
      ...http(model, options, true),
      ...options.include.map((path) => `include ${word(path)};`),
    ]),
    ...(streams.length > 0 ? block('stream', streams) : []),
  ];
}
