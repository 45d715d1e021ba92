import { errorCode, OpError } from '../../linux/operror.ts';
import { isDead, statOf } from '../../linux/procstat.ts';
import { after, milliseconds } from '../../wire/units.ts';
import type { Milliseconds } from '../../wire/units.ts';
import type { Applier } from '../apply.ts';
import type { ApplyResult } from '../request.ts';
import type { Time } from '../effect.ts';
import type { Found } from '../family.ts';
import type { FrontModel } from '../model.ts';
import { isSame } from '../process.ts';
import type { ProcessInfo } from '../process.ts';
import type { Profile } from '../profile.ts';
import type { Runner } from '../runner.ts';
import type { Starter } from './starter.ts';

/** One of the two proxies of a switch, whoever starts it and whoever owns its sockets. */
export interface Side {
  readonly profile: Profile;
  /** Who starts it; `undefined` when that is this program. */
  readonly starter: Starter | undefined;
  /** Lets its checker look at the configuration for a model, with it on the disk or not. Gives why it may not start. */
  validate(model: FrontModel): Promise<{ readonly trouble: string | undefined; readonly findings: readonly string[] }>;
  /** What would change in its files, and what the checker says. */
  preview(model: FrontModel): Promise<ApplyResult>;
  /** The proxy now; `undefined` when none runs. */
  find(): Found | undefined;
  /** The same proxy; `undefined` when its main process has gone. */
  again(found: Found): Found | undefined;
  /** Starts it with the configuration for a model and waits until it runs. Throws OpError with what it said. */
  start(model: FrontModel): Promise<Found>;
  /**
   * Makes one that was started for a trial the proxy of this host, where this program keeps it; the one before is drained.
   * Gives why it is not, and then nothing has happened. Nothing to do for others.
   */
  commit(): Promise<string | undefined>;
  /** Makes it take nothing new and end when it has finished. Throws OpError. */
  drain(found: Found): Promise<void>;
  /** Ends it and returns when it is gone. Throws OpError. */
  end(found: Found): Promise<void>;
  /** Takes back what was arranged for the switch. Throws OpError. */
  settle(): Promise<void>;
}

/** How long a proxy that is told to end may take. */
const FAREWELL = milliseconds(3000);

/** How long one that was started may take until it serves. */
const START = milliseconds(10_000);
const STEP = milliseconds(20);

export interface AdoptedSide {
  readonly profile: Profile;
  /** Makes it when it is needed first. */
  readonly applier: () => Applier;
  readonly runner: Runner;
  readonly starter: Starter;
  readonly time: Time;
}

/** A proxy that is started by its unit or its command, and that opens its sockets itself. */
export function adoptedSide({ profile, applier, runner, starter, time }: AdoptedSide): Side {
  let made: Applier | undefined;
  const applies = (): Applier => (made ??= applier());
  return {
    profile,
    starter,
    async validate(model) {
      const { result, message, findings } = await applies().apply({ model, cause: 'switch', isByHand: true });
      return { trouble: result === 'written' || result === 'unchanged' ? undefined : message, findings };
    },
    preview: (model) => applies().preview({ model, cause: 'switch', isByHand: true }),
    find: () => runner.find(),
    again: (found) => runner.again(found),
    async start(model) {
      await starter.start();
      const found = await soon(() => served(runner.find()), START, time);
      if (found === undefined)
        throw new OpError(`start ${profile.title}`, 'ETIMEDOUT', {
          advice: 'it was started and does not run; see its log',
        });
      await applies().started(model);
      return found;
    },
    commit: () => Promise.resolve(undefined),
    async drain({ main }) {
      try {
        await starter.holdDown();
      } finally {
        signal(profile, main, profile.steering.drainSignal);
      }
    },
    async end(found) {
      try {
        await starter.stop();
      } catch (error) {
        // What the unit does not know it cannot stop; whether it is gone is seen in the processes.
        if (!(error instanceof OpError)) throw error;
      }
      await endProcesses(profile, found, time);
    },
    settle: () => starter.settle(),
  };
}

/** One that serves already. */
const served = (found: Found | undefined): Found | undefined =>
  found !== undefined && (found.alone || found.workers.length > 0) ? found : undefined;

/** Ends a proxy for good: asks its main process, and kills what is left of it. Throws OpError. */
export async function endProcesses(profile: Profile, { main, workers, leaving }: Found, time: Time): Promise<void> {
  const family = [main, ...workers, ...leaving];
  const isGone = (): boolean => !family.some((process) => isAlive(process));
  if (isAlive(main)) signal(profile, main, 'SIGTERM');
  if ((await soon(isGone, FAREWELL, time)) === true) return;
  for (const process of family) if (isAlive(process)) signal(profile, process, 'SIGKILL');
  if ((await soon(isGone, FAREWELL, time)) === true) return;
  throw new OpError(`end ${profile.title} main process ${main.pid}`, 'ETIMEDOUT', {
    advice: 'it does not end when it is killed; is its file system hanging?',
  });
}

/** The first answer that is one, `undefined` when there is none in time. */
async function soon<T>(look: () => T | undefined | false, limit: Milliseconds, time: Time): Promise<T | undefined> {
  const deadline = after(time.now(), limit);
  for (;;) {
    const found = look();
    if (found !== undefined && found !== false) return found;
    if (time.now() >= deadline) return undefined;
    await time.sleep(STEP);
  }
}

function isAlive(process: ProcessInfo): boolean {
  const is = statOf(process.pid);
  return is !== undefined && isSame(is, process) && !isDead(is);
}

/** A process that has just ended needs no signal. */
function signal({ title }: Profile, { pid, startTime }: ProcessInfo, name: NodeJS.Signals): void {
  const is = statOf(pid);
  if (is === undefined || !isSame(is, { pid, startTime })) return;
  try {
    process.kill(pid, name);
  } catch (cause) {
    const code = errorCode(cause) ?? 'EPERM';
    if (code === 'ESRCH') return;
    throw new OpError(`send ${name} to ${title} process ${pid}`, code, {
      cause,
      advice: 'run as root or grant CAP_KILL',
    });
  }
}
