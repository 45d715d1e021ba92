import type { CheckResult } from '../rise.ts';
import type { Clock } from '../clock.ts';
import { milliseconds } from '../../wire/units.ts';
import type { IpAddress } from '../../wire/address.ts';
import type { Milliseconds } from '../../wire/units.ts';

/**
 * Checks. A probe is one way to look at a backend: it opens what it needs, finds out, and leaves nothing behind. It
 * judges a single look only; what several of them mean is `rise.ts`'s business. It never throws and always ends: every
 * failure, its own included, is a bad result with a reason in words.
 */
export interface Probe {
  /** Begins one look and gives back how to call it off; `done` is called once, never in this stack. */
  look(target: Target, done: (found: CheckResult) => void): () => void;
  close(): void;
}

/** What is looked at. */
export interface Target {
  /** The backend's name and id. */
  readonly name: string;
  readonly id: string;
  readonly host: string;
  readonly address: IpAddress;
  /** The port to check. */
  readonly port: number;
}

/** Says what was found; what is said later is ignored. */
export type Say = (result: CheckResult['result'], reason: string) => void;

/**
 * Frames one look: measures it, ends it after the time-out, and says the result once. `begin` starts it and gives back
 * how to clean up, which is called exactly once, before the result is told. Gives back how to call it off.
 */
export function frame(
  clock: Clock,
  timeout: Milliseconds,
  begin: (say: Say) => () => void,
  done: (found: CheckResult) => void,
): () => void {
  const began = clock.now();
  let early: CheckResult | undefined;
  let hasBegun = false;
  let isOver = false;
  let clean = (): void => {};
  const end = (): void => {
    isOver = true;
    stop();
    clean();
  };
  const say: Say = (result, reason) => {
    if (isOver) return;
    const found: CheckResult = { result, reason, duration: milliseconds(clock.now() - began) };
    // Said while it still begins: there is nothing to clean up yet, and nobody may be told in this stack.
    if (!hasBegun) {
      early ??= found;
      return;
    }
    end();
    done(found);
  };
  const stop = clock.after(timeout, () => say('bad', `no answer within ${Math.round(timeout)} ms`));
  clean = begin(say);
  hasBegun = true;
  if (early !== undefined) tellLater(say, early);
  return () => {
    if (!isOver) end();
  };
}

const tellLater = (say: Say, { result, reason }: CheckResult): void => queueMicrotask(() => say(result, reason));

/** What the common errors of a connection mean, in words. */
export function wordsOf(code: string): string {
  return WORDS[code] ?? code;
}

const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  EPIPE: 'connection reset',
  EHOSTUNREACH: 'host unreachable',
  ENETUNREACH: 'network unreachable',
  ETIMEDOUT: 'connection timed out',
  EMFILE: 'no file descriptor left here',
  ENFILE: 'no file descriptor left here',
  EADDRNOTAVAIL: 'no port left here',
  ENOTFOUND: 'the host name is not known',
  EAI_AGAIN: 'the host name cannot be resolved now',
};
