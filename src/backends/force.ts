import type { Backend } from './backend.ts';
import type { Verdict } from './rise.ts';
import type { BackendSet, SetPolicy } from './set.ts';

/** A backend and what is known of its health: what a proxy is rendered from. */
export interface BackendInForce extends Pick<
  Backend,
  'name' | 'host' | 'port' | 'weight' | 'backup' | 'maxConnections' | 'slowStart' | 'admin'
> {
  readonly health: Verdict['state'];
}

export interface Force {
  readonly servers: readonly BackendInForce[];
  /** Whether every backend that may serve is down, and they are tried all the same. */
  readonly isHoping: boolean;
}

/**
 * The set with the verdicts on it. Pure. When every backend is down, there is nobody better to ask than the last good
 * ones, so with `keep` they are all of unknown health: the proxy tries them, and some answer when it was the check that
 * failed. With `sorry` and `refuse` they are down, and the proxy does what it is told to do then.
 */
export function inForce(
  set: BackendSet,
  verdicts: ReadonlyMap<string, Pick<Verdict, 'state'>>,
  { onEmpty }: Pick<SetPolicy, 'onEmpty'>,
): Force {
  const healthOf = ({ id }: Backend): Verdict['state'] => verdicts.get(id)?.state ?? 'unknown';
  const serving = set.backends.filter(({ admin }) => admin === 'ready');
  const allDown = serving.length > 0 && serving.every((backend) => healthOf(backend) === 'down');
  const isHoping = allDown && onEmpty === 'keep';
  const servers = set.backends.map((backend): BackendInForce => {
    const { name, host, port, weight, backup, maxConnections, slowStart, admin } = backend;
    const health = isHoping && admin === 'ready' ? 'unknown' : healthOf(backend);
    return { name, host, port, weight, backup, maxConnections, slowStart, admin, health };
  });
  return { servers, isHoping };
}
