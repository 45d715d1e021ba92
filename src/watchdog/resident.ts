import { systemClock } from '../backends/clock.ts';
import { milliseconds, seconds } from '../wire/units.ts';
import { watchProcess } from '../linux/pidfd.ts';
import { sdNotify } from '../linux/sdnotify.ts';
import { runCommand } from './command.ts';
import type { Running } from './command.ts';
import { takeGuard } from './guard.ts';
import { lookAt } from './look.ts';
import type { News } from './news.ts';
import type { Settings } from './settings.ts';
import { identitiesOf } from './target.ts';
import { readVerdict, removeVerdict, uptime, verdictDirectory, writeVerdict } from './verdict.ts';
import { Watchdog } from './watchdog.ts';

/** A watchdog that goes on until it is stopped. */
export interface Resident {
  /** Stops it and takes its verdict away. */
  stop(): Promise<void>;
}

/**
 * Starts a watchdog with the kernel's own hands, or says who watches the target already. `dryRun` runs nothing and
 * leaves a verdict all the same. Throws OpError.
 */
export function startWatchdog(
  settings: Settings,
  dryRun: boolean,
  tell: (news: News) => void,
): Resident | { readonly refused: string } {
  const { target, timeout } = settings;
  const directory = settings.directory ?? verdictDirectory();
  const guard = takeGuard(identitiesOf(target, settings.restart));
  if ('taken' in guard) return { refused: refusal(target.name, directory, guard.taken) };
  let isReady = false;
  const watchdog = new Watchdog(
    settings,
    {
      look: (before) => lookAt(target, timeout, before),
      run: dryRun ? pretend : runCommand,
      watch: ({ pid, startTime }, onExit) => watchProcess(pid, startTime, onExit),
      publish(health, reason, lasts) {
        sdNotify(isReady ? 'WATCHDOG=1' : 'READY=1\nWATCHDOG=1');
        isReady = true;
        writeVerdict(directory, target.name, {
          health,
          reason,
          pid: process.pid,
          until: seconds(uptime() + lasts / 1000),
        });
      },
      tell,
    },
    systemClock,
  );
  tell({ type: 'watching', what: whatOf(settings), dryRun });
  watchdog.start();
  return {
    async stop() {
      sdNotify('STOPPING=1');
      await watchdog.stop();
      removeVerdict(directory, target.name);
      guard.release();
    },
  };
}

const pretend = (): Running => ({
  outcome: Promise.resolve({ good: true, words: 'not run (dry run)', output: '', took: milliseconds(0) }),
  cancel() {},
});

function whatOf({ target, restart, lastResort }: Settings): string[] {
  const { process, user, pidFile, ports, urls } = target;
  return [
    ...(process === undefined ? [] : [`process "${process}"${user === undefined ? '' : ` of user ${user.name}`}`]),
    ...(pidFile === undefined ? [] : [`pid file "${pidFile}"`]),
    ...(ports.length === 0 ? [] : [`port ${ports.join(', ')}`]),
    ...urls.map(({ text }) => text),
    ...(restart === undefined && lastResort === undefined ? ['no command: it only tells'] : []),
  ];
}

/** Which of the identities was taken says what to do about it. */
function refusal(name: string, directory: string, taken: number): string {
  const other = readVerdict(directory, name);
  const who = other === undefined ? 'another watchdog' : `the watchdog of process ${other.pid}`;
  if (taken === 0) return `Cannot watch "${name}": ${who} has that name; stop it, or give another --name`;
  const what = taken === 1 ? 'watches the same' : 'has the same --restart';
  return `Cannot watch "${name}": another watchdog ${what}, and two would restart it twice; stop one of them`;
}
