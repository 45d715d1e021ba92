import { chmodSync } from 'node:fs';
import type { KernelFacts } from '../../../src/doctor/facts/kernel.ts';
import { lookAtKey } from '../../../src/doctor/facts/key.ts';
import type { KeyFacts } from '../../../src/doctor/facts/key.ts';
import type { ProgramFacts } from '../../../src/doctor/facts/programs.ts';
import { readVrids } from '../../../src/doctor/facts/programs.ts';
import type { ProxyFacts } from '../../../src/doctor/facts/proxy.ts';
import type { StorageFacts } from '../../../src/doctor/facts/storage.ts';
import { readUnit } from '../../../src/doctor/facts/units.ts';
import type { Finding } from '../../../src/doctor/finding.ts';
import { judgeBackends } from '../../../src/doctor/judge/backends.ts';
import { judgeDaemon } from '../../../src/doctor/judge/daemon.ts';
import { judgeKernel } from '../../../src/doctor/judge/kernel.ts';
import { judgeKey } from '../../../src/doctor/judge/key.ts';
import { judgePrograms } from '../../../src/doctor/judge/programs.ts';
import { judgeProxy } from '../../../src/doctor/judge/proxy.ts';
import { judgeStorage } from '../../../src/doctor/judge/storage.ts';
import { judgeUnits } from '../../../src/doctor/judge/units.ts';
import type { BackendCounts, ServiceStatus } from '../../../src/control/backends.ts';
import type { Status } from '../../../src/control/status.ts';
import { VERSION } from '../../../src/control/version.ts';
import { OpError } from '../../../src/linux/operror.ts';
import { crossed } from '../../config/sample.ts';
import { backendStatus, serviceStatus, status, vipStatus } from '../../control/status.ts';
import type { Case } from './case.ts';
import { fileOf, lb1 } from './case.ts';

const managed = `${crossed.replace('nginx', 'nginx, mode: managed')}services:\n  web: { listen: [80], backends: ['192.0.2.21:80'] }\n`;

const beside = (facts: Partial<ProgramFacts>): Finding[] =>
  judgePrograms(lb1(), { ...{ speakers: [], managers: [], networkd: '' }, ...facts });

const programs: readonly Case[] = [
  { says: 'no other programs', findings: () => beside({}), expected: [] },
  {
    says: 'another VRRP program',
    findings: () => beside({ speakers: [{ pid: 7, comm: 'vrrpd', vrids: [] }] }),
    expected: [/^warning VRRP-PROGRAM \[vrrpd\] vrrpd runs here \(process 7\) -> run `systemctl disable --now vrrpd`/],
  },
  {
    says: 'another VRRP program with a VRID of ours',
    findings: () =>
      beside({
        speakers: [
          {
            pid: 7,
            comm: 'keepalived',
            vrids: readVrids('vrrp_instance a {\n  virtual_router_id 52\n # virtual_router_id 51\n}'),
          },
        ],
      }),
    expected: [/^error VRRP-PROGRAM .*with VRID 52 of this configuration/],
  },
  {
    says: 'network managers',
    findings: () => beside({ managers: ['NetworkManager', 'systemd-network', 'dhcpcd', 'connmand'] }),
    expected: [
      /^note NETWORK-MANAGER \[NetworkManager\]/,
      /^note NETWORK-MANAGER \[systemd-networkd\] .*KeepConfiguration=static/,
      /^note NETWORK-MANAGER \[dhcpcd\]/,
      /^note NETWORK-MANAGER \[connmand\]/,
    ],
  },
  {
    says: 'systemd-networkd that has been told',
    findings: () => beside({ managers: ['systemd-network'], networkd: '[Network]\nKeepConfiguration=static\n' }),
    expected: [],
  },
];

const installed = (facts: Partial<ProxyFacts>): Finding[] =>
  judgeProxy('HAProxy', {
    ...{ binary: '/usr/sbin/haproxy', isThere: true, unusable: undefined, refused: undefined },
    ...facts,
  });

const proxies: readonly Case[] = [
  { says: 'no proxy to look at', findings: () => judgeProxy('', undefined), expected: [] },
  { says: 'a proxy that is installed', findings: () => installed({}), expected: [] },
  {
    says: 'no proxy',
    findings: () => installed({ isThere: false }),
    expected: [/^error PROXY-MISSING \[HAProxy\] .*"\/usr\/sbin\/haproxy", is not on this host/],
  },
  {
    says: 'a proxy that is too old',
    findings: () => installed({ unusable: 'version 1.5 is too old' }),
    expected: [/^error PROXY-UNUSABLE .*version 1\.5 is too old/],
  },
  {
    says: 'a mistake in its configuration',
    findings: () => installed({ refused: '/etc/haproxy/haproxy.cfg:7: unknown keyword' }),
    expected: [/^error PROXY-REFUSED .*HAProxy refuses its own configuration: \/etc\/haproxy\/haproxy\.cfg:7/],
  },
];

const kernel = (facts: Partial<KernelFacts>, text?: string): Finding[] =>
  judgeKernel(lb1(text), {
    ...{ release: '6.1.0', pidfd: undefined, getfd: undefined, clocksource: 'tsc', isSynchronized: true },
    ...facts,
  });

const kernels: readonly Case[] = [
  { says: 'a kernel of today', findings: () => kernel({}), expected: [] },
  {
    says: 'an old kernel',
    findings: () => kernel({ release: '4.19', pidfd: 'ENOSYS', getfd: 'ENOSYS' }),
    expected: [/^warning KERNEL-FEATURE \[pidfd_open\] Linux 4\.19 .*Linux 5\.3 or newer/],
  },
  {
    says: 'a system call filter, and a managed proxy',
    findings: () => kernel({ getfd: 'EPERM' }, managed),
    expected: [/^warning KERNEL-FEATURE \[pidfd_getfd\] .*\(EPERM\).*system call filter/],
  },
  {
    says: 'a slow clock that nobody keeps',
    findings: () => kernel({ clocksource: 'hpet', isSynchronized: false }),
    expected: [/^warning CLOCK-SLOW .*hpet/, /^note CLOCK-UNSYNCED /],
  },
];

const GOOD =
  'LoadState=loaded\nUnitFileState=enabled\nAfter=network.target nginx.service\nRestart=always\nKillMode=process\n';

const units = (vipair: string, more: { proxy?: string; keepalived?: string; text?: string } = {}): Finding[] =>
  judgeUnits(lb1(more.text), {
    vipair: readUnit(vipair),
    proxy: { name: 'nginx.service', facts: readUnit(more.proxy ?? 'UnitFileState=enabled') },
    keepalived: more.keepalived === undefined ? undefined : readUnit(more.keepalived),
  });

const unitCases: readonly Case[] = [
  { says: 'the unit that comes with vipair', findings: () => units(GOOD), expected: [] },
  {
    says: 'a host without systemd',
    findings: () => judgeUnits(lb1(), { vipair: undefined, proxy: undefined, keepalived: undefined }),
    expected: [],
  },
  {
    says: 'a unit of somebody else',
    findings: () =>
      units('UnitFileState=disabled\nAfter=network.target\nRestart=no\nKillMode=control-group', { text: managed }),
    expected: [
      /^warning UNIT-ORDER .*not ordered after nginx\.service/,
      /^warning UNIT-RESTART .*Restart=no/,
      /^warning UNIT-KILL .*KillMode=control-group/,
      /^warning UNIT-DISABLED \[vipair\.service\]/,
    ],
  },
  {
    says: 'a proxy that does not start with the host, and a keepalived that does',
    findings: () => units(GOOD, { proxy: 'UnitFileState=disabled', keepalived: 'UnitFileState=enabled' }),
    expected: [/^warning UNIT-DISABLED \[nginx\.service\]/, /^warning VRRP-PROGRAM \[keepalived\.service\]/],
  },
];

const disk = (facts: Partial<StorageFacts>): Finding[] =>
  judgeStorage([
    {
      ...{ directory: '/var/lib/vipair', use: 'the state', refused: undefined, freeBytes: 1e9, freeFiles: 1e6 },
      ...facts,
    },
  ]);

const disks: readonly Case[] = [
  { says: 'a disk with room', findings: () => disk({}), expected: [] },
  {
    says: 'a directory that is read-only',
    findings: () => disk({ refused: 'EROFS' }),
    expected: [/^error STATE-UNWRITABLE \[\/var\/lib\/vipair\] .*\(EROFS\) -> mount the file system writable/],
  },
  { says: 'a full disk', findings: () => disk({ freeBytes: 4096 }), expected: [/^warning STATE-FULL .*4 KiB/] },
  { says: 'no inodes', findings: () => disk({ freeFiles: 3 }), expected: [/^warning STATE-FULL .*3 files/] },
];

const key = (facts: Partial<KeyFacts>): Finding[] =>
  judgeKey({ ...{ file: '/etc/vipair/pair.key', refused: undefined, mode: 0o600, bytes: 45 }, ...facts });

const keys: readonly Case[] = [
  { says: 'no heartbeat', findings: () => judgeKey(undefined), expected: [] },
  { says: 'a key that is right', findings: () => key({}), expected: [] },
  {
    says: 'no key',
    findings: () => key({ refused: 'ENOENT' }),
    expected: [/^error HEARTBEAT-KEY .*\(ENOENT\).*openssl rand/],
  },
  { says: 'a key for everybody', findings: () => key({ mode: 0o644 }), expected: [/mode 644.* -> run `chmod 600/] },
  {
    says: 'a key in a file that is something else',
    findings: () => key({ bytes: 9000 }),
    expected: [/more than 4096/],
  },
  {
    says: 'a short key with a long end, as the daemon reads it',
    findings: () => {
      const file = fileOf(`short${' '.repeat(20)}\n`);
      chmodSync(file, 0o600);
      const { config } = lb1(
        crossed.replace('interface:', `heartbeat: { key_file: ${file}, paths: [eth1] }\ninterface:`),
      );
      return judgeKey(lookAtKey({ config }));
    },
    expected: [/has 5 bytes, fewer than 16/],
  },
  { says: 'a short key', findings: () => key({ bytes: 7 }), expected: [/has 7 bytes, fewer than 16/] },
];

const reached = (...tried: readonly (string | undefined)[]): Finding[] =>
  judgeBackends([{ service: 'web', tried: tried.map((refused, at) => ({ backend: `192.0.2.2${at}:80`, refused })) }]);

const backends: readonly Case[] = [
  { says: 'one backend that can be reached', findings: () => reached('ECONNREFUSED', undefined), expected: [] },
  { says: 'a service without backends', findings: () => reached(), expected: [] },
  {
    says: 'no backend that can be reached',
    findings: () => reached('ECONNREFUSED', 'ETIMEDOUT'),
    expected: [
      /^warning BACKENDS-NONE \[web\] none of the 2 .*192\.0\.2\.20:80 ECONNREFUSED, 192\.0\.2\.21:80 ETIMEDOUT/,
    ],
  },
];

const admission = { ...{ file: '/f', name: undefined, socket: '/run/vipair/control.sock', state: '/s', profiles: {} } };

const running = (more: Partial<Status>): Finding[] =>
  judgeDaemon({ admission, silence: undefined, status: status({ version: VERSION, ...more }) });

const silent = (code: string): Finding[] =>
  judgeDaemon({ admission, status: undefined, silence: new OpError('reach the daemon', code) });

/** The status names some of many backends: the worst. */
const counted = (counts: Partial<BackendCounts>): ServiceStatus =>
  serviceStatus({
    counts: { ...{ total: 0, up: 0, down: 0, unknown: 0, drain: 0, maint: 0 }, ...counts },
    backends: [backendStatus({ state: counts.down === undefined ? 'unknown' : 'down' })],
  });

const daemons: readonly Case[] = [
  { says: 'a daemon that is well', findings: () => running({}), expected: [] },
  { says: 'no daemon', findings: () => silent('ENOENT'), expected: [/^note DAEMON-SILENT .*no daemon listens/] },
  { says: 'a daemon that hangs', findings: () => silent('ETIMEDOUT'), expected: [/^error DAEMON-SILENT .*ETIMEDOUT/] },
  {
    says: 'warnings of the daemon, but for those that are examined here',
    findings: () =>
      running({
        warnings: [
          { code: 'sysctl', text: 'a sysctl', since: '' },
          { code: 'notify', text: 'a receiver cannot be reached', since: '' },
          { code: 'vrrp-lost', text: 'lb2 lives, and no advertisement passes', since: '' },
        ],
      }),
    expected: [/^warning DAEMON-WARNING \[notify\]/, /^error DAEMON-WARNING \[vrrp-lost\]/],
  },
  {
    says: 'a host that has lowered itself',
    findings: () => running({ vips: [vipStatus({ state: 'backup', priority: 1, reason: 'the proxy is dead' })] }),
    expected: [/^warning DAEMON-LOWERED \[web-1\/ipv4\] .*priority 1 of 254: the proxy is dead/],
  },
  {
    says: 'a host at fault',
    findings: () => running({ vips: [vipStatus({ state: 'initialize', reason: 'no link' })] }),
    expected: [/^warning DAEMON-LOWERED .*at fault on this host: no link/],
  },
  { says: 'an update', findings: () => running({ version: '0.0.1' }), expected: [/^warning DAEMON-VERSION .*0\.0\.1/] },
  {
    says: 'a service without a backend',
    findings: () => running({ services: [counted({ total: 30, down: 28, maint: 2 })] }),
    expected: [/^warning BACKENDS-NONE \[web\] none of the 30 backends of web is up/],
  },
  {
    says: 'services that nobody checks, and of which the status names those only that are down',
    findings: () => running({ services: [counted({ total: 2, unknown: 2 }), counted({ total: 30, up: 9, down: 21 })] }),
    expected: [],
  },
];

/** What runs on the host. */
export const systemCases: readonly Case[] = [
  ...programs,
  ...proxies,
  ...kernels,
  ...unitCases,
  ...disks,
  ...keys,
  ...backends,
  ...daemons,
];
