import { expect, it } from 'vitest';
import type { ServiceHealth } from '../../src/track/quorum.ts';
import { Quorums } from '../../src/manager/host/quorums.ts';
import { virtualClock } from '../backends/clock.ts';
import { configOf } from './configured.ts';

const config =
  configOf(`nodes: { lb1: { address: 192.0.2.11 }, lb2: { address: 192.0.2.12 }, lb3: { address: 192.0.2.13 } }
interface: eth0
track: { backends: { weight: 20 } }
vips:
  web-1: { vrid: 51, address: 192.0.2.101/24, prefer: [lb1, lb2] }
  web-2: { vrid: 52, address: 192.0.2.102/24, prefer: [lb3, lb1] }
services: { web: { listen: [80], check: { type: tcp, interval: 1s, jitter: 0ms }, backends: [192.0.2.21:80] } }
`);

const web = (up: number): ServiceHealth => ({ service: 'web', up, unknown: 0, total: 1 });

it('asks those that may hold the VIP, and judges again when a doubt ends', () => {
  const clock = virtualClock();
  const turns: string[] = [];
  const quorums = new Quorums({
    clock,
    onTurn: (all) => turns.push(...all.map(({ name, state }) => `${name} ${state}`)),
  });
  quorums.follow(config, 'lb1');
  quorums.notePeers([
    { node: 'lb1', services: [web(1)] },
    { node: 'lb2', services: [web(1)] },
  ]);
  quorums.noteHealth([web(0)]);
  // Nobody else may hold web-2 who says anything.
  expect(turns.splice(0)).toEqual(['backends@web-1 well', 'backends@web-2 dead']);
  clock.advance(1499);
  expect(turns.splice(0)).toEqual([]);
  clock.advance(1);
  expect(turns.splice(0)).toEqual(['backends@web-1 dead']);
  clock.advance(60_000);
  expect(turns).toEqual([]);
  expect(quorums.observed().map(({ state }) => state)).toEqual(['dead', 'dead']);
  quorums.noteHealth([web(1)]);
  expect(turns.splice(0)).toEqual(['backends@web-1 well', 'backends@web-2 well']);
  quorums.noteHealth([web(0)]);
  quorums.notePeers([{ node: 'lb2', services: [web(0)] }]);
  expect(turns).toEqual(['backends@web-1 well', 'backends@web-2 dead', 'backends@web-1 well']);
  quorums.close();
  clock.advance(60_000);
  expect(quorums.observed()[0]).toMatchObject({ state: 'well' });
});
