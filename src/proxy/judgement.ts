import { spawnSync } from 'node:child_process';
import type { Config } from '../config/config.ts';
import { findAccount } from './account.ts';
import { frontModel } from './frontmodel.ts';
import type { ServerModel } from './model.ts';
import type { Features } from './features.ts';
import type { Profile } from './profile.ts';

/** Why a configuration cannot be put in force: the keys that lead to the place, and the reason. */
export interface Judgement {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/**
 * What the proxy of a configuration cannot express, as installed on this host. The backends of the file are judged;
 * those of other sources are when they come. Without the program on this host nothing is said, because the file may be
 * checked anywhere. Its program is asked for its version, milliseconds.
 */
export function judgeServices(config: Config, profiles: Readonly<Record<string, Profile>>): Judgement[] {
  const { proxy, services } = config;
  const profile = proxy === undefined ? undefined : profiles[proxy.profile];
  if (proxy === undefined || profile === undefined || services.length === 0) return [];
  const features = featuresOf(profile, proxy.binary ?? profile.steering.binary);
  if (features === undefined) return [];
  const user = proxy.managed?.user;
  if (user !== undefined && findAccount([user]) === undefined) {
    const message = `this host has no user "${user}" with a group in /etc/passwd; write another, or leave it out`;
    return [{ path: ['proxy', 'managed', 'user'], message }];
  }
  const servers = new Map(
    services.map(({ name, backends }) => [
      name,
      backends.map((backend, index): ServerModel => ({
        ...backend,
        name: backend.name ?? `backend-${index + 1}`,
        admin: 'ready',
        health: 'unknown',
      })),
    ]),
  );
  const model = frontModel(services, servers);
  return profile.refuse(model, features).map(({ service, path, reason }): Judgement => {
    const keys = service === undefined ? path.split('.') : keysOf(service, path, servers.get(service) ?? []);
    return { path: keys, message: `${reason} (${profile.title} ${features.version})` };
  });
}

/** The keys behind a refusal's words; names may have dots in them. */
function keysOf(service: string, path: string, servers: readonly ServerModel[]): (string | number)[] {
  const root = ['services', service];
  const rest = path.slice(`services.${service}.`.length);
  if (!rest.startsWith('backends.')) return [...root, ...rest.split('.').filter(Boolean)];
  const own = rest.slice('backends.'.length);
  const index = servers.findIndex(({ name }) => own === name || own.startsWith(`${name}.`));
  return index < 0 ? [...root, 'backends'] : [...root, 'backends', index];
}

const LIMIT_MS = 5000;

function featuresOf(profile: Profile, binary: string): Features | undefined {
  const [command = '', ...rest] = profile.inspection(binary);
  const { stdout, stderr, error } = spawnSync(command, rest, { encoding: 'utf8', timeout: LIMIT_MS });
  if (error !== undefined) return undefined;
  const features = profile.features(`${stdout}${stderr}`);
  return features.version === '' ? undefined : features;
}
