import { beforeEach, describe, expect, it } from 'vitest';
import type { ToEngine } from '../../src/engine/messages.ts';
import { doubtOf } from '../../src/manager/host/quorums.ts';
import { Views } from '../../src/manager/views.ts';
import { setOf } from '../../src/pair/backendview.ts';
import type { BackendView } from '../../src/pair/backendview.ts';
import type { PeerHealth } from '../../src/track/sickness.ts';
import { instant } from '../../src/wire/units.ts';
import { configOf } from './configured.ts';

const HEARTBEAT = 'heartbeat: [eth1]\n';

const config = (heartbeat = HEARTBEAT, interval = '2s') =>
  configOf(`nodes: { lb1: { address: 192.0.2.11 }, lb2: { address: 192.0.2.12 } }
interface: eth0
${heartbeat}track: { backends: { weight: 20, services: [web] } }
vips: { web-1: { vrid: 51, address: 192.0.2.101/24, prefer: [lb1, lb2] } }
services:
  free: { listen: [82], backends: [192.0.2.29:80] }
  api: { listen: [81], check: { type: tcp }, backends: [192.0.2.29:80] }
  web: { listen: [80], check: { type: tcp, interval: ${interval}, jitter: 0ms }, backends: [192.0.2.21:80, 192.0.2.22:80] }
`);

const ids = ['192.0.2.21:80', '192.0.2.22:80'];
const [first = ''] = ids;

const view = (service: string, down: readonly string[] = []): BackendView => ({
  ...{ service, ids, down, set: setOf(ids), unknown: 0, total: 2, up: 2 - down.length },
});

let sent: ToEngine[];
let heard: readonly PeerHealth[];
let views: Views;

beforeEach(() => {
  [sent, heard] = [[], []];
  views = new Views({ send: (message) => sent.push(message), onPeers: (peers) => (heard = peers) });
});

/** What another host's manager would make of the newest words of this one. */
const asTold = (): readonly PeerHealth[] => {
  const message = sent.at(-1);
  views.notePeers(message?.type === 'words' ? [{ node: 'lb2', words: message.words }] : []);
  return heard;
};

describe('what the hosts tell each other of the backends', () => {
  it('is told when it changes, of the services that are checked, those first that a VIP depends on', () => {
    views.noteOwn([view('free'), view('api'), view('web', [first])]);
    expect(sent).toEqual([]);
    views.follow(config());
    expect(asTold()).toEqual([
      {
        node: 'lb2',
        services: [
          { service: 'web', up: 1, unknown: 0, total: 2 },
          { service: 'api', up: 2, unknown: 0, total: 2 },
        ],
      },
    ]);
    views.noteOwn([view('free', ids), view('api'), view('web', [first])]);
    expect(sent).toHaveLength(1);
    views.noteOwn([view('api'), view('web')]);
    expect(sent).toHaveLength(2);
  });

  it('is told again to an engine that may be another, and not at all without a heartbeat', () => {
    views.noteOwn([view('web')]);
    views.follow(config());
    views.follow(config());
    expect(sent).toHaveLength(2);
    views.follow(config(''));
    expect(sent).toHaveLength(2);
  });

  it('is nothing when nobody understands it', () => {
    views.follow(config());
    views.notePeers([{ node: 'lb2', words: 'Ag==' }]);
    expect(heard).toEqual([]);
  });

  it('is held against what this host sees, and told when it lasts longer than a round of checks', () => {
    views.follow(config());
    views.noteOwn([view('web')]);
    asTold();
    views.noteOwn([view('web', [first])]);
    expect(views.differences(instant(0))).toEqual([]);
    expect(views.differences(instant(2400))).toEqual([]);
    expect(views.differences(instant(2500))).toMatchObject([
      { kind: 'seen', node: 'lb2', service: 'web', here: [first] },
    ]);
    asTold();
    expect(views.differences(instant(2600))).toEqual([]);
  });
});

it.each([
  ['2s', 2500],
  ['100ms', 600],
  ['60s', 10_000],
])('two hosts that check every %s may be %d ms apart', (interval, doubt) => {
  expect(doubtOf(config(HEARTBEAT, interval), ['web'])).toBe(doubt);
});
