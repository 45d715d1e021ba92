import { OpError } from '../linux/operror.ts';
import type { Context, Outcome } from './enforce.ts';
import type { Failure } from './succession.ts';
import { reload } from './reload.ts';
import type { Swap } from './swap.ts';

/** Whether a target takes a new main process: none runs that we are to start, or it runs with other sockets. */
export const needsStart = ({ runner: { managing }, seen: { found }, target }: Context): boolean =>
  managing !== undefined && (found === undefined || !managing.isSeated(target.model));

/** From the commit on, where a proxy is started: the first one, or one that takes the place of another. */
export async function startUp(context: Context, swap: Swap): Promise<Outcome> {
  const { profile, runner, seen, target, progress, onReload } = context;
  const { found } = seen;
  const isFirst = found === undefined;
  progress(isFirst ? `${profile.title} starts` : `another ${profile.title} starts beside the one that runs`);
  swap.commit();
  let started: Awaited<ReturnType<NonNullable<typeof runner.managing>['start']>>;
  try {
    started = (await runner.managing?.start(target.model)) ?? { trouble: 'nobody starts it', findings: [] };
  } catch (error) {
    swap.undo();
    if (!(error instanceof OpError)) throw error;
    return { result: 'failed', method: 'start', message: error.message };
  }
  if ('trouble' in started) return goBack(context, swap, started);
  swap.finish();
  if (!isFirst) onReload();
  const how = isFirst ? 'started' : 'in force in another process; the former one finishes what it has';
  return { result: 'effective', method: 'start', message: how, main: started.found.main };
}

/** The proxy that ran was not touched, but what was started may have taken the names of its unix sockets. */
async function goBack(context: Context, swap: Swap, { trouble, findings }: Failure): Promise<Outcome> {
  const { profile, seen, disk, directory } = context;
  swap.undo();
  disk.sync(directory);
  if (seen.found === undefined) return { result: 'failed', method: 'start', message: trouble, findings };
  const { evidence, runtime } = profile.steering;
  const again = evidence === undefined && runtime === undefined ? undefined : await reload(context, seen.found);
  const isUncertain = again?.isEffective === false;
  const message = `${trouble}; put back what was before`;
  return { result: 'rolled-back', method: 'start', message, findings, isUncertain, main: seen.found.main };
}
