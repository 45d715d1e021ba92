import type { Config } from '../config/config.ts';
import type { Explanation, ExplainedVip } from '../control/explain.ts';
import type { RouterSnapshot, Snapshot } from '../engine/snapshot.ts';
import { chainOf } from '../track/chain.ts';
import { isLinkDown, readHypotheses, suppose } from '../track/hypothesis.ts';
import { policyOf } from '../track/policy.ts';
import { activeNow } from './active.ts';
import { findVip } from './assign.ts';
import type { InForce } from './inforce.ts';
import { namesFor } from './words.ts';

/**
 * Explains what the engine makes of this host now, or would make of it if all that is asked were so. Rejects while
 * nothing is in force, and with a RangeError when something asked means nothing.
 */
export async function explain(
  inForce: InForce | undefined,
  ask: () => Promise<Snapshot>,
  asked: readonly string[],
): Promise<Explanation> {
  if (inForce === undefined) throw new Error('The daemon is still starting; ask again');
  const { config } = inForce;
  const node = inForce.node.name;
  const hypotheses = readHypotheses(asked, config);
  if ('refused' in hypotheses) throw new RangeError(hypotheses.refused);
  const snapshot = await ask();
  const facts = suppose({ proxy: snapshot.proxy, checks: snapshot.checks }, hypotheses, snapshot.at);
  const vips = snapshot.routers.flatMap((router): ExplainedVip[] => {
    const found = findVip(router.key, config);
    if (found === undefined) return [];
    const { vip, family } = found;
    const holder = holderOf(router, snapshot, config, vip, node);
    const chain = chainOf({
      ...{ vip, node, facts, holder },
      policy: policyOf(vip),
      linkDown: isLinkDown(hypotheses, router.state === 'initialize' && router.reason === 'fault'),
      linkBackAt: router.linkBackAt,
      at: snapshot.at,
    });
    const addresses = vip.addresses.filter((a) => a.family === family).map((a) => `${a.address}/${a.prefixLength}`);
    return [{ ...chain, family, addresses, state: router.state, holder: holder ?? null }];
  });
  return { node, if: asked, vips };
}

function holderOf(
  router: RouterSnapshot,
  snapshot: Snapshot,
  config: Config,
  vip: Config['vips'][number],
  node: string,
): string | undefined {
  if (router.state === 'active') return node;
  const active = activeNow(router, snapshot.at, vip.version);
  return active && namesFor(config, vip, node)(active.source);
}
