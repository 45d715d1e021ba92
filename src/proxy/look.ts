import type { Milliseconds } from '../wire/units.ts';
import { OpError } from '../linux/operror.ts';
import type { Disk } from './disk.ts';
import type { Features } from './features.ts';
import type { Found } from './family.ts';
import { inspect } from './inspect.ts';
import type { Profile } from './profile.ts';
import type { RenderOptions } from './rendering.ts';
import type { Runner, Surroundings } from './runner.ts';
import type { Launch } from './steering.ts';
import { resolve } from './validate.ts';

/** A proxy on a host, and where this program writes for it. */
export interface Installation {
  readonly profile: Profile;
  /** Absolute. */
  readonly binary: string;
  readonly directory: string;
  readonly label: string | undefined;
  /** The configured pid file. */
  readonly pidFile: string | undefined;
  readonly runner: Runner;
  /** With which command line it will be started while it does not run; the profile's own way unless given. */
  readonly commandLine?: () => Promise<readonly string[] | undefined>;
  /** What is to be rendered differently from the profile's way with an adopted proxy. */
  readonly render?: Partial<RenderOptions>;
  /** How long the checker may take; 30 s unless given. */
  readonly checkLimit?: Milliseconds;
}

/** What an apply starts from. */
export interface Look {
  readonly found: Found | undefined;
  /** With absolute paths. */
  readonly launch: Launch;
  readonly surroundings: Surroundings;
  readonly features: Features;
}

/** BOUNDED: one for each program that was ever configured; at most 16, then it is emptied. */
const inspected = new Map<string, Features>();

/**
 * Looks for the running proxy and asks its program what it can; the latter once for each version of the file. One that
 * does not run is taken to be started as it was when it was seen `last`, or else as we or its package start it.
 */
export async function look(
  { profile, binary, runner, commandLine }: Installation,
  disk: Disk,
  last: Look | undefined,
): Promise<Look> {
  if (disk.stamp(binary) === '') {
    const advice = 'install it, or name it in "proxy.binary"';
    throw new OpError(`run "${binary}"`, 'ENOENT', { advice });
  }
  const key = `${profile.name} ${binary} ${disk.stamp(binary)}`;
  let features = inspected.get(key);
  if (features === undefined) {
    features = await inspect(profile, binary);
    if (inspected.size >= 16) inspected.clear();
    inspected.set(key, features);
  }
  // The same one again is found by its pid; to look for it takes a look at every process of the host.
  const found = (last?.found && runner.again(last.found)) ?? runner.find();
  // A process that executes itself anew, or is about to end, has no command line for a moment.
  const isPlain = found !== undefined && found.main.commandLine.length > 0;
  if (!isPlain && last !== undefined) return { ...last, found, features };
  const surroundings = found === undefined ? nowhere : runner.surroundings(found.main);
  const cold = runner.managing?.commandLine ?? (found === undefined ? await commandLine?.() : undefined);
  const launch = profile.steering.launch(cold ?? (isPlain ? found.main.commandLine : undefined));
  return { found, launch: resolve(launch, surroundings.directory), surroundings, features };
}

const nowhere: Surroundings = { directory: undefined, environment: undefined };
