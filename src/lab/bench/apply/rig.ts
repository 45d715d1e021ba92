import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { milliseconds } from '../../../wire/units.ts';
import type { Instant, Milliseconds } from '../../../wire/units.ts';
import type { Profile } from '../../../proxy/profile.ts';
import { backendPort, startBackend } from '../../backend.ts';
import type { Backend } from '../../backend.ts';
import type { Daemon } from '../../daemon.ts';
import { startDaemon } from '../../daemon.ts';
import type { Front } from '../../front.ts';
import { installFront } from '../../front.ts';
import type { Host } from '../../host.ts';
import type { Lab } from '../../lab.ts';
import { labUp } from '../../lab.ts';
import type { Load } from '../../load.ts';
import { profileNamed } from '../../pair.ts';
import { pairFile } from '../../pairfile.ts';
import type { PairValue } from '../../pairfile.ts';
import { until } from '../../until.ts';

/** How long anything may take that is waited for: ten thousand servers on a busy machine. */
export const PATIENCE: Milliseconds = milliseconds(60_000);

/** What a rig is to be. */
export interface RigOptions {
  /** Of the lab. */
  readonly name: string;
  /** Of the proxy, on both hosts. */
  readonly profile: string;
  /** Hosts that have a daemon, from the first; 1 unless given. On the others the proxy runs and is left alone. */
  readonly daemons?: number;
  /** Where the service listens; every address unless given. */
  readonly listen?: readonly string[];
  /** Of the service, in the words of pair.yaml. */
  readonly service?: Readonly<Record<string, PairValue>>;
  /** Of `proxy`, beyond what a rig says of it; `apply` is a budget that nothing uses up unless given. */
  readonly proxy?: Readonly<Record<string, PairValue>>;
  /** Whether hosts may bind addresses that they do not hold; they may unless told otherwise. */
  readonly nonlocalBind?: boolean;
  /** What the file of backends says at the start; both backends of the lab unless given. */
  readonly backends?: readonly PairValue[];
}

/** One host: its proxy, which serves, and its daemon, if it has one, with the file of backends that it follows. */
export interface Station {
  readonly host: Host;
  readonly front: Front;
  readonly daemon: Daemon | undefined;
}

/** The quiet time in every rig that does not say otherwise. */
export const QUIET: Milliseconds = milliseconds(200);

const budget = { spacing: '0ms', reloads: 1000, refill: '100ms' };

/**
 * A lab in which daemons keep proxies in step with a file of backends, and a client looks on. The proxies are those that
 * a lab always has, with one complete file each; the daemons adopt them and go on with that file.
 */
export class Rig {
  readonly lab: Lab;
  readonly profile: Profile;
  readonly backends: readonly Backend[];
  readonly stations: readonly Station[];
  readonly #options: RigOptions;

  private constructor(lab: Lab, options: RigOptions, backends: readonly Backend[], stations: readonly Station[]) {
    this.lab = lab;
    this.profile = profileNamed(options.profile);
    this.backends = backends;
    this.stations = stations;
    this.#options = options;
  }

  /** Builds it and returns when every daemon has applied the file. Throws `OpError`. */
  static async up(options: RigOptions): Promise<Rig> {
    const { name, profile, nonlocalBind = true, daemons = 1 } = options;
    const lab = await labUp({ name, nonlocalBind });
    try {
      const backends = await Promise.all(lab.backends.map(startBackend));
      const stations: Station[] = [];
      for (const [index, host] of lab.hosts.entries()) {
        const servers = lab.backends.map(({ ipv4 }) => ({ address: ipv4, port: backendPort }));
        // A proxy cannot go from all addresses to single ones without letting go of the port.
        const port = options.listen === undefined ? 80 : 8088;
        const site = { listen: [port], backends: servers, healthPath: '/vipair-health' };
        const front = installFront(host, profileNamed(profile), site, true);
        await front.start();
        mkdirSync(directoryOf(host), { recursive: true });
        writeList(host, options.backends ?? serversOf(lab));
        const config = pairText(lab, host, front, options);
        const daemon = index < daemons ? await startDaemon(host, { config }) : undefined;
        stations.push({ host, front, daemon });
      }
      const rig = new Rig(lab, options, backends, stations);
      for (const { daemon } of stations) await daemon?.until('it has applied', isAtRest, PATIENCE);
      return rig;
    } catch (error) {
      lab.down();
      throw error;
    }
  }

  /** The host with the daemon under test. */
  get first(): Station & { readonly daemon: Daemon } {
    const [station] = this.stations;
    if (station?.daemon === undefined) throw new RangeError('The rig has no daemon');
    return { ...station, daemon: station.daemon };
  }

  /** The lab's backends, in the words of a file of backends. */
  get servers(): PairValue[] {
    return serversOf(this.lab);
  }

  /** Replaces the file of backends of every daemon, as one step each. */
  write(backends: readonly PairValue[]): void {
    for (const { host, daemon } of this.stations) if (daemon !== undefined) writeList(host, backends);
  }

  /** Replaces each daemon's pair.yaml by one that says something else of the service, or the proxy, and has it read. */
  async reload(
    service: Readonly<Record<string, PairValue>>,
    proxy: Readonly<Record<string, PairValue>> = {},
  ): Promise<void> {
    const options = {
      ...this.#options,
      service: { ...this.#options.service, ...service },
      proxy: { ...this.#options.proxy, ...proxy },
    };
    for (const { host, front, daemon } of this.stations) {
      daemon?.write(pairText(this.lab, host, front, options));
      await daemon?.reload();
    }
  }

  /** Waits until no daemon has anything to apply any more. */
  async rest(): Promise<void> {
    for (const { daemon } of this.stations) await daemon?.until('nothing is left to apply', isAtRest, PATIENCE);
  }

  down(): void {
    this.lab.down();
  }
}

const isAtRest: Parameters<Daemon['until']>[1] = ({ apply }) =>
  apply !== null && apply.inForce !== null && !apply.isBusy;

const directoryOf = (host: Host): string => `${host.directory}/backends.d`;

const serversOf = (lab: Lab): PairValue[] =>
  lab.backends.map(({ name, ipv4 }) => ({ name, address: `${ipv4}:${backendPort}` }));

function writeList(host: Host, backends: readonly PairValue[]): void {
  const aside = `${directoryOf(host)}/.web.aside`;
  writeFileSync(aside, JSON.stringify(backends));
  renameSync(aside, `${directoryOf(host)}/web.json`);
}

function pairText(lab: Lab, host: Host, front: Front, options: RigOptions): string {
  const { profile, listen = ['80'], service = {}, proxy = {} } = options;
  const file = `${directoryOf(host)}/*.json`;
  const web = {
    listen: listen.map((each) => (/^\d+$/.test(each) ? Number(each) : each)),
    sources: [{ file }],
    ...service,
  };
  return pairFile(lab, {
    settings: {
      proxy: { profile, directory: front.directory, pid_file: front.pidFile, apply: budget, ...proxy },
      services: { web },
      sysctl: options.nonlocalBind === false ? 'check' : 'apply',
      recover_after: '100ms',
    },
  });
}

/** When a backend first answered an attempt that was begun after `since`. Throws `OpError` when it does not. */
export async function firstAnswer(load: Load, target: string, backend: string, since: Instant): Promise<Instant> {
  let found: Instant | undefined;
  const isThere = (): boolean => {
    const all = load.attempts;
    for (let at = all.length - 1; at >= 0; at--) {
      const attempt = all[at];
      if (attempt === undefined || attempt.end <= since) break;
      if (attempt.target === target && attempt.front === backend && attempt.start > since) found = attempt.end;
    }
    return found !== undefined;
  };
  await until(`"${backend}" answers at ${target}`, isThere, PATIENCE, milliseconds(20));
  return found ?? since;
}
