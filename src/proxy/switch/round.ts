import type { FrontModel } from '../model.ts';
import { milliseconds } from '../../wire/units.ts';
import { endpoint } from '../bind.ts';
import { ask, questionsFor } from './probe.ts';
import type { Answer, Question } from './probe.ts';

/** What the old proxy answered, by question: the new one has to answer alike. */
export type Baseline = ReadonlyMap<string, Answer['said']>;

export type RoundResult = { readonly answer: 'good' | 'wrong' | 'silent'; readonly detail: string };

/** Where several may accept, the chance to meet the new one is one in the number of sockets; this is enough for 32. */
const MOST_TRIES = 200;

/** A proxy that hangs makes every connection to it wait. */
const MOST_TIME = milliseconds(4000);

/** Connections at once, so that one that is idle does not take them all. */
const WIDTH = 8;

const keyOf = ({ service, address, port, path }: Question): string => `${service} ${endpoint(address, port)} ${path}`;

/** Asks the proxy that serves alone, for comparison. */
export async function baselineOf(model: FrontModel): Promise<Baseline> {
  const questions = questionsFor(model);
  const answers = await Promise.all(questions.map((question) => ask(question, () => [])));
  return new Map(questions.map((question, index) => [keyOf(question), answers[index]?.said ?? 'closed']));
}

/**
 * Asks everything until the processes of `pids` have answered each question. A listener that belongs to nobody else is
 * answered at the first try.
 */
export async function probeRound(
  model: FrontModel,
  baseline: Baseline,
  pids: () => readonly number[],
): Promise<RoundResult> {
  const questions = questionsFor(model);
  for (const question of questions) {
    const answer = await answerOf(question, pids);
    const what = `${endpoint(question.address, question.port)}${question.path}`;
    if (answer === undefined) return { answer: 'silent', detail: `it has taken no connection to ${what}` };
    const wrong = compare(baseline.get(keyOf(question)), answer.said);
    if (wrong !== undefined) return { answer: 'wrong', detail: `it answers ${what} with ${wrong}` };
  }
  const detail = questions.length === 0 ? 'no address of a service is on this host, nothing can be asked' : '';
  return { answer: 'good', detail };
}

/** The first answer of those processes. */
async function answerOf(question: Question, pids: () => readonly number[]): Promise<Answer | undefined> {
  const deadline = performance.now() + MOST_TIME;
  for (let tries = 0; tries < MOST_TRIES && performance.now() < deadline; tries += WIDTH) {
    const own = new Set(pids());
    const answers = await Promise.all(Array.from({ length: WIDTH }, () => ask(question, pids)));
    const found = answers.find(({ pid }) => pid !== undefined && own.has(pid));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** What is wrong with an answer in the light of the old one's; `undefined` when it is as good. */
function compare(old: Answer['said'] | undefined, now: Answer['said']): string | undefined {
  if (typeof now === 'object') return now.trouble;
  if (typeof now === 'string') return old === 'open' && now === 'closed' ? 'the end of the connection' : undefined;
  // An old proxy that has no good answer either, or none at all, is no measure.
  if (typeof old !== 'number' || old >= 500) return undefined;
  return Math.floor(old / 100) === Math.floor(now / 100) ? undefined : `${now}, where the old one says ${old}`;
}
