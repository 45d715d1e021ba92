import { milliseconds } from '../wire/units.ts';
import type { Instant } from '../wire/units.ts';
import { OpError } from '../linux/operror.ts';
import { bindsOf, endpoint } from './bind.ts';
import type { Wait } from './budget.ts';
import type { Disk } from './disk.ts';
import { planOf } from './draft.ts';
import type { Time } from './effect.ts';
import type { ApplyMethod, ApplyOutcome } from './history.ts';
import type { Installation, Look } from './look.ts';
import type { FrontModel } from './model.ts';
import { preflight } from './preflight.ts';
import type { ProcessInfo } from './process.ts';
import { reloadOr, rollBack } from './reload.ts';
import type { Surroundings } from './runner.ts';
import { say } from './say.ts';
import { needsStart, startUp } from './startup.ts';
import type { Finding, RuntimePlan } from './steering.ts';
import { candidateOf, Swap } from './swap.ts';
import { changedFiles } from './target.ts';
import type { Target } from './target.ts';
import { validate } from './validate.ts';
import type { Verdict } from './validate.ts';

/** What the proxy is known to serve. */
export interface Known {
  readonly id: number;
  readonly model: FrontModel;
}

export interface Outcome {
  readonly result: ApplyOutcome | 'deferred';
  readonly method: ApplyMethod;
  readonly message: string;
  readonly findings?: readonly (Finding | string)[];
  /** The main process in which it is in force. */
  readonly main?: ProcessInfo | undefined;
  readonly until?: Instant | undefined;
  /** Whether it is not known what the proxy serves now. */
  readonly isUncertain?: boolean;
}

export interface Context extends Installation {
  readonly target: Target;
  readonly seen: Look;
  readonly disk: Disk;
  readonly time: Time;
  readonly known: Known | undefined;
  readonly isInForce: boolean;
  /** What a reload has to wait for; `undefined` when it may be now. */
  readonly wait: Wait | undefined;
  readonly onReload: () => void;
  readonly progress: (words: string) => void;
  /** Only finds out what would be done. */
  readonly isDry: boolean;
}

const CHECK_LIMIT = milliseconds(30_000);

/** Puts a target in force, from the staging on. Throws OpError when something on the host fails; nothing is in force then. */
export async function enforce(context: Context): Promise<Outcome> {
  const { target, seen, disk, isInForce, wait, isDry, progress } = context;
  const changed = changedFiles(target);
  const isStart = needsStart(context);
  const plan = isStart ? undefined : runtimePlan(context);
  const isSilent = changed.every(({ kind }) => kind === 'state');
  if (isInForce && !isStart && isSilent && (plan === undefined || plan.commands.length === 0)) {
    // Read at the next start only: there is nothing to validate and nobody to tell.
    if (!isDry) for (const { path, text } of changed) replace(disk, path, text);
    return { result: 'unchanged', method: 'none', message: 'everything is in force already', main: seen.found?.main };
  }
  const method = isStart ? 'start' : seen.found === undefined ? 'none' : plan === undefined ? 'reload' : 'runtime';
  // Another main process costs what a reload costs; when none runs there is nothing to spare.
  if ((method === 'reload' || (isStart && seen.found !== undefined)) && wait !== undefined && !isDry)
    return { result: 'deferred', method, message: wait.why, until: wait.until };
  const swap = new Swap(
    disk,
    context.directory,
    changed.map(({ path, text, before }) => ({ path, text, isNew: before === undefined })),
  );
  try {
    swap.stage();
    const surroundings = context.runner.managing?.prepare(target.model) ?? seen.surroundings;
    progress(`${context.profile.title} checks the configuration`);
    // To start the checker holds up everything else for milliseconds, so the proxy is told first.
    const spoken = plan === undefined || isDry ? undefined : await speak(context, plan);
    const verdict = await judge(context, surroundings);
    const trouble = verdict.trouble ?? (method === 'reload' ? await unbindable(context) : undefined);
    if (trouble === undefined && isDry) return dryOutcome(method, verdict);
    if (trouble === undefined) return await (isStart ? startUp(context, swap) : finish(context, swap, spoken));
    if (spoken === 'done') await takeBack(context);
    return {
      ...{ result: 'refused', method: 'none', message: trouble, findings: verdict.findings },
      isUncertain: spoken !== undefined,
    };
  } finally {
    // After a commit there is nothing left of either.
    context.runner.managing?.release();
    swap.discard();
  }
}

const dryOutcome = (method: ApplyMethod, { findings }: Verdict): Outcome => ({
  result: 'effective',
  method,
  message: method === 'none' ? 'it would be written; no proxy runs' : `it would be put in force by ${byWords[method]}`,
  findings,
});

const byWords: Readonly<Record<Exclude<ApplyMethod, 'none'>, string>> = {
  runtime: 'its run-time interface',
  reload: 'a reload',
  start: 'starting it',
};

/** What to say to the proxy to bring about the change; `undefined` when that is not possible. */
export function runtimePlan({ profile, seen, target, known, disk }: Context): RuntimePlan | undefined {
  const { runtime } = profile.steering;
  if (runtime === undefined || seen.found === undefined || known === undefined) return undefined;
  if (runtime.socket(seen.launch, disk) === undefined) return undefined;
  return planOf(profile, known.model, target.model, target.options);
}

/** The checker's word; that it is missing or hangs is one too, so that what was done meanwhile is taken back. */
async function judge(context: Context, surroundings: Surroundings): Promise<Verdict> {
  const { profile, binary, seen, target, disk, checkLimit = CHECK_LIMIT } = context;
  const staged = changedFiles(target);
  // Without a change in the files there is nothing to judge, unless nobody knows whether they were ever in force.
  if (staged.every(({ kind }) => kind === 'state') && context.isInForce) return { trouble: undefined, findings: [] };
  try {
    const question = { steering: profile.steering, binary, launch: seen.launch, surroundings };
    return await validate({ ...question, files: target.files, staged, limit: checkLimit }, disk);
  } catch (error) {
    if (!(error instanceof OpError)) throw error;
    return { trouble: error.message, findings: [] };
  }
}

/** `done`, or why the proxy did not do it all. */
async function speak(context: Context, plan: RuntimePlan): Promise<string> {
  const { profile, seen, disk } = context;
  const socket = profile.steering.runtime?.socket(seen.launch, disk);
  if (socket === undefined) return 'its socket has gone';
  return say(profile, socket, plan);
}

/** Takes back what was said; what then is in force is seen at the next apply. */
async function takeBack(context: Context): Promise<void> {
  const { profile, target, known } = context;
  const plan = known && profile.steering.runtime?.plan(target.model, known.model, target.options);
  if (plan !== undefined) await speak(context, plan);
}

/** Why a reload could not bind what it has to; `undefined` when it can. */
async function unbindable({ profile, seen, target, known, disk, runner }: Context): Promise<string | undefined> {
  const { found } = seen;
  if (found === undefined || target.options.listeners === 'inherited') return undefined;
  const own = bindsOf(target.model);
  const others = profile.steering.binds?.(seen.launch, disk) ?? [];
  const had = known && new Set(bindsOf(known.model).map(({ address, port }) => endpoint(address, port)));
  const fresh = own.filter(
    ({ address, port }) => had !== undefined && !had.has(endpoint(address, port)) && !runner.listensOn(found, port),
  );
  const wrong = await preflight([...own, ...others], fresh);
  return wrong[0] === undefined ? undefined : `a reload would fail: ${wrong.join('; ')}`;
}

/** From the commit on. */
async function finish(context: Context, swap: Swap, spoken: string | undefined): Promise<Outcome> {
  const { profile, seen, progress } = context;
  const { found } = seen;
  if (found?.alone === true) {
    const message = `${profile.title} runs without a main process and cannot be reloaded; start it with one`;
    if (spoken !== 'done') return { result: 'refused', method: 'none', message };
  }
  swap.commit();
  if (found === undefined || spoken === 'done') {
    swap.finish();
    const main = found?.main;
    return found === undefined
      ? { result: 'written', method: 'none', message: `written; no ${profile.title} runs` }
      : { result: 'effective', method: 'runtime', message: 'in force without a reload', main };
  }
  const why = spoken === undefined ? '' : `, because its run-time interface did not do it: ${spoken}`;
  progress(`${profile.title} reloads${why}`);
  const effect = await reloadOr(context, found, swap);
  if (effect.isEffective) {
    swap.finish();
    return {
      result: 'effective',
      method: 'reload',
      message: `in force after a reload${why}`,
      main: found.main,
    };
  }
  return rollBack(context, found, swap, effect);
}

/** A file that nobody has to be told about. */
function replace(disk: Disk, path: string, text: string): void {
  disk.write(candidateOf(path), text);
  disk.rename(candidateOf(path), path);
}
