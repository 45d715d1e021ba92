import { posix } from 'node:path';
import type { RunOptions } from '../control/runoptions.ts';
import type { Severity } from '../config/eventname.ts';
import type { ObservedProxy } from '../engine/messages.ts';
import { now } from '../linux/clock.ts';
import type { Time } from '../proxy/effect.ts';
import type { Profile } from '../proxy/profile.ts';
import { Applying } from './applying.ts';
import type { ApplyingEvents } from './applying.ts';
import type { UnstampedManagerEvent } from './event.ts';
import { installationOf, managedPidFile } from './installation.ts';
import { Keeping } from './keeping.ts';
import { ConfiguredWatch } from './proxywatch.ts';
import type { ManagedView } from './proxywatch.ts';
import { ProxyWatches } from './watches.ts';

const time: Time = { now, sleep: (duration) => new Promise((resolve) => setTimeout(resolve, duration)) };

/** What takes care of the proxy: what it is to serve, how it is, and in managed mode that it runs. */
export interface Care {
  readonly applying: Applying;
  readonly keeping: Keeping;
  readonly watch: ProxyWatches;
  /** Where the proxy of a configuration is, and how it is rendered for. */
  readonly installation: ApplyingEvents['installation'];
}

export interface CareOptions {
  readonly run: RunOptions;
  readonly profiles: Readonly<Record<string, Profile>>;
  /** The verdict on the proxy has changed; its event was told. */
  readonly onVerdict: (observed: ObservedProxy) => void;
  readonly tell: (event: UnstampedManagerEvent) => void;
}

/** They know each other: one starts what the second keeps and the third looks at. */
export function careFor({ run, profiles, onVerdict, tell }: CareOptions): Care {
  const say = (severity: Severity, detail: string): void => tell({ type: 'manager', severity, detail });
  const keeping = new Keeping({
    ...{ profiles, time, say, onChange: () => watch.lookNow() },
    // Beside the control socket: what runs is of this boot.
    record: posix.join(posix.dirname(run.socket), 'proxy.json'),
    start: () => applying.start(),
  });
  const installation: ApplyingEvents['installation'] = (profile, proxy, how) =>
    installationOf(profile, proxy, {
      ...{ ...how, time, state: run.state, keeper: keeping.keeper },
      onStopped: () => say('warning', 'the former proxy did not finish in time and was stopped'),
    });
  const applying = new Applying(profiles, {
    ...{ installation, onResult: tell, onTrouble: (words: string) => say('warning', words) },
  });
  const view: ManagedView = (profile, proxy) => keeping.view(profile, managedPidFile(profile, proxy, run.state));
  const watch = new ProxyWatches(
    (onTurn) => new ConfiguredWatch(profiles, onTurn, (error) => say('error', error.message), view),
    (proxy) => {
      tell({ type: 'proxy', state: proxy.state, reason: proxy.reason });
      onVerdict(proxy);
    },
  );
  return { applying, keeping, watch, installation };
}
