import type { AnnouncementConfig } from '../config/config.ts';
import { after, milliseconds } from '../wire/units.ts';
import type { Instant } from '../wire/units.ts';

/**
 * When the addresses of an active router are announced (gratuitous ARP, unsolicited neighbor advertisement): a burst
 * at once, a second one after `delay`, then single ones every `refresh`. Switches and neighbours lose frames, and old
 * kernels ignore an update that follows another within a second, which is what the second burst is for.
 *
 * Plain data and deadlines, like the router; a backup has no announcer at all.
 */
export interface Announcer {
  /** Frames of each address that remain in the running burst, and when the next is due. */
  readonly remaining: number;
  readonly nextAt: Instant | undefined;
  readonly secondAt: Instant | undefined;
  readonly refreshAt: Instant | undefined;
  /** No burst for a conflict before this: two hosts that contend must not make a storm of announcements. */
  readonly quietUntil: Instant;
  /** A conflict while it was quiet: another has told the neighbours something else since, so the quiet ends in a burst. */
  readonly owed: boolean;
  /** Whether a conflict since the take-over has had a frame before that burst; only the first one has. */
  readonly answered: boolean;
}

/** Between two bursts for conflicts. */
const CONFLICT_QUIET = milliseconds(1000);

/** From a conflict, or another active router's word, to the single frame that answers it; a flood of them is answered once. */
const ANSWER_DELAY = milliseconds(10);

/** A burst that begins at once, for a take-over. */
export function takeover(config: AnnouncementConfig, at: Instant): Announcer {
  return {
    remaining: config.repeat,
    nextAt: at,
    secondAt: after(at, config.delay),
    refreshAt: config.refresh > 0 ? after(at, config.refresh) : undefined,
    quietUntil: after(at, CONFLICT_QUIET),
    owed: false,
    answered: false,
  };
}

/** A burst for a conflict. It is like that of a take-over, but what comes after it waits. */
const defence = (config: AnnouncementConfig, at: Instant): Announcer => ({ ...takeover(config, at), answered: true });

/**
 * A burst after a conflict: at once, or as soon as the last burst is old enough. `answer` sends one frame meanwhile. It
 * is for what an active router said. An announcement has such an answer only once after a take-over, because the answer
 * is one too: the host that held the addresses until now may see ours as a conflict, and defend them in the very moment
 * in which it lets go. Without a last word the neighbours would follow it for a second.
 */
export function conflict(config: AnnouncementConfig, announcer: Announcer, at: Instant, answer: boolean): Announcer {
  if (at >= announcer.quietUntil) return defence(config, at);
  if (!answer && announcer.answered) return { ...announcer, owed: true };
  return {
    ...announcer,
    owed: true,
    answered: true,
    remaining: Math.max(1, announcer.remaining),
    nextAt: announcer.nextAt ?? after(at, ANSWER_DELAY),
  };
}

/** The deadline of the next frame. */
export function announceAt(announcer: Announcer): Instant | undefined {
  const { nextAt, secondAt, refreshAt, owed, quietUntil } = announcer;
  const due = [nextAt, secondAt, refreshAt, owed ? quietUntil : undefined].filter((at) => at !== undefined);
  return due.length === 0 ? undefined : (Math.min(...due) as Instant);
}

/** What is due: how many frames of each address to send now, and the announcer afterwards. */
export function announceDue(
  config: AnnouncementConfig,
  announcer: Announcer,
  at: Instant,
): { readonly frames: number; readonly announcer: Announcer } {
  const current = announcer.owed && at >= announcer.quietUntil ? defence(config, at) : announcer;
  let { remaining, nextAt, secondAt, refreshAt } = current;
  if (secondAt !== undefined && at >= secondAt) {
    remaining = config.repeat;
    nextAt = at;
    secondAt = undefined;
  }
  let frames = 0;
  if (nextAt !== undefined && at >= nextAt) {
    frames = config.interval > 0 ? 1 : remaining;
    remaining -= frames;
    nextAt = remaining > 0 ? after(at, config.interval) : undefined;
  }
  if (refreshAt !== undefined && at >= refreshAt) {
    frames = Math.max(frames, 1);
    refreshAt = after(at, config.refresh);
  }
  return { frames, announcer: { ...current, remaining, nextAt, secondAt, refreshAt } };
}
