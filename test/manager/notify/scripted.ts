import type { EventRecord } from '../../../src/control/event.ts';
import type { Outcome, Sender } from '../../../src/manager/notify/sender.ts';

/** A receiver that answers as it is told to, and notes what it was sent. */
export class Scripted implements Sender {
  readonly attempts: number[] = [];
  /** The answers to come; the last holds. */
  answers: (Outcome | 'hang')[] = [{ kind: 'delivered', detail: 'taken' }];
  /** Events of which it has got more than one at a time. */
  together = 0;
  #running = 0;

  /** What it took, in the order in which it took it. */
  readonly taken: number[] = [];

  async send(record: EventRecord, signal: AbortSignal): Promise<Outcome> {
    this.attempts.push(record.seq);
    if (++this.#running > 1) this.together++;
    const answer = (this.answers.length > 1 ? this.answers.shift() : this.answers[0]) ?? 'hang';
    if (answer === 'hang') {
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    }
    this.#running--;
    if (answer === 'hang') return { kind: 'later', reason: String(signal.reason) };
    if (answer.kind === 'delivered') this.taken.push(record.seq);
    return answer;
  }

  describe(record: EventRecord): string[] {
    return [`would send ${record.seq}`];
  }
}

export const LATER: Outcome = { kind: 'later', reason: 'ECONNREFUSED' };
export const REFUSED: Outcome = { kind: 'refused', reason: 'answered 400' };
export const TAKEN: Outcome = { kind: 'delivered', detail: 'taken' };
