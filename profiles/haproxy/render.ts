import assert from 'node:assert/strict';
import type { FrontModel } from '../../src/proxy/model.ts';
import type { RenderedFile, RenderOptions } from '../../src/proxy/rendering.ts';
import { assertOptions } from '../site.ts';
import { backend, RING } from './backend.ts';
import { frontends } from './frontend.ts';
import { refuse } from './refuse.ts';
import { hasNames } from './server.ts';
import { backendId, stateText } from './state.ts';
import { section } from './word.ts';

/**
 * A model as HAProxy's files: a whole configuration with its state file, or sections that somebody else's configuration
 * is started with (`-f haproxy.cfg -f vipair.cfg`). HAProxy has no include, so the user's own files are further `-f`
 * arguments behind ours.
 */
export function render(model: FrontModel, options: RenderOptions): readonly RenderedFile[] {
  assertOptions(options);
  const refusals = refuse(model, options.features);
  assert.equal(refusals.length, 0, `${refusals[0]?.path}: ${refusals[0]?.reason}`);
  const file = (name: string): string => `${options.directory}/${name}`;
  const isWhole = options.mode === 'whole';
  const state = file('servers.state');
  const parts = [
    ...(isWhole ? global(options, state) : []),
    ...ring,
    ...(model.services.some((service) => hasNames(service)) ? resolvers : []),
    ...(isWhole || options.frontends === true ? frontends(model, options) : []),
    ...model.services.flatMap((service, index) => backend(service, backendId(index), state, isWhole)),
  ];
  // Between sections, not behind the last one.
  const text = `${parts.slice(0, -1).join('\n')}\n`;
  return [
    isWhole ? { path: file('haproxy.cfg'), text, kind: 'main' } : { path: file('vipair.cfg'), text, kind: 'part' },
    { path: state, text: stateText(model, isWhole), kind: 'state' },
  ];
}

function global({ statsSocket, user, workers, connections = 4096 }: RenderOptions, state: string): string[] {
  return section('global', [
    'master-worker',
    `maxconn ${connections}`,
    ...(workers === undefined ? [] : [`nbthread ${workers}`]),
    ...(user === undefined ? [] : [`user ${user.user}`, `group ${user.group}`]),
    'log stdout format raw daemon info',
    ...(statsSocket === undefined
      ? []
      : [`stats socket ${statsSocket} mode 600 level admin expose-fd listeners`, 'stats timeout 1h']),
    `server-state-file ${state}`,
    // Checks that started together do not stay together.
    'spread-checks 5',
  ]);
}

const ring: readonly string[] = section(`ring ${RING}`, ['format timed', 'maxlen 1024', 'size 262144']);

const resolvers: readonly string[] = section('resolvers vipair', ['parse-resolv-conf', 'hold valid 10s']);
