import { profiles } from '../../profiles/registry.ts';
import type { Profile } from '../proxy/profile.ts';
import { backendPort, startBackend } from './backend.ts';
import type { Daemon } from './daemon.ts';
import { startDaemon } from './daemon.ts';
import { failure } from './failure.ts';
import type { Front } from './front.ts';
import { installFront, managedFront } from './front.ts';
import type { Lab } from './lab.ts';
import type { PairOptions, PairValue } from './pairfile.ts';
import { pairFile } from './pairfile.ts';
import { settled } from './settled.ts';

/** A whole pair in a lab: backends, a proxy and a daemon on every host. */
export interface Pair {
  readonly lab: Lab;
  /** In the order of the hosts. */
  readonly fronts: readonly Front[];
  readonly daemons: readonly Daemon[];
}

export interface PairSettings extends Omit<PairOptions, 'proxy'> {
  /** A name from the profile registry. */
  readonly profile: string;
  /** Whether the daemons start the proxies themselves, for services of the file; otherwise the lab does. */
  readonly isManaged?: boolean;
}

/** The port that every front serves in a lab. */
export const frontPort = 80;

/** Starts backends, proxies and daemons, and returns when the pair is crossed. Throws `OpError`. */
export async function startPair(lab: Lab, settings: PairSettings): Promise<Pair> {
  const { profile: name, isManaged = false, ...options } = settings;
  const profile = profileNamed(name);
  await startBackends(lab);
  const fronts = isManaged ? lab.hosts.map((host) => managedFront(host, profile)) : await startFronts(lab, profile);
  const config = pairFile(lab, {
    ...options,
    ...(isManaged ? { settings: { ...managedSettings(lab, name), ...options.settings } } : { proxy: name }),
  });
  const daemons = await Promise.all(lab.hosts.map((host) => startDaemon(host, { config })));
  await settled(daemons);
  return { lab, fronts, daemons };
}

/** What makes the daemons start proxies, in front of the lab's backends. */
export const managedSettings = (lab: Lab, profile: string): Readonly<Record<string, PairValue>> => ({
  // Without privileges the lab knows no other user.
  proxy: { profile, mode: 'managed', managed: { user: 'root', drain: '1s' } },
  services: {
    web: {
      listen: [frontPort],
      health_path: '/healthz',
      check: { type: 'http', path: '/', interval: '1s' },
      backends: lab.backends.map(({ name, ipv4 }) => ({ name, address: `${ipv4}:${backendPort}` })),
    },
  },
});

/** Ends the daemons and the proxies; backends and lab stay. */
export async function stopPair({ daemons, fronts }: Pair): Promise<void> {
  await Promise.all(daemons.map((daemon) => daemon.stop()));
  // One that its daemon has started has ended with it.
  const left = fronts.filter((front) => front.processes().length > 0);
  await Promise.all(left.map((front) => front.stop()));
}

/** Starts the lab's backends. */
export const startBackends = async (lab: Lab): Promise<void> => {
  await Promise.all(lab.backends.map(startBackend));
};

/** Installs and starts a proxy on every host, in front of the lab's backends. */
export async function startFronts(lab: Lab, profile: Profile): Promise<Front[]> {
  const fronts = installFronts(lab, profile);
  await Promise.all(fronts.map((front) => front.start()));
  return fronts;
}

/** Lays a proxy out on every host, in front of the lab's backends, without starting it. */
export function installFronts(lab: Lab, profile: Profile): Front[] {
  const backends = lab.backends.map(({ ipv4 }) => ({ address: ipv4, port: backendPort }));
  const site = { listen: [frontPort], backends, healthPath: '/healthz' };
  return lab.hosts.map((host) => installFront(host, profile, site));
}

/** The names in the profile registry. */
export const profileNames: readonly string[] = Object.keys(profiles);

/** A profile by its name. Throws `OpError` that lists the names. */
export function profileNamed(name: string): Profile {
  const profile = profiles[name];
  if (profile === undefined)
    throw failure(`use profile "${name}"`, 'there is none', `choose ${profileNames.join(' or ')}`);
  return profile;
}
