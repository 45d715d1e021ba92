import { bindsOf, endpoint } from '../../src/proxy/bind.ts';
import type { Bind } from '../../src/proxy/bind.ts';
import type { FrontModel, ServiceModel } from '../../src/proxy/model.ts';
import type { RenderOptions } from '../../src/proxy/rendering.ts';

/** The `listen` lines of each service, by its name. */
export function listenLines(model: FrontModel, { listeners }: RenderOptions): (service: ServiceModel) => string[] {
  const lines = new Map<string, string[]>();
  for (const bind of bindsOf(model)) {
    const own = lines.get(bind.service) ?? [];
    lines.set(bind.service, [...own, listenLine(bind, listeners)]);
  }
  return ({ name }) => lines.get(name) ?? [];
}

/**
 * An inherited socket is found by its address, so the line is the same as for one that nginx opens. The backlog makes
 * nginx call listen() on a socket that is only bound.
 */
function listenLine({ address, family, port }: Bind, listeners: RenderOptions['listeners']): string {
  const only = family === 'ipv6' ? ' ipv6only=on' : '';
  const shared = listeners === 'reuseport' ? ' reuseport' : '';
  return `listen ${endpoint(address, port)}${only} backlog=4096${shared};`;
}
