import type { Features } from '../../src/proxy/features.ts';
import { isAtLeast, releaseOf } from '../../src/proxy/features.ts';

export const inspection = (binary: string): readonly string[] => [binary, '-vv'];

/** Reads `haproxy -vv`: the version, and the list of what it was built with. */
export function features(output: string): Features {
  const version = /^HA-?Proxy version (\d\S*)/m.exec(output)?.[1] ?? '';
  const release = releaseOf(version);
  const built = /^Feature list :(.*)$/m.exec(output)?.[1]?.split(/\s+/) ?? [];
  const abilities: Record<string, string> = {};
  if (built.some((each) => /^\+(OPENSSL|OPENSSL_WOLFSSL|OPENSSL_AWSLC|QUICTLS)$/.test(each))) abilities['tls'] = '';
  return { version, release, abilities, unusable: unusable(version, release) };
}

function unusable(version: string, release: readonly number[]): string | undefined {
  if (version === '') return 'the program does not say that it is HAProxy';
  return isAtLeast(release, 2, 6) ? undefined : `HAProxy ${version} is older than 2.6`;
}
