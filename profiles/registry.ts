import type { Profile } from '../src/proxy/profile.ts';
import { haproxy } from './haproxy.ts';
import { nginx } from './nginx.ts';

/**
 * Every proxy this program can look after, by the name that `proxy.profile` gives in the configuration. The object
 * has no prototype, so that a name such as "constructor" is not found in it.
 */
export const profiles: Readonly<Record<string, Profile>> = byName(nginx, haproxy);

function byName(...all: readonly Profile[]): Record<string, Profile> {
  const named = Object.create(null) as Record<string, Profile>;
  for (const profile of all) named[profile.name] = profile;
  return named;
}
