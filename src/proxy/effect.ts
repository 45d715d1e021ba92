import type { Instant, Milliseconds } from '../wire/units.ts';
import { after, between, milliseconds } from '../wire/units.ts';
import type { Found } from './family.ts';
import { isSame } from './process.ts';
import type { Runner } from './runner.ts';
import type { Evidence } from './steering.ts';

/** Time as an apply needs it. */
export interface Time {
  now(): Instant;
  sleep(duration: Milliseconds): Promise<void>;
}

export interface Expectation {
  readonly runner: Runner;
  /** Before the signal. */
  readonly before: Found;
  readonly evidence: { readonly of: Evidence; readonly socket: string; readonly failed: number } | undefined;
  readonly patience: Milliseconds;
  readonly time: Time;
}

/** What became of a reload. With `partly` some new worker serves beside old ones, and it cannot be left so. */
export type Effect =
  { readonly isEffective: true } | { readonly isEffective: false; readonly isPartly: boolean; readonly reason: string };

/** Between two looks. A look costs tens of microseconds a process. */
const STEP = milliseconds(4);

/** A new worker that dies at its first work dies within this. */
const PROOF = milliseconds(20);

/** How long the main process has for an answer; while it reloads it gives none. */
const ANSWER = milliseconds(500);

/**
 * Waits until a reload is in force: new workers serve, and every old one has ended or only finishes what it has. That is
 * more than a good answer, which comes while old workers still take connections, and it is looked at twice. Where the
 * main process counts failures, its count decides.
 */
export async function awaitEffect(expectation: Expectation): Promise<Effect> {
  const { runner, before, patience, time } = expectation;
  const deadline = after(time.now(), patience);
  let now: Found | undefined = before;
  while (time.now() < deadline) {
    await time.sleep(STEP);
    now = runner.again(before);
    if (now === undefined) return failed('its main process ended', false);
    const answer = await ask(expectation);
    if (answer !== undefined && answer.failed > (expectation.evidence?.failed ?? 0))
      return failed('it says that the reload failed', hasNew(before, now));
    const isNamed = answer === undefined || now.workers.some(({ pid }) => answer.workers.includes(pid));
    if (!isNamed || !isReplaced(before, now)) continue;
    const seen = now;
    await time.sleep(PROOF);
    now = runner.again(before);
    const stays = now?.workers.some((worker) => seen.workers.some((other) => isSame(worker, other))) === true;
    if (now !== undefined && stays && isReplaced(before, now)) return { isEffective: true };
  }
  const waited = Math.round(between(deadline, time.now()) + patience);
  return hasNew(before, now)
    ? failed(`old workers still serve after ${waited} ms`, true)
    : failed(`no new worker serves after ${waited} ms`, false);
}

/** How many reloads have failed so far; 0 when nobody counts, or answers. */
export async function failuresSoFar(of: Evidence, socket: string): Promise<number | undefined> {
  try {
    return of.read(await of.ask(socket, ANSWER))?.failed;
  } catch {
    return undefined;
  }
}

/** What the main process says; `undefined` while it says nothing. */
async function ask({ evidence }: Expectation): Promise<ReturnType<Evidence['read']>> {
  if (evidence === undefined) return undefined;
  try {
    return evidence.of.read(await evidence.of.ask(evidence.socket, ANSWER));
  } catch {
    return undefined;
  }
}

const hasNew = (before: Found, now: Found | undefined): boolean =>
  now?.workers.some((worker) => !before.workers.some((old) => isSame(old, worker))) === true;

const isReplaced = (before: Found, now: Found): boolean =>
  hasNew(before, now) && !now.workers.some((worker) => before.workers.some((old) => isSame(old, worker)));

const failed = (reason: string, isPartly: boolean): Effect => ({ isEffective: false, isPartly, reason });
