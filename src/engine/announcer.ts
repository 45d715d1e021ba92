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
  /** No burst for a conflict before this: two hosts that contend must not make an ARP storm. */
  readonly quietUntil: Instant;
}

/** Between two bursts for conflicts. */
const CONFLICT_QUIET = milliseconds(1000);

/** A burst that begins at once, for a take-over. */
export function takeover(config: AnnouncementConfig, at: Instant): Announcer {
  return {
    remaining: config.repeat,
    nextAt: at,
    secondAt: after(at, config.delay),
    refreshAt: config.refresh > 0 ? after(at, config.refresh) : undefined,
    quietUntil: after(at, CONFLICT_QUIET),
  };
}

/** A burst after a conflict; unchanged while the last burst is too recent. */
export function conflict(config: AnnouncementConfig, announcer: Announcer, at: Instant): Announcer {
  return at < announcer.quietUntil ? announcer : takeover(config, at);
}

/** The deadline of the next frame. */
export function announceAt(announcer: Announcer): Instant | undefined {
  const due = [announcer.nextAt, announcer.secondAt, announcer.refreshAt].filter((at) => at !== undefined);
  return due.length === 0 ? undefined : (Math.min(...due) as Instant);
}

/** What is due: how many frames of each address to send now, and the announcer afterwards. */
export function announceDue(
  config: AnnouncementConfig,
  announcer: Announcer,
  at: Instant,
): { readonly frames: number; readonly announcer: Announcer } {
  let { remaining, nextAt, secondAt, refreshAt } = announcer;
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
  return { frames, announcer: { ...announcer, remaining, nextAt, secondAt, refreshAt } };
}
