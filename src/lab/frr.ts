import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import type { Milliseconds } from '../wire/units.ts';
import { milliseconds } from '../wire/units.ts';
import { failure } from './failure.ts';
import type { Host } from './host.ts';
import type { LabProcess } from './process.ts';
import { must } from './run.ts';
import { until } from './until.ts';

/** One virtual router of FRR's vrrpd. */
export interface FrrOptions {
  readonly vrid: number;
  readonly version: 2 | 3;
  /** 1 to 254. */
  readonly priority: number;
  /** Steps of 10 ms; whole seconds in version 2. 1 s by default. */
  readonly interval?: Milliseconds;
  /** Without prefix length, of either family; each family is a virtual router of its own. */
  readonly addresses: readonly string[];
  readonly preempt?: boolean;
}

/** FRR's words for RFC 9568's initialize, backup and active. */
export type FrrState = 'Initialize' | 'Backup' | 'Master';

/** Where Debian's package puts the daemons. */
const programs = '/usr/lib/frr';

const families = [
  { name: 'v4', isOf: (address: string): boolean => !address.includes(':'), mac: '01', prefix: 24 },
  { name: 'v6', isOf: (address: string): boolean => address.includes(':'), mac: '02', prefix: 64 },
] as const;

/** zebra and vrrpd on a host. Which address it answers for is told by `state`: vrrpd never removes one, it stops the
 * macvlan interface that carries it. */
export class Frr {
  readonly host: Host;
  readonly #processes: readonly LabProcess[];
  readonly #macvlans: readonly string[];

  constructor(host: Host, processes: readonly LabProcess[], macvlans: readonly string[]) {
    this.host = host;
    this.#processes = processes;
    this.#macvlans = macvlans;
  }

  /** The state of the virtual router of a family; `undefined` before vrrpd knows it. Throws `OpError`. */
  async state(family: 'v4' | 'v6' = 'v4'): Promise<FrrState | undefined> {
    const routers = await this.show();
    const router = routers[0]?.[family];
    return router?.status;
  }

  /** What `show vrrp json` says. Throws `OpError` when vrrpd does not answer. */
  async show(): Promise<FrrRouter[]> {
    const argv = ['vtysh', '--vty_socket', directoryOf(this.host), '-d', 'vrrpd', '-c', 'show vrrp json'];
    const { code, stdout, stderr } = await this.host.exec(argv);
    if (code !== 0) throw failure(`ask FRR on "${this.host.name}"`, stderr.trim() || stdout.trim());
    return JSON.parse(stdout) as FrrRouter[];
  }

  /** SIGTERM to vrrpd, which advertises priority 0, then to zebra, and takes the interfaces away. */
  async stop(): Promise<void> {
    for (const process of this.#processes.toReversed()) await process.stop('SIGTERM');
    for (const name of this.#macvlans) await this.host.exec(['ip', 'link', 'delete', name]);
  }
}

/** The words of `show vrrp json` that are read here. */
export interface FrrRouter {
  readonly vrid: number;
  readonly version: number;
  readonly v4?: FrrInstance;
  readonly v6?: FrrInstance;
}

export interface FrrInstance {
  readonly status: FrrState;
  readonly effectivePriority: number;
  readonly stats: Readonly<Record<string, number>>;
}

const directoryOf = (host: Host): string => `${host.directory}/frr`;

/** Starts zebra and vrrpd on a host, each in the foreground. Throws `OpError` when FRR is not there or refuses. */
export async function startFrr(host: Host, options: FrrOptions): Promise<Frr> {
  const advice = 'install the package frr';
  if (!existsSync(`${programs}/vrrpd`)) throw failure(`start FRR on "${host.name}"`, 'ENOENT', advice);
  const directory = directoryOf(host);
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  const macvlans = await addMacvlans(host, options);
  writeFileSync(`${directory}/zebra.conf`, '');
  writeFileSync(`${directory}/vrrpd.conf`, configOf(options));
  // The daemons drop to a user of their own, whom their sockets and pid files then belong to.
  await must(`prepare FRR on "${host.name}"`, ['chown', '-R', 'frr:frr', directory]);
  const zebra = await startDaemon(host, 'zebra');
  await until(`zebra on "${host.name}" is up`, () => existsSync(`${directory}/zserv.api`), milliseconds(5000));
  const vrrpd = await startDaemon(host, 'vrrpd');
  await until(`vrrpd on "${host.name}" is up`, () => existsSync(`${directory}/vrrpd.vty`), milliseconds(5000));
  return new Frr(host, [zebra, vrrpd], macvlans);
}

function startDaemon(host: Host, name: 'zebra' | 'vrrpd'): Promise<LabProcess> {
  const directory = directoryOf(host);
  const files = ['-f', `${directory}/${name}.conf`, '-i', `${directory}/${name}.pid`, '--vty_socket', directory];
  const rest = [
    '-z',
    `${directory}/zserv.api`,
    '-A',
    '127.0.0.1',
    '-P',
    '0',
    '-u',
    'frr',
    '-g',
    'frr',
    '--log',
    'stdout',
  ];
  return host.start([`${programs}/${name}`, ...files, ...rest], { name: `frr-${name}` });
}

/** vrrpd makes no interfaces: it looks for macvlans that have the virtual router's MAC and its addresses. */
async function addMacvlans(host: Host, options: FrrOptions): Promise<string[]> {
  const vrid = options.vrid.toString(16).padStart(2, '0');
  const names: string[] = [];
  const lines: string[] = [];
  for (const family of families) {
    const addresses = options.addresses.filter(family.isOf);
    if (addresses.length === 0) continue;
    const name = `vrrp${family.name.slice(1)}-${options.vrid}`;
    names.push(name);
    lines.push(`link add ${name} link eth0 address 00:00:5e:00:${family.mac}:${vrid} type macvlan mode bridge`);
    const nodad = family.name === 'v6' ? ' nodad' : '';
    lines.push(...addresses.map((address) => `address add ${address}/${family.prefix} dev ${name}${nodad}`));
    lines.push(`link set ${name} up`);
  }
  const input = `${lines.join('\n')}\n`;
  await must(`add interfaces for FRR on "${host.name}"`, host.commandFor(['ip', '-batch', '-']), { input });
  return names;
}

function configOf(options: FrrOptions): string {
  const own = `vrrp ${options.vrid}`;
  const keyword = (address: string): string => (address.includes(':') ? 'ipv6' : 'ip');
  return [
    'interface eth0',
    ` ${own} version ${options.version}`,
    ` ${own} priority ${options.priority}`,
    ` ${own} advertisement-interval ${options.interval ?? 1000}`,
    ...(options.preempt === false ? [` no ${own} preempt`] : []),
    ...options.addresses.map((address) => ` ${own} ${keyword(address)} ${address}`),
    '',
  ].join('\n');
}
