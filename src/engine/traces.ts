import type { Refusal, Remark } from '../vrrp/receive.ts';
import type { IpAddress } from '../wire/address.ts';
import type { Instant } from '../wire/units.ts';

/** What others have left behind in a virtual router's ears: who was heard, refused, found odd, and when. */
export interface Traces {
  /** When an advertisement of each source was accepted last. BOUNDED: 16 sources. */
  readonly voices: Map<IpAddress, Instant>;
  /** The last one that was refused, and found odd, for each reason. BOUNDED: by the number of reasons. */
  readonly refusals: Map<Refusal, { readonly source: IpAddress; readonly at: Instant }>;
  readonly remarks: Map<Remark, { readonly source: IpAddress; readonly at: Instant }>;
  /** By node: since when it says that it listens, and in which session. BOUNDED: one for each other node. */
  readonly listeners: Map<string, { readonly session: string; readonly since: Instant }>;
  /** A lesser router that goes on advertising while we are active. */
  contender: { readonly source: IpAddress; readonly at: Instant; readonly count: number } | undefined;
}

/** Of a virtual router that has heard nobody. */
export const noTraces = (): Traces => ({
  voices: new Map(),
  refusals: new Map(),
  remarks: new Map(),
  listeners: new Map(),
  contender: undefined,
});
