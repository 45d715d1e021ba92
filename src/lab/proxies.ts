import { profiles } from '../../profiles/registry.ts';
import type { Profile } from '../proxy/profile.ts';
import { startBackend, backendPort, type Backend } from './backend.ts';
import { failure } from './failure.ts';
import { installFront, type Front } from './front.ts';
import type { Lab } from './lab.ts';

/*
 * The lab's composition root: the only file of it that looks a proxy up in the registry. Everything else is handed a
 * `Profile` or a `Front`.
 */

/** The profile of that name. Throws `OpError` when there is none. */
export function profileNamed(name: string): Profile {
  const profile = profiles[name];
  if (profile !== undefined) return profile;
  throw failure(`use profile "${name}"`, 'there is none of that name', `there are ${Object.keys(profiles).join(', ')}`);
}

/** Starts the backends of a lab that do not run yet. Throws `OpError`. */
export const startBackends = (lab: Lab): Promise<Backend[]> => Promise.all(lab.backends.map(startBackend));

export interface ProxyOptions {
  /** 80 by default. */
  readonly listen?: readonly number[];
  /** `/healthz` by default; the proxy itself answers it. */
  readonly healthPath?: string;
}

/**
 * Installs the proxy of a profile on every host, in front of all backends, without starting it: answers carry the
 * host's name in `X-Front`. A proxy installed before is to be stopped first.
 */
export function installProxies(lab: Lab, profile: string, options: ProxyOptions = {}): Front[] {
  const site = {
    listen: options.listen ?? [80],
    healthPath: options.healthPath ?? '/healthz',
    backends: lab.backends.map(({ ipv4 }) => ({ address: ipv4, port: backendPort })),
  };
  return lab.hosts.map((host) => installFront(host, profileNamed(profile), site));
}
