import { describe, expect, it } from 'vitest';
import { findings } from '../../src/pair/finding.ts';
import type { Evidence, PeerEvidence, ReportEvidence, RouterEvidence } from '../../src/pair/evidence.ts';
import { MISTAKES, ODDITIES } from '../../src/pair/mistake.ts';
import { refusalNumber, refusalOf } from '../../src/pair/refusalnumber.ts';
import type { Refusal, Remark } from '../../src/vrrp/receive.ts';
import { addressOf } from '../../src/wire/address.ts';
import { instant, milliseconds } from '../../src/wire/units.ts';
import { LB2 } from './beat.ts';

const NOW = instant(100_000);
const fresh = instant(NOW - 100);
const old = instant(NOW - 20_000);
const vip = addressOf('192.0.2.101');
const mac = '02:00:00:00:00:0c';

/** web-1, which this host holds, in a pair in which all is well. */
const router = (more: Partial<RouterEvidence> = {}): RouterEvidence => ({
  key: 'web-1/ipv4',
  segment: 'eth0/ipv4',
  state: 'active',
  reason: 'preempted-lower-priority',
  since: old,
  interval: milliseconds(200),
  voices: [],
  refusals: [],
  remarks: [],
  contender: undefined,
  conflict: undefined,
  neighbors: [],
  standInAt: undefined,
  reports: [],
  ...more,
});

const report = (more: Partial<ReportEvidence> = {}): ReportEvidence => ({
  node: 'lb2',
  state: 'backup',
  listensFor: milliseconds(60_000),
  heardUs: milliseconds(100),
  refusesUs: undefined,
  agrees: true,
  ...more,
});

const peer = (more: Partial<PeerEvidence> = {}): PeerEvidence => ({
  node: 'lb2',
  isHeard: true,
  agrees: true,
  interval: milliseconds(200),
  paths: [{ path: 'eth1', interface: 'eth1', isHeard: true, hearsUs: milliseconds(100) }],
  ...more,
});

const of = (routers: readonly RouterEvidence[], more: Partial<Evidence> = {}) =>
  findings({ at: NOW, reach: 'well', routers, peers: [], paths: [], backends: [], ...more });

/** web-2, which lb2 holds, as a backup sees it whose only news is the heartbeat. */
const standing = (more: Partial<RouterEvidence> = {}): RouterEvidence =>
  router({
    key: 'web-2/ipv4',
    state: 'backup',
    standInAt: fresh,
    reports: [report({ state: 'active', heardUs: undefined })],
    ...more,
  });

it('nothing is the matter where all is well', () => {
  expect(of([router({ reports: [report()] })], { peers: [peer()] })).toEqual([]);
  expect(of([router()])).toEqual([]);
});

it('a host that reaches nobody says so', () => {
  expect(of([], { reach: 'none' })).toEqual([{ code: 'unreached' }]);
});

it('backends that the hosts see differently, or have different ones of, are two findings', () => {
  const counts = { own: { up: 1, total: 2 }, theirs: { up: 2, total: 2 } };
  const about = { node: 'lb2', service: 'web', ...counts };
  const here = ['192.0.2.21:8080'];
  expect(of([], { backends: [{ ...about, kind: 'seen', here, there: [] }] })).toEqual([
    { code: 'backends-seen-differently', ...about, here, there: [] },
  ]);
  expect(of([], { backends: [{ ...about, kind: 'known' }] })).toEqual([{ code: 'backends-differ', ...about }]);
});

describe('a mistake in one of two files', () => {
  it.each(Object.entries(MISTAKES).filter(([, code]) => code !== undefined))(
    'is told by what is refused: %s',
    (refusal, code) => {
      const seen = (at: typeof NOW) => router({ refusals: [{ refusal: refusal as Refusal, source: LB2, at }] });
      expect(of([seen(fresh)])).toEqual([{ code, router: 'web-1/ipv4', source: LB2, isTheirs: false }]);
      expect(of([seen(old)])).toEqual([]);
    },
  );

  it.each(Object.entries(ODDITIES))('is told by what is odd: %s', (remark, code) => {
    expect(of([router({ remarks: [{ remark: remark as Remark, source: LB2, at: fresh }] })])).toMatchObject([{ code }]);
  });

  it('is told by the peer where only it can know, and once where both do', () => {
    const refused = report({ refusesUs: 'auth-data', heardUs: undefined });
    expect(of([router({ reports: [refused] })])).toEqual([
      { code: 'password', router: 'web-1/ipv4', node: 'lb2', isTheirs: true },
    ]);
    const both = router({ reports: [refused], refusals: [{ refusal: 'auth-type', source: LB2, at: fresh }] });
    expect(of([both])).toMatchObject([{ code: 'password', isTheirs: false }]);
  });
});

describe('silence between living hosts', () => {
  const deaf = router({ reports: [report({ heardUs: undefined })] });

  it('is none at a start, when the heartbeat is the first to arrive', () => {
    expect(of([standing({ since: instant(NOW - 300), reports: [report({ state: 'active' })] })])).toEqual([]);
    expect(of([standing({ since: instant(NOW - 3000), reports: [report({ state: 'active' })] })])).toHaveLength(1);
  });

  it('in both directions is a cut', () => {
    expect(of([deaf, standing()])).toEqual([
      { code: 'vrrp-lost', segment: 'eth0/ipv4', node: 'lb2', routers: ['web-1/ipv4', 'web-2/ipv4'] },
    ]);
  });

  it('is a filter where the peer is heard on that very interface, or answers ARP there', () => {
    const near = peer({ paths: [{ path: 'eth0', interface: 'eth0', isHeard: true, hearsUs: milliseconds(1) }] });
    expect(of([deaf], { peers: [near] })).toMatchObject([{ code: 'vrrp-filtered' }]);
    const neighbors = [{ source: LB2, mac, at: fresh }];
    expect(of([router({ ...deaf, neighbors })])).toMatchObject([{ code: 'vrrp-filtered' }]);
  });

  it('is one way where the other direction is heard', () => {
    expect(of([router({ reports: [report()] }), standing()])).toMatchObject([
      { code: 'one-way-in', routers: ['web-2/ipv4'] },
    ]);
    const hears = router({ key: 'web-2/ipv4', state: 'backup', voices: [{ source: LB2, at: fresh }] });
    expect(of([deaf, hears])).toMatchObject([{ code: 'one-way-out', routers: ['web-1/ipv4'] }]);
  });

  it('is no finding while a take-over is young, while the peer has no interface, or refuses', () => {
    expect(of([router({ ...deaf, since: fresh })])).toEqual([]);
    expect(of([router({ reports: [report({ heardUs: undefined, state: 'initialize' })] })])).toEqual([]);
    const young = report({ heardUs: undefined, listensFor: milliseconds(1400) });
    expect(of([router({ reports: [young] })])).toEqual([]);
    expect(of([router({ reports: [report({ heardUs: undefined, refusesUs: 'version-mismatch' })] })])).toMatchObject([
      { code: 'version' },
    ]);
  });
});

describe('silence, as time goes on', () => {
  const ago = (ms: number) => instant(NOW - ms);
  /** web-1, which this host holds and lb2 has heard so long ago, and web-2 the other way round. */
  const crossed = (heardUs: number, voice: number, more: Partial<RouterEvidence> = {}): RouterEvidence[] => [
    router({ reports: [report({ heardUs: milliseconds(heardUs) })], ...more }),
    standing({
      standInAt: voice > 200 ? ago(50) : undefined,
      voices: [{ source: LB2, at: ago(voice) }],
      reports: [report({ state: 'active', heardUs: undefined })],
    }),
  ];
  const codes = (routers: readonly RouterEvidence[]): string =>
    of(routers)
      .map(({ code }) => code)
      .join(' ');

  it.each([
    ['all is well', 150, 180, ''],
    ['a few that are lost or late are nothing', 900, 900, ''],
    ['one direction alone, from 1.5 s on', 100, 1499, ''],
    ['one direction alone, from 1.5 s on', 100, 1501, 'one-way-in'],
    ['one direction alone, from 1.5 s on', 1501, 100, 'one-way-out'],
    ['both, which fell silent one after the other', 1600, 1400, ''],
    ['both, which fell silent one after the other', 1400, 1600, ''],
    ['both', 1600, 1600, 'vrrp-lost'],
    ['both, for long', 60_000, 60_000, 'vrrp-lost'],
  ])('%s: %d and %d ms', (_, heardUs, voice, wanted) => {
    expect(codes(crossed(heardUs, voice))).toBe(wanted);
  });

  it('takes longer where a backup waits longer', () => {
    const slow = { interval: milliseconds(1000) };
    const [one, two] = crossed(3400, 100);
    expect(
      codes([
        { ...one!, ...slow },
        { ...two!, ...slow },
      ]),
    ).toBe('');
    const [late, other] = crossed(3600, 100);
    expect(
      codes([
        { ...late!, ...slow },
        { ...other!, ...slow },
      ]),
    ).toBe('one-way-out');
  });

  it('is no filter because of an answer by ARP from before', () => {
    const answered = (ms: number) => crossed(2000, 2000, { neighbors: [{ source: LB2, mac, at: ago(ms) }] });
    expect(codes(answered(1900))).toContain('vrrp-lost');
    expect(codes(answered(1000))).toContain('vrrp-filtered');
  });

  it('of a host that answered ARP only before is that of a dead one', () => {
    const silent = (voice: number, answer: number) =>
      codes([
        router({
          reason: 'active-router-silent',
          voices: [{ source: LB2, at: ago(voice) }],
          neighbors: [{ source: LB2, mac, at: ago(answer) }],
        }),
      ]);
    expect(silent(2000, 1900)).toBe('');
    expect(silent(2000, 400)).toBe('silent-neighbor');
  });
});

describe('without a heartbeat', () => {
  it('a lesser router that goes on and on does not hear us', () => {
    const contender = (count: number) => router({ contender: { source: LB2, at: fresh, count } });
    expect(of([contender(3)])).toMatchObject([{ code: 'one-way-out', source: LB2 }]);
    expect(of([contender(2)])).toEqual([]);
  });

  it('a host that fell silent and answers ARP is there', () => {
    const neighbors = [{ source: LB2, mac, at: fresh }];
    const voices = [{ source: LB2, at: old }];
    const silent = { reason: 'active-router-silent', voices } as const;
    expect(of([router({ ...silent, neighbors })])).toMatchObject([{ code: 'silent-neighbor', source: LB2 }]);
    expect(of([router({ ...silent, reason: 'active-router-resigned', neighbors })])).toEqual([]);
    expect(of([router({ ...silent, neighbors: [{ source: LB2, mac, at: old }] })])).toEqual([]);
  });

  it('a backup that has the address by accident, and is heard for another VIP, is not silent', () => {
    const neighbors = [{ source: LB2, mac, at: fresh }];
    const contested = router({ conflict: { address: vip, mac, at: fresh }, neighbors });
    const heard = router({ key: 'web-2/ipv4', state: 'backup', voices: [{ source: LB2, at: fresh }] });
    expect(of([contested, heard])).toMatchObject([{ code: 'address-conflict', source: LB2 }]);
  });

  it('a second holder that spoke since, when the hosts heard each other again, is a backup and as silent as that', () => {
    const neighbors = [{ source: LB2, mac, at: fresh }];
    const seen = (conflictAt: number, spokeAt: number) =>
      of([
        router({
          conflict: { address: vip, mac, at: instant(NOW - conflictAt) },
          voices: [{ source: LB2, at: instant(NOW - spokeAt) }],
          neighbors,
        }),
      ]).map(({ code }) => code);
    expect(seen(2600, 2500)).toEqual(['address-conflict']);
    expect(seen(2400, 2500)).toEqual(['address-conflict']);
    expect(seen(800, 2500)).toEqual(['address-conflict', 'silent-neighbor']);
  });

  it('a third host that answers, and never spoke, is a backup', () => {
    const [lb3, voices] = [addressOf('192.0.2.13'), [{ source: LB2, at: old }]];
    const neighbors = [{ source: lb3, mac, at: fresh }];
    expect(of([router({ reason: 'active-router-silent', voices, neighbors })])).toEqual([]);
  });

  it('a second holder is named, by its node where ARP tells whose it is', () => {
    const conflict = { address: vip, mac, at: fresh };
    expect(of([router({ conflict })])).toEqual([
      { code: 'address-conflict', router: 'web-1/ipv4', address: vip, mac, source: undefined },
    ]);
    const neighbors = [{ source: LB2, mac, at: fresh }];
    expect(of([router({ conflict, neighbors })]).map(({ code }) => code)).toEqual([
      'address-conflict',
      'silent-neighbor',
    ]);
    expect(of([router({ conflict: { ...conflict, at: old } })])).toEqual([]);
    expect(of([router({ conflict, state: 'backup' })])).toEqual([]);
  });
});

describe('a heartbeat', () => {
  const path = (more: object) => ({
    path: 'eth1',
    interface: 'eth1',
    isHeard: true,
    hearsUs: milliseconds(1),
    ...more,
  });

  it('that is heard on one path only, one way only, or not at all', () => {
    const paths = [path({}), path({ path: 'eth2', isHeard: false })];
    expect(of([], { peers: [peer({ paths })] })).toEqual([{ code: 'path-lost', node: 'lb2', path: 'eth2' }]);
    expect(of([], { peers: [peer({ paths: [path({ hearsUs: undefined })] })] })).toMatchObject([
      { code: 'path-one-way' },
    ]);
    expect(of([], { peers: [peer({ isHeard: false, paths })] })).toEqual([{ code: 'peer-lost', node: 'lb2' }]);
  });

  it('that tells of another configuration, and where', () => {
    const differs = router({ reports: [report({ agrees: false })] });
    expect(of([differs], { peers: [peer({ agrees: false })] })).toEqual([
      { code: 'config-drift', node: 'lb2', routers: ['web-1/ipv4'] },
    ]);
  });

  it('with another key, of a namesake, or on a path that cannot be used', () => {
    const sighting = { source: LB2, at: fresh };
    const paths = [{ path: 'eth1', trouble: 'ENODEV', forged: sighting, namesake: sighting }];
    expect(of([], { paths }).map(({ code }) => code)).toEqual(['path-unusable', 'path-key', 'namesake']);
    const calm = [{ path: 'eth1', trouble: undefined, forged: { ...sighting, at: old }, namesake: undefined }];
    expect(of([], { paths: calm })).toEqual([]);
  });
});

it('refusals have numbers on the wire, each its own', () => {
  const all = Object.keys(MISTAKES) as Refusal[];
  expect(all.map((refusal) => refusalOf(refusalNumber(refusal)))).toEqual(all);
  expect(refusalOf(200)).toBeUndefined();
});
