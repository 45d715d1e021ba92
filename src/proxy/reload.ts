import { awaitEffect, failuresSoFar } from './effect.ts';
import type { Effect } from './effect.ts';
import type { Context, Outcome } from './enforce.ts';
import type { Found } from './family.ts';
import type { Finding } from './steering.ts';
import type { Swap } from './swap.ts';
import { findingWords } from './validate.ts';

/** A reload; one that cannot be asked for is put back at once. */
export async function reloadOr(context: Context, found: Found, swap: Swap): Promise<Effect> {
  try {
    return await reload(context, found);
  } catch (error) {
    swap.undo();
    throw error;
  }
}

/** Makes the proxy read its files again, and waits until they are in force. */
export async function reload(context: Context, found: Found): Promise<Effect> {
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

/** Puts back what was before a reload that did not work. */
export async function rollBack(
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
