import { describe, expect, it } from 'vitest';
import { statusTrouble } from '../../src/control/statusshape.ts';
import { backendStatus, serviceStatus, status, vipStatus } from './status.ts';

const peers = (peer: unknown): unknown => ({ ...status(), pair: { peers: [peer], paths: [] } });

describe('what a host answers', () => {
  it.each([
    ['a status', status()],
    [
      'one with everything',
      { ...status(), services: [serviceStatus({ backends: [backendStatus({ sinceMs: null })] })] },
    ],
    ['one with a heartbeat', peers({ node: 'lb2', heard: true, paths: [{ path: 'eth1', heard: false }] })],
    ['one with more members', { ...status(), novelty: 1, vips: [{ ...vipStatus({ holder: null }), novelty: 1 }] }],
  ])('is taken when it is %s', (_says, value) => expect(statusTrouble(value)).toBeUndefined());

  it.each([
    ['null', null],
    ['a list', []],
    ['something else', { node: 'x' }],
    ['without a node', { ...status(), node: undefined }],
  ])('is of no vipair when it is %s', (_says, value) => expect(statusTrouble(value)).toMatch(/is no vipair$/));

  it.each([
    ['config', { node: 'x', version: '0.0.1', at: '', vips: [] }],
    ['vips', { ...status(), vips: [null] }],
    ['vips', { ...status(), vips: [vipStatus(), { vip: 'web-1' }] }],
    ['config', { ...status(), config: null }],
    ['proxy', { ...status(), proxy: undefined }],
    ['proxy', { ...status(), proxy: 'well' }],
    ['pair', peers({ node: 'lb2', heard: true })],
    ['pair', peers(null)],
    ['services', { ...status(), services: undefined }],
    ['services', { ...status(), services: [{ ...serviceStatus(), counts: undefined }] }],
    ['services', { ...status(), services: [{ ...serviceStatus(), backends: [null] }] }],
    ['warnings', { ...status(), warnings: {} }],
  ])('is of another version where its "%s" is odd', (name, value) => {
    expect(statusTrouble(value)).toMatch(new RegExp(`^"${name}" of its status .*version .*install the same version`));
  });

  it('may say no version at all', () => {
    expect(statusTrouble({ node: 'x', vips: [] })).toMatch(/^"version" of its status .*it says no version/);
  });
});
