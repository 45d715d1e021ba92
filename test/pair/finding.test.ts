import { describe, expect, it } from 'vitest';
import { findings } from '../../src/pair/finding.ts';
import type { Evidence, PeerEvidence, ReportEvidence, RouterEvidence } from '../../src/pair/finding.ts';
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
  heardUs: milliseconds(100),
  refusesUs: undefined,
  agrees: true,
  ...more,
});

const peer = (more: Partial<PeerEvidence> = {}): PeerEvidence => ({
  node: 'lb2',
  isHeard: true,
  agrees: true,
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

  it('is none at a start, when the heartbeat is the first to arrive, nor after one lost packet', () => {
    expect(of([standing({ since: instant(NOW - 300) })])).toEqual([]);
    const heard = (ago: number) => [{ source: LB2, at: instant(NOW - ago) }];
    expect(of([standing({ voices: heard(50) })])).toEqual([]);
    expect(of([standing({ voices: heard(500) })])).toEqual([]);
    expect(of([standing({ voices: heard(1700) })])).toHaveLength(1);
  });

  it('in both directions is a cut from the first moment on', () => {
    const codes = new Set<string>();
    for (let ago = 0; ago < 4000; ago += 50) {
      const heard = [{ source: LB2, at: instant(NOW - ago) }];
      // What the peer says is up to two intervals old.
      const said = milliseconds(Math.max(0, ago - 400));
      const own = router({ reports: [report({ heardUs: said })] });
      const theirs = standing({ voices: heard, reports: [report({ state: 'active', heardUs: said })] });
      // It may have answered ARP right after its last advertisement, and an advertisement of ours may be the last to pass.
      const neighbors = [{ source: LB2, mac, at: instant(NOW - ago + 150) }];
      for (const { code } of of([own, { ...theirs, neighbors }])) codes.add(code);
    }
    expect([...codes]).toEqual(['vrrp-lost']);
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
    expect(of([router({ reports: [report({ heardUs: undefined, refusesUs: 'version-mismatch' })] })])).toMatchObject([
      { code: 'version' },
    ]);
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
    expect(of([router({ reason: 'active-router-silent', neighbors })])).toMatchObject([
      { code: 'silent-neighbor', source: LB2 },
    ]);
    expect(of([router({ reason: 'active-router-resigned', neighbors })])).toEqual([]);
    expect(of([router({ reason: 'active-router-silent', neighbors: [{ source: LB2, mac, at: old }] })])).toEqual([]);
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
