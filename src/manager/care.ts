import { posix } from 'node:path';
import type { RunOptions } from '../control/runoptions.ts';
import type { Severity } from '../config/eventname.ts';
import { now } from '../linux/clock.ts';
import type { Time } from '../proxy/effect.ts';
import type { Profile } from '../proxy/profile.ts';
import { Applying } from './applying.ts';
import type { UnstampedManagerEvent } from './event.ts';
import { installationOf } from './installation.ts';
import { Keeping } from './keeping.ts';

const time: Time = { now, sleep: (duration) => new Promise((resolve) => setTimeout(resolve, duration)) };

/** What takes care of the proxy: what it is to serve, and in managed mode that it runs. */
export interface Care {
  readonly applying: Applying;
  readonly keeping: Keeping;
}

export interface CareOptions {
  readonly run: RunOptions;
  readonly profiles: Readonly<Record<string, Profile>>;
  /** A managed proxy was started or has ended. */
  readonly onChange: () => void;
  readonly tell: (event: UnstampedManagerEvent) => void;
}

/** The two know each other: the one starts what the other keeps. */
export function careFor({ run, profiles, onChange, tell }: CareOptions): Care {
  const say = (severity: Severity, detail: string): void => tell({ type: 'manager', severity, detail });
  const keeping = new Keeping({
    ...{ profiles, time, onChange, say },
    // Beside the control socket: what runs is of this boot.
    record: posix.join(posix.dirname(run.socket), 'proxy.json'),
    start: () => applying.start(),
  });
  const applying = new Applying(profiles, {
    onResult: tell,
    onTrouble: (words) => say('warning', words),
    installation: (profile, proxy, label) =>
      installationOf(profile, proxy, {
        ...{ label, time, state: run.state, keeper: keeping.keeper },
        onStopped: () => say('warning', 'the former proxy did not finish in time and was stopped'),
      }),
  });
  return { applying, keeping };
}
