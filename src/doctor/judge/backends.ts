import type { BackendFacts } from '../facts/backends.ts';
import { finding } from '../finding.ts';
import type { Finding } from '../finding.ts';

/** Services whose backends nobody reaches from here. Single ones that are down are the business of their checks. Pure. */
export function judgeBackends(services: readonly BackendFacts[]): Finding[] {
  return services.flatMap(({ service, tried }) => {
    if (tried.length === 0 || tried.some(({ refused }) => refused === undefined)) return [];
    const first = tried.slice(0, 3).map(({ backend, refused }) => `${backend} ${refused ?? ''}`);
    const text = `none of the ${tried.length} backends of ${service} can be reached from here (${first.join(', ')}${tried.length > 3 ? ', ...' : ''})`;
    return [finding('BACKENDS-NONE', service, text, 'see that they run, their addresses, and the way there')];
  });
}
