import type { ProxyFacts } from '../facts/proxy.ts';
import { finding } from '../finding.ts';
import type { Finding } from '../finding.ts';

/** The installed proxy. `title` is its name in sentences. Pure. */
export function judgeProxy(title: string, facts: ProxyFacts | undefined): Finding[] {
  if (facts === undefined) return [];
  const { binary, isThere, unusable, refused } = facts;
  if (!isThere) {
    const text = `the program of ${title}, "${binary}", is not on this host`;
    return [finding('PROXY-MISSING', title, text, 'install it, or name it in `proxy.binary`')];
  }
  if (unusable !== undefined) {
    const fix = 'install a version that can, or name another program in `proxy.binary`';
    return [finding('PROXY-UNUSABLE', title, `"${binary}" cannot be used: ${unusable}`, fix)];
  }
  if (refused === undefined) return [];
  const fix = 'mend the line; until then it neither reloads nor starts again';
  return [finding('PROXY-REFUSED', title, `${title} refuses its own configuration: ${refused}`, fix)];
}
