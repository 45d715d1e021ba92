import { rmSync, writeFileSync } from 'node:fs';
import type { Host } from './host.ts';
import type { Milliseconds } from '../wire/units.ts';
import type { LabProcess } from './process.ts';
import { failure } from './failure.ts';

/** One `vrrp_instance` of keepalived, in its words. */
export interface KeepalivedInstance {
  readonly name: string;
  readonly vrid: number;
  /** 1 to 255. */
  readonly priority: number;
  /** With prefix length, `192.0.2.101/24`. All of one family. */
  readonly addresses: readonly string[];
  readonly state?: 'MASTER' | 'BACKUP';
  readonly nopreempt?: boolean;
}

/** A keepalived of one host: all instances share everything but names, numbers and priorities. */
export interface KeepalivedOptions {
  readonly version: 2 | 3;
  /** Whole seconds in version 2. 1 s by default. */
  readonly interval?: Milliseconds;
  readonly instances: readonly KeepalivedInstance[];
  /** Addresses of the peers: unicast instead of multicast. */
  readonly unicastPeers?: readonly string[];
  /** Version 2 only, at most 8 characters. */
  readonly password?: string;
  readonly track?: KeepalivedTrack;
}

/**
 * What takes an instance down or lowers it. `script` runs `killall -0` on a process name every second, as tutorials do,
 * or a command of its own; `file` holds 0 for well and anything else for sick. A weight lowers the priority while sick; without one the instance
 * goes to FAULT.
 */
export type KeepalivedTrack =
  | { readonly kind: 'script'; readonly processName: string; readonly weight?: number }
  | { readonly kind: 'script'; readonly command: string; readonly weight?: number }
  | { readonly kind: 'file'; readonly weight?: number };

/** The state keepalived last said an instance had. */
export type KeepalivedState = 'MASTER' | 'BACKUP' | 'FAULT';

/** Where a host's tracked file is. */
export const trackFileOf = (host: Host): string => `${host.directory}/keepalived.track`;

/** Writes the tracked file: the instance is well, or sick from the moment this returns. */
export const setTrackFile = (host: Host, well: boolean): void => writeFileSync(trackFileOf(host), well ? '0\n' : '1\n');

/** The text of keepalived.conf for a host. */
export function keepalivedConfig(host: Host, options: KeepalivedOptions): string {
  const interval = (options.interval ?? 1000) / 1000;
  return [
    'global_defs {',
    `  router_id ${host.name}`,
    `  vrrp_version ${options.version}`,
    '  enable_script_security',
    '  script_user root',
    '}',
    ...trackDefinition(host, options.track),
    ...options.instances.flatMap((instance) => [
      `vrrp_instance ${instance.name} {`,
      `  state ${instance.state ?? 'BACKUP'}`,
      '  interface eth0',
      `  virtual_router_id ${instance.vrid}`,
      `  priority ${instance.priority}`,
      `  advert_int ${interval}`,
      ...(instance.nopreempt === true ? ['  nopreempt'] : []),
      ...unicast(host, instance, options.unicastPeers ?? []),
      ...(options.password === undefined
        ? []
        : ['  authentication {', '    auth_type PASS', `    auth_pass ${options.password}`, '  }']),
      '  virtual_ipaddress {',
      ...instance.addresses.map((address) => `    ${address}`),
      '  }',
      ...trackUse(options.track),
      '}',
    ]),
    '',
  ].join('\n');
}

function trackDefinition(host: Host, track: KeepalivedTrack | undefined): string[] {
  if (track === undefined) return [];
  // The default differs by tracker: 0, which means FAULT, for a script, and 1 for a file.
  const weight = [`  weight ${track.weight ?? 0}`];
  if (track.kind === 'file') return ['vrrp_track_file well {', `  file "${trackFileOf(host)}"`, ...weight, '}'];
  const command = 'command' in track ? track.command : `/usr/bin/killall -0 ${track.processName}`;
  return ['vrrp_script well {', `  script "${command}"`, '  interval 1', ...weight, '}'];
}

function trackUse(track: KeepalivedTrack | undefined): string[] {
  return track === undefined ? [] : [`  track_${track.kind} {`, '    well', '  }'];
}

function unicast(host: Host, instance: KeepalivedInstance, peers: readonly string[]): string[] {
  const ipv6 = instance.addresses[0]?.includes(':') ?? false;
  const ofFamily = peers.filter((peer) => peer.includes(':') === ipv6);
  if (ofFamily.length === 0) return [];
  const source = ipv6 ? host.ipv6 : host.ipv4;
  return [`  unicast_src_ip ${source}`, '  unicast_peer {', ...ofFamily.map((peer) => `    ${peer}`), '  }'];
}

/** A keepalived that runs on a host. */
export class Keepalived {
  readonly host: Host;
  readonly process: LabProcess;

  constructor(host: Host, process: LabProcess) {
    this.host = host;
    this.process = process;
  }

  /** The last state of an instance that its log tells; `undefined` before the first. */
  state(instance: string): KeepalivedState | undefined {
    const said = [
      ...this.process.log().matchAll(new RegExp(`\\(${instance}\\) Entering (MASTER|BACKUP|FAULT) STATE`, 'g')),
    ];
    return said.at(-1)?.[1] as KeepalivedState | undefined;
  }

  /** SIGTERM to the whole daemon: priority 0 is advertised and the addresses are removed. */
  async stop(): Promise<void> {
    await this.process.stop('SIGTERM');
  }
}

/**
 * Starts keepalived on a host, in the foreground, with pid files of its own. A tracked file is written first and says
 * that all is well. Throws `OpError` when keepalived refuses the configuration.
 */
export async function startKeepalived(host: Host, options: KeepalivedOptions): Promise<Keepalived> {
  const file = (name: string): string => `${host.directory}/keepalived.${name}`;
  writeFileSync(file('conf'), keepalivedConfig(host, options));
  if (options.track?.kind === 'file') setTrackFile(host, true);
  for (const name of ['pid', 'vrrp.pid', 'checkers.pid']) rmSync(file(name), { force: true });
  const checked = await host.exec(['keepalived', '--config-test', '--use-file', file('conf')]);
  if (checked.code !== 0)
    throw failure(`start keepalived on "${host.name}"`, checked.stderr.trim() || checked.stdout.trim());
  const pids = ['--pid', file('pid'), '--vrrp_pid', file('vrrp.pid'), '--checkers_pid', file('checkers.pid')];
  const argv = [
    'keepalived',
    '--dont-fork',
    '--log-console',
    '--log-detail',
    '--vrrp',
    '--use-file',
    file('conf'),
    ...pids,
  ];
  return new Keepalived(host, await host.start(argv, { name: 'keepalived' }));
}
