import { milliseconds } from '../wire/units.ts';
import type { Instant } from '../wire/units.ts';
import { OpError } from '../linux/operror.ts';
import { bindsOf, endpoint } from './bind.ts';
import type { Wait } from './budget.ts';
import type { Disk } from './disk.ts';
import { awaitEffect, failuresSoFar } from './effect.ts';
import type { Effect, Time } from './effect.ts';
import type { Found } from './family.ts';
import type { ApplyOutcome, ApplyRecord } from './history.ts';
import type { Installation, Look } from './look.ts';
import type { FrontModel } from './model.ts';
import { preflight } from './preflight.ts';
import type { ProcessInfo } from './process.ts';
import { say } from './say.ts';
import type { Finding, RuntimePlan } from './steering.ts';
import { candidateOf, Swap } from './swap.ts';
import { changedFiles } from './target.ts';
import type { Target } from './target.ts';
import { findingWords, validate } from './validate.ts';
import type { Verdict } from './validate.ts';

/** What the proxy is known to serve. */
export interface Known {
  readonly id: number;
  readonly model: FrontModel;
}

export interface Outcome {
  readonly result: ApplyOutcome | 'deferred';
  readonly method: ApplyRecord['method'];
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
  const plan = runtimePlan(context);
  const isSilent = changed.every(({ kind }) => kind === 'state');
  if (isInForce && isSilent && (plan === undefined || plan.commands.length === 0)) {
    // Read at the next start only: there is nothing to validate and nobody to tell.
    if (!isDry) for (const { path, text } of changed) replace(disk, path, text);
    return { result: 'unchanged', method: 'none', message: 'everything is in force already', main: seen.found?.main };
  }
  const method = seen.found === undefined ? 'none' : plan === undefined ? 'reload' : 'runtime';
  if (method === 'reload' && wait !== undefined && !isDry)
    return { result: 'deferred', method, message: wait.why, until: wait.until };
  const swap = new Swap(
    disk,
    context.directory,
    changed.map(({ path, text, before }) => ({ path, text, isNew: before === undefined })),
  );
  try {
    swap.stage();
    progress(`${context.profile.title} checks the configuration`);
    const [verdict, spoken] = await Promise.all([
      judge(context),
      plan === undefined || isDry ? undefined : speak(context, plan),
    ]);
    const trouble = verdict.trouble ?? (method === 'reload' ? await unbindable(context) : undefined);
    if (trouble === undefined && isDry) return dryOutcome(method, verdict);
    if (trouble === undefined) return await finish(context, swap, spoken);
    if (spoken === 'done') await takeBack(context);
    return {
      ...{ result: 'refused', method: 'none', message: trouble, findings: verdict.findings },
      isUncertain: spoken !== undefined,
    };
  } finally {
    // After a commit there is nothing left of it.
    swap.discard();
  }
}

const dryOutcome = (method: ApplyRecord['method'], { findings }: Verdict): Outcome => ({
  result: 'effective',
  method,
  message: method === 'none' ? 'it would be written; no proxy runs' : `it would be put in force by ${method}`,
  findings,
});

/** What to say to the proxy to bring about the change; `undefined` when that is not possible. */
function runtimePlan({ profile, seen, target, known, disk }: Context): RuntimePlan | undefined {
  const { runtime } = profile.steering;
  if (runtime === undefined || seen.found === undefined || known === undefined) return undefined;
  if (runtime.socket(seen.launch, disk) === undefined) return undefined;
  return runtime.plan(known.model, target.model, target.options);
}

/** The checker's word; that it is missing or hangs is one too, so that what was done meanwhile is taken back. */
async function judge(context: Context): Promise<Verdict> {
  const { profile, binary, seen, target, disk, checkLimit = CHECK_LIMIT } = context;
  const staged = changedFiles(target);
  // Without a change in the files there is nothing to judge, unless nobody knows whether they were ever in force.
  if (staged.every(({ kind }) => kind === 'state') && context.isInForce) return { trouble: undefined, findings: [] };
  try {
    const question = { steering: profile.steering, binary, launch: seen.launch, surroundings: seen.surroundings };
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
    const unsaid = await seed(context);
    return {
      result: 'effective',
      method: 'reload',
      message: `in force after a reload${why}${unsaid}`,
      main: found.main,
    };
  }
  return rollBack(context, found, swap, effect);
}

/** Tells the new workers what the files cannot. What of that did not work, as the end of a sentence. */
export async function seed(context: Context): Promise<string> {
  const { profile, seen, target, disk } = context;
  const { runtime } = profile.steering;
  const socket = runtime?.socket(seen.launch, disk);
  const commands = runtime?.seed(target.model, target.options) ?? [];
  if (socket === undefined || commands.length === 0) return '';
  const spoken = await say(profile, socket, { commands, proofs: [] });
  return spoken === 'done' ? '' : `; servers known to be dead were not told: ${spoken}`;
}

/** A reload; one that cannot be asked for is put back at once. */
async function reloadOr(context: Context, found: Found, swap: Swap): Promise<Effect> {
  try {
    return await reload(context, found);
  } catch (error) {
    swap.undo();
    throw error;
  }
}

async function reload(context: Context, found: Found): Promise<Effect> {
  const { profile, runner, seen, time, onReload } = context;
  const { steering } = profile;
  const socket = seen.launch.mainSocket;
  const before = runner.again(found) ?? found;
  const failed =
    steering.evidence === undefined || socket === undefined
      ? undefined
      : await failuresSoFar(steering.evidence, socket);
  const evidence =
    steering.evidence === undefined || socket === undefined || failed === undefined
      ? undefined
      : { of: steering.evidence, socket, failed };
  runner.signal(found.main, steering.reloadSignal);
  try {
    return await awaitEffect({ runner, before, evidence, patience: steering.patience, time });
  } finally {
    // The pause before the next one begins when this one is over.
    onReload();
  }
}

async function rollBack(
  context: Context,
  found: Found,
  swap: Swap,
  effect: Extract<Effect, { isEffective: false }>,
): Promise<Outcome> {
  const { profile, seen, disk, progress } = context;
  const findings = logged(context);
  const [first] = findings;
  const said = first === undefined ? '' : `: ${findingWords(first)}`;
  const message = `${profile.title} did not take it, ${effect.reason}${said}; put back what was before`;
  progress(message);
  swap.undo();
  // Where only some of the workers are new, the old files have to be told to all.
  const again = effect.isPartly ? await reload(context, found) : undefined;
  const isUncertain = again?.isEffective === false || context.runner.again(found) === undefined;
  disk.sync(context.directory);
  return { result: 'rolled-back', method: 'reload', message, findings, isUncertain, main: seen.found?.main };
}

/** What the proxy wrote about its last reload: the end of its logs. */
function logged({ profile, seen, disk }: Context): Finding[] {
  for (const path of profile.steering.logs(seen.launch, disk)) {
    const text = disk.read(path)?.slice(-8192) ?? '';
    const last = profile.steering
      .findings(text)
      .filter(({ isError }) => isError)
      .slice(-1);
    if (last.length > 0) return last;
  }
  return [];
}

/** A file that nobody has to be told about. */
function replace(disk: Disk, path: string, text: string): void {
  disk.write(candidateOf(path), text);
  disk.rename(candidateOf(path), path);
}
