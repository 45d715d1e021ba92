import { posix } from 'node:path';
import { OpError } from '../linux/operror.ts';
import { bindsOf } from './bind.ts';
import { cleanEnvironment } from './charge.ts';
import type { ProxySettings } from './discover.ts';
import type { Disk } from './disk.ts';
import { explainTaken } from './holder.ts';
import type { Keeper } from './keeper.ts';
import type { Plan } from './succession.ts';
import type { FrontModel } from './model.ts';
import type { Profile } from './profile.ts';
import { adoptedRunner, lookAgain } from './runner.ts';
import type { Managing, Runner, Surroundings } from './runner.ts';
import { areSameSeats } from './sockets.ts';
import type { Place } from './steering.ts';
import { procfs } from './table.ts';
import type { ProcessTable } from './table.ts';
import type { Milliseconds } from '../wire/units.ts';

/** Where and how a proxy is managed. */
export interface ManagedOptions {
  readonly profile: Profile;
  readonly binary: string;
  /** Where the whole configuration is rendered to. */
  readonly directory: string;
  /** Where the proxy logs. */
  readonly logs: string;
  /** Where its pid is written for people and scripts; nothing here reads it. */
  readonly pidFile: string;
  readonly include: readonly string[];
  /** How long a former proxy may finish what it has. */
  readonly drain: Milliseconds;
  readonly disk: Disk;
  /** Told when some of the former proxies did not end by themselves and were stopped. */
  readonly onStopped: (count: number) => void;
}

const unspecific: ProxySettings = { pidFile: undefined, process: undefined, listen: [] };

/** What a plan for this proxy is, with the sockets of a model. */
export function planFor(options: ManagedOptions, model: FrontModel): Plan {
  const { profile, binary, directory, logs, include } = options;
  const seats = bindsOf(model).map(({ address, port }) => ({ address, port }));
  const main = posix.join(directory, profile.steering.mainName);
  const place: Place = { main, directory, logs, include, sockets: seats.length };
  const start = profile.steering.start(binary, place);
  const { mainSocket } = profile.steering.launch(start.command);
  return { profile, start, mainSocket, seats, output: posix.join(logs, 'output.log') };
}

/** The proxy that a keeper has started: known by its pid, changed as any other, and started where a reload is not enough. */
export function managedRunner(keeper: Keeper, options: ManagedOptions): Runner {
  const { profile } = options;
  const surroundings = (
    descriptors: readonly number[],
    environment: Readonly<Record<string, string>>,
  ): Surroundings => ({
    directory: '/',
    environment: { ...cleanEnvironment(), ...environment },
    descriptors,
  });
  const managing: Managing = {
    commandLine: planFor(options, { services: [] }).start.command,
    prepare(model) {
      const { seats, start } = planFor(options, model);
      makeDirectories(options);
      return surroundings(
        explainTaken(() => keeper.descriptors(seats)),
        start.environment,
      );
    },
    release: () => keeper.release(),
    isSeated(model) {
      const { seats, start } = planFor(options, model);
      const current = keeper.current;
      if (current?.charge.profile !== profile) return false;
      return areSameSeats(current.seats, seats) && current.command.join('\0') === start.command.join('\0');
    },
    async start(model) {
      const succession = await managing.hold(model);
      if ('trouble' in succession) return succession;
      try {
        managing.conclude(succession);
      } catch (error) {
        await succession.abandon();
        throw error;
      }
      return { found: succession.found };
    },
    hold(model) {
      makeDirectories(options);
      return keeper.succeed(planFor(options, model));
    },
    conclude(succession) {
      const { drained } = succession.commit(options.drain);
      void settle(drained, succession.found.main.pid, keeper, options);
    },
  };
  return {
    ...adoptedRunner(profile, unspecific),
    find: () => (keeper.current?.charge.profile === profile ? keeper.find() : undefined),
    again: (found) => lookAgain(profile, unspecific, found, procfs),
    surroundings: () => surroundings([], {}),
    managing,
  };
}

/** A former proxy may take the pid file along, so it is written again when that has ended. */
async function settle(drained: Promise<number>, pid: number, keeper: Keeper, options: ManagedOptions): Promise<void> {
  writePid(pid, options);
  const count = await drained;
  if (count > 0) options.onStopped(count);
  if (keeper.current?.charge.main.pid === pid) writePid(pid, options);
}

function writePid(pid: number, { disk, pidFile }: ManagedOptions): void {
  try {
    disk.write(pidFile, `${pid}\n`);
  } catch (error) {
    // Nothing depends on it.
    if (!(error instanceof OpError)) throw error;
  }
}

function makeDirectories({ disk, directory, logs }: ManagedOptions): void {
  for (const path of [directory, logs]) disk.makeDirectory(path);
}

/** The processes of the proxy that is kept, as a watch looks at them: no other of the same name is mistaken for it. */
export function keptTable(keeper: Keeper, profile: Profile): ProcessTable {
  // During a switch to another profile that one is on trial.
  const current = (): Keeper['current'] => keeper.all.find(({ charge }) => charge.profile === profile);
  return {
    ...procfs,
    named(comm) {
      const own = current()?.charge.processes() ?? [];
      return { own: own.filter((each) => each.comm === comm), nested: [] };
    },
    pidFile() {
      const kept = current();
      return kept === undefined ? { refused: 'missing' } : { pid: kept.charge.main.pid };
    },
  };
}
