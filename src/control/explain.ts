import type { Chain } from '../track/chain.ts';

/** What the daemon makes of the state of its host, or would make of another: a chain for each VIP. */
export interface Explanation {
  readonly node: string;
  /** As they were asked: `proxy=dead`. */
  readonly if: readonly string[];
  readonly vips: readonly ExplainedVip[];
}

export interface ExplainedVip extends Chain {
  readonly family: 'ipv4' | 'ipv6';
  readonly addresses: readonly string[];
  /** What the virtual router is now; null where no daemon was asked. */
  readonly state: 'initialize' | 'backup' | 'active' | null;
  /** Who holds it now; null when nobody is known to, or no daemon was asked. */
  readonly holder: string | null;
}
