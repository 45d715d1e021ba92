import type { Reach } from '../wire/heartbeat.ts';
import { after, milliseconds } from '../wire/units.ts';
import type { Instant, Milliseconds } from '../wire/units.ts';
import { isHeard } from './peers.ts';
import type { Peer } from './peers.ts';
import { reportOn } from './standin.ts';
import type { RouterIdentity } from './standin.ts';

/**
 * Whether a host is the one that is cut off. Two hosts that lose each other cannot both be wrong: the one that still
 * reaches its gateway, or a witness, is where clients are, and the other one lets its VIPs go.
 *
 * The rule, where a gateway or witnesses are configured and none of them answers this host:
 *
 * - A peer that is heard, and goes on reaching one of them, serves: this host lets go, once the peer had the time to
 *   notice what this host has noticed.
 * - A peer that is heard, by VRRP too or by an answer to ARP or Neighbor Discovery, and reaches none either, or of whose
 *   reach nothing is known: the gateway is down, not this host. VRRP decides, as without a gateway.
 * - Nobody is heard, and no peer answers (a backup is silent by nature, so VRRP alone proves no absence): this host lets
 *   go, unless the last word of a peer was that it reached none either, also when it took its leave with it. Then
 *   the gateway was down before the peer fell silent, which says nothing about this host, and VRRP decides.
 *
 * So exactly one of two hosts that are cut from each other goes on where clients are, and a gateway that dies moves
 * nothing. Two hosts that lose each other and everything else at once both let go, since no client reaches either; the
 * first that reaches anything again serves.
 */
export function isIsolated(
  own: { readonly reach: Reach; readonly since: Instant | undefined },
  peers: Iterable<Peer>,
  router: RouterIdentity,
  isNear: boolean,
  at: Instant,
): boolean {
  if (own.reach !== 'none') return false;
  const all = [...peers];
  const heard = all.filter((peer) => isHeard(peer, at));
  if (heard.some(({ beat }) => beat?.reach === 'well' && mayServe(reportOn(beat, router)?.state))) {
    return own.since !== undefined && at >= after(own.since, DOUBT);
  }
  if (heard.length > 0 || isNear) return false;
  return !all.some(({ beat }) => beat?.reach === 'none');
}

/** Two hosts notice that the gateway is gone one after the other. */
const DOUBT = milliseconds(1000);

/** A host that says nothing of a VIP, or whose interface is lost, serves nobody. */
const mayServe = (state: 'initialize' | 'backup' | 'active' | undefined): boolean =>
  state === 'backup' || state === 'active';

/** Between two questions to each target. */
export const ASK_EVERY: Milliseconds = milliseconds(500);

/** So long without an answer of any target, and none is reached; so many answers in a row, and one is again. */
const SILENCE = milliseconds(1600);
const ANSWERS = 2;
const SAME = milliseconds(200);

/** What is known of the gateway and the witnesses of a host. */
export interface Reachability {
  readonly reach: Reach;
  /** When that began; `undefined` before anything is known. */
  readonly since: Instant | undefined;
  /** When the first question was asked, and the last answer came. */
  readonly askedAt: Instant;
  readonly answeredAt: Instant | undefined;
  /** Answers in a row while none was reached. */
  readonly answers: number;
}

/** Before the first answer nothing is known, for as long as an answer may take. */
export const unasked = (at: Instant): Reachability => ({
  reach: 'unasked',
  since: undefined,
  askedAt: at,
  answeredAt: undefined,
  answers: 0,
});

/** One of the targets has answered. */
export function answered(state: Reachability, at: Instant): Reachability {
  // ICMP and ARP or Neighbor Discovery answer the same question.
  const isNew = state.answeredAt === undefined || at > after(state.answeredAt, SAME);
  const answers = state.answers + (isNew ? 1 : 0);
  const isBack = state.reach !== 'none' || answers >= ANSWERS;
  const since = isBack && state.reach !== 'well' ? at : state.since;
  return { ...state, reach: isBack ? 'well' : 'none', since, answeredAt: at, answers: isBack ? 0 : answers };
}

/** Time has passed. */
export function lapse(state: Reachability, at: Instant): Reachability {
  if (at < after(state.answeredAt ?? state.askedAt, SILENCE)) return state;
  return { ...state, reach: 'none', since: state.reach === 'none' ? state.since : at, answers: 0 };
}
