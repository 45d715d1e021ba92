import type { ServiceStatus } from '../../../src/control/backends.ts';
import type { PairStatus, Status } from '../../../src/control/status.ts';
import { judgePair } from '../../../src/doctor/judge/pair.ts';
import type { Answer } from '../../../src/doctor/judge/pair.ts';
import { backendStatus, peerVip, serviceStatus, status, vipStatus } from '../../control/status.ts';
import type { Case } from './case.ts';

const AT = Date.parse('2026-01-02T04:06:08.000Z');

const heartbeat = (node: string, heard = true, paths = [{ path: 'eth1', heard }]): PairStatus => ({
  peers: [
    {
      ...{ node, heard, heardMs: 10, reach: 'well', agrees: true },
      paths: paths.map((path) => ({ ...path, heardMs: 10, hearsUsMs: 10 })),
    },
  ],
  paths: [],
});

const first = (more: Partial<Status> = {}): Status => ({
  ...status(),
  ...{ node: 'lb1', at: new Date(AT).toISOString(), vips: [vipStatus(), peerVip()] },
  ...{ pair: heartbeat('lb2'), warnings: [], services: [], proxy: null },
  ...more,
});

/** lb2 of the same pair. */
const second = (more: Partial<Status> = {}): Status => ({
  ...first(),
  ...{ node: 'lb2', pair: heartbeat('lb1') },
  vips: [vipStatus({ state: 'backup', reason: 'lb1 is active' }), peerVip({ state: 'active', reason: 'preempted' })],
  ...more,
});

const answer = (name: string, given: Status | undefined): Answer => ({
  ...{ name, place: `http://${name}:9650`, status: given, askedAt: AT - 10, answeredAt: AT + 10 },
  trouble: given === undefined ? 'ECONNREFUSED' : '',
});

const judged = (one: Status | undefined, other: Status | undefined) => () =>
  judgePair([answer('lb1', one), answer('lb2', other)]);

const config = (digest: string): Status['config'] => ({
  ...{ file: 'pair.yaml', loadedAt: '2026-01-02T03:00:00.000Z', error: null },
  digest,
});

const proxy = (state: 'well' | 'dead'): Status['proxy'] => ({
  ...{ profile: 'nginx', state, reason: 'it does not answer', since: '2026-01-02T03:00:00.000Z', pid: null },
  ...{ workers: [], notes: [], levels: [] },
});

const service = (state: 'up' | 'down', more: Partial<ServiceStatus> = {}): ServiceStatus => {
  const [up, down] = state === 'up' ? [1, 0] : [0, 1];
  const counts = { total: 1, up, down, unknown: 0, drain: 0, maint: 0 };
  return serviceStatus({ counts, backends: [backendStatus({ state, health: state })], ...more });
};

const backup = (reason: string) => vipStatus({ state: 'backup', holder: null, reason });

/** Two hosts that are held against each other. */
export const pairCases: readonly Case[] = [
  { says: 'a pair that is well', findings: judged(first(), second()), expected: [] },
  {
    says: 'two holders',
    findings: judged(first(), second({ vips: [vipStatus(), peerVip({ state: 'active' })] })),
    expected: [/^error VIP-TWICE \[web-1\/ipv4\] .*is held by lb1 and lb2 at once/],
  },
  {
    says: 'no holder',
    findings: judged(first({ vips: [backup('the proxy is dead')] }), second({ vips: [backup('isolated')] })),
    expected: [
      /^error VIP-NOWHERE .*is held by nobody: lb1 is backup \(the proxy is dead\); lb2 is backup \(isolated\)/,
    ],
  },
  {
    says: 'two of three hosts, of which the third holds the VIP',
    findings: judged(
      first({ vips: [vipStatus({ state: 'backup', holder: 'lb3', reason: 'lb3 is active' })] }),
      second({ vips: [vipStatus({ state: 'backup', holder: 'lb3', reason: 'lb3 is active' })] }),
    ),
    expected: [],
  },
  {
    says: 'a holder that says that it is none',
    findings: judged(
      first({ vips: [vipStatus({ state: 'backup', holder: 'lb2', reason: 'lb2 is active' })] }),
      second({ vips: [backup('the proxy is dead')] }),
    ),
    expected: [/^error VIP-NOWHERE .*is held by nobody: /],
  },
  {
    says: 'a host that does not answer and is not heard',
    findings: judged(
      first({ vips: [vipStatus(), peerVip({ state: 'active', holder: 'lb1' })], pair: heartbeat('lb2', false) }),
      undefined,
    ),
    expected: [
      /^error PEER-SILENT \[lb2\] .*\(ECONNREFUSED\); lb1 does not hear its heartbeat and sees it hold no VIP/,
    ],
  },
  {
    says: 'a host that does not answer and lives',
    findings: judged(first(), undefined),
    expected: [
      /^warning PEER-SILENT .*lb1 hears its heartbeat and sees it hold web-2\/ipv4 -> .*control: \{ listen \}/,
    ],
  },
  {
    says: 'nobody answers',
    findings: judged(undefined, undefined),
    expected: [/^error PEER-SILENT \[lb1\]/, /^error PEER-SILENT \[lb2\]/],
  },
  {
    says: 'a VIP that nobody holds who answers',
    findings: judged(first({ pair: null, vips: [backup('cut off')] }), undefined),
    expected: [/^error PEER-SILENT .*; lb1 sees it hold no VIP/, /^error VIP-NOWHERE .*by nobody that answers/],
  },
  {
    says: 'one host twice',
    findings: judged(first(), first()),
    expected: [/^error PEER-SAME \[lb1\] http:\/\/lb1:9650 and http:\/\/lb2:9650 both say that they are "lb1"/],
  },
  {
    says: 'a heartbeat that passes one way',
    findings: judged(first(), second({ pair: heartbeat('lb1', false) })),
    expected: [/^warning PEER-HEARTBEAT .*heartbeat eth1: lb1 hears lb2, and lb2 does not hear lb1/],
  },
  {
    says: 'one path that is cut, and no heartbeat at all',
    findings: () => {
      const paths = [
        { path: 'eth1', heard: true },
        { path: 'eth2', heard: false },
      ];
      const cut = judged(
        first({ pair: heartbeat('lb2', true, paths) }),
        second({ pair: heartbeat('lb1', true, paths) }),
      )();
      const deaf = judged(first({ pair: heartbeat('lb2', false) }), second({ pair: heartbeat('lb1', false) }))();
      return [...cut, ...deaf, ...judged(first(), second({ pair: null }))()];
    },
    expected: [
      /^warning PEER-HEARTBEAT .*eth2: nothing passes in either direction/,
      /^warning PEER-HEARTBEAT .*both live, and neither hears/,
      /^warning PEER-HEARTBEAT .*lb1 has a heartbeat in force and lb2 has none/,
    ],
  },
  {
    says: 'other configurations and versions',
    findings: judged(first({ config: config('0badcafe') }), second({ config: config('deadbeef'), version: '9.9.9' })),
    expected: [/^warning PEER-CONFIG .*lb1 has configuration 0badcafe/, /^warning PEER-VERSION .*lb2 9\.9\.9/],
  },
  {
    says: 'clocks that are apart',
    findings: judged(first(), second({ at: new Date(AT + 3000).toISOString() })),
    expected: [/^warning PEER-CLOCK .*the clock of lb2 is 3\.0 s ahead of that of lb1/],
  },
  {
    says: 'clocks that are hardly apart',
    findings: judged(first(), second({ at: new Date(AT + 1900).toISOString() })),
    expected: [],
  },
  {
    says: 'backends that only one host sees down',
    findings: judged(first({ services: [service('down')] }), second({ services: [service('up')] })),
    expected: [
      /^warning PEER-BACKENDS \[web\] .*192\.0\.2\.21:8080 is down for lb1 and well for lb2 -> see the way from lb1/,
    ],
  },
  {
    says: 'backends that have gone down just now, or for both',
    findings: () => {
      const young = service('down', { backends: [backendStatus({ state: 'down', sinceMs: 900 })] });
      const just = judged(first({ services: [young] }), second({ services: [service('up')] }))();
      return [...just, ...judged(first({ services: [service('down')] }), second({ services: [service('down')] }))()];
    },
    expected: [],
  },
  {
    says: 'services that have other backends',
    findings: judged(first({ services: [serviceStatus()] }), second({ services: [service('up')] })),
    expected: [/^warning PEER-BACKENDS .*service web: lb1 has 2 backends, lb2 1/],
  },
  {
    says: 'a proxy that is dead on one host, and on both',
    findings: () => [
      ...judged(first({ proxy: proxy('dead') }), second({ proxy: proxy('well') }))(),
      ...judged(first({ proxy: proxy('dead') }), second({ proxy: proxy('dead') }))(),
    ],
    expected: [/^warning PEER-PROXY \[lb1\]/, /^error PEER-PROXY \[lb1\]/, /^error PEER-PROXY \[lb2\]/],
  },
  {
    says: 'what a host warns of, unless it is said already',
    findings: () => {
      const since = '2026-01-02T03:00:00.000Z';
      const own = [
        { code: 'one-way-in' as const, text: 'eth0/ipv4: lb2 hears this host', since },
        { code: 'path-lost' as const, text: 'heartbeat eth1', since },
      ];
      return judged(first({ warnings: own, pair: heartbeat('lb2', false) }), second())();
    },
    expected: [
      /^warning PEER-HEARTBEAT/,
      /^warning PEER-WARNING \[lb1\] lb1: eth0\/ipv4: lb2 hears this host \(one-way-in\)/,
    ],
  },
];
