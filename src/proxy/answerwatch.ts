import type { ProbeConfig } from '../config/config.ts';
import type { Milliseconds } from '../wire/units.ts';
import { questionWords } from './question.ts';
import type { Question } from './question.ts';

/**
 * The third level of liveness, which decides: does the proxy answer? A few questions a round, those that were not
 * answered last first, the others in turn; what several rounds mean follows from `rise` and `fall`.
 *
 * It keeps no time itself: whoever watches calls `round` every period. An answer that did not come because this program
 * was not running says nothing about the proxy and is passed over.
 */
export interface Answer {
  readonly result: 'good' | 'bad';
  readonly reason: string;
  readonly duration: Milliseconds;
}

/** Asks once and gives back how to call that off; `done` is told once, never in this stack. */
export type Ask = (question: Question, timeout: Milliseconds, done: (answer: Answer) => void) => () => void;

export interface AnswerWatchOptions {
  readonly probe: ProbeConfig;
  readonly ask: Ask;
  /** Told when the state changes. */
  readonly onTurn: () => void;
}

/** What is known of one question. */
interface Standing {
  readonly question: Question;
  isBad: boolean;
  goods: number;
  bads: number;
  reason: string;
  /** Undefined while nobody has answered or failed to. */
  judged: boolean;
  cancel: (() => void) | undefined;
}

/** Questions of one round; others have their turn in the next. */
const MOST_AT_ONCE = 8;

/** An answer that is later than its time-out by this was late here, not there. */
const LATE = 50;

/** Asks the proxy, round by round. */
export class AnswerWatch {
  readonly #options: AnswerWatchOptions;
  /** By the question in words. BOUNDED: by `questionsFor`. */
  readonly #standings: Map<string, Standing> = new Map();
  #turn = 0;

  constructor(options: AnswerWatchOptions) {
    this.#options = options;
  }

  /** Why the proxy is dead, in words; `undefined` when it answers, or could not be asked yet. */
  get trouble(): string | undefined {
    const bad = [...this.#standings.values()].filter(({ isBad }) => isBad);
    const [first] = bad;
    if (first === undefined) return undefined;
    const more = bad.length === 1 ? '' : ` and ${bad.length - 1} more`;
    return `${questionWords(first.question)}${more} failed: ${first.reason}`;
  }

  /** What was answered last, in words; `undefined` when nothing was. */
  get words(): string | undefined {
    const [first, ...others] = [...this.#standings.values()].filter(({ judged, isBad }) => judged && !isBad);
    if (first === undefined) return undefined;
    const more = others.length === 0 ? '' : ` and ${others.length} more`;
    return `${questionWords(first.question)}${more}: ${first.reason}`;
  }

  /** Asks once more. What is no longer asked is forgotten. */
  round(questions: readonly Question[]): void {
    const now = new Map(questions.map((question) => [JSON.stringify(question), question]));
    for (const [key, standing] of this.#standings) {
      if (now.has(key)) continue;
      standing.cancel?.();
      this.#standings.delete(key);
    }
    for (const [key, question] of now) if (!this.#standings.has(key)) this.#standings.set(key, fresh(question));
    for (const standing of this.#chosen()) this.#ask(standing);
  }

  /** Forgets everything: the proxy is another one, or gone. */
  reset(): void {
    this.round([]);
  }

  #chosen(): Standing[] {
    const idle = [...this.#standings.values()].filter(({ cancel }) => cancel === undefined);
    const first = idle.filter(({ bads, isBad, judged }) => bads > 0 || isBad || !judged).slice(0, MOST_AT_ONCE);
    const rest = idle.filter((standing) => !first.includes(standing));
    const room = Math.min(rest.length, Math.max(1, MOST_AT_ONCE - first.length));
    const turn = Array.from({ length: room }, (_, i) => rest[(this.#turn + i) % rest.length]);
    this.#turn = rest.length === 0 ? 0 : (this.#turn + room) % rest.length;
    return [...first, ...turn.flatMap((standing) => standing ?? [])];
  }

  #ask(standing: Standing): void {
    const { ask, probe, onTurn } = this.#options;
    standing.cancel = ask(standing.question, probe.timeout, ({ result, reason, duration }) => {
      standing.cancel = undefined;
      if (result === 'bad' && duration > probe.timeout + LATE) return;
      const before = standing.isBad;
      standing.goods = result === 'good' ? standing.goods + 1 : 0;
      standing.bads = result === 'bad' ? standing.bads + 1 : 0;
      standing.reason = reason;
      standing.judged = true;
      if (standing.isBad ? standing.goods >= probe.rise : standing.bads >= probe.fall) standing.isBad = !before;
      if (standing.isBad !== before) onTurn();
    });
  }
}

const fresh = (question: Question): Standing => ({
  question,
  isBad: false,
  goods: 0,
  bads: 0,
  reason: 'not asked yet',
  judged: false,
  cancel: undefined,
});
