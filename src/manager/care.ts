import { posix } from 'node:path';
import type { RunOptions } from '../control/runoptions.ts';
import type { Severity } from '../config/eventname.ts';
import type { ToEngine } from '../engine/messages.ts';
import { now } from '../linux/clock.ts';
import type { Time } from '../proxy/effect.ts';
import type { Profile } from '../proxy/profile.ts';
import { Applying } from './applying.ts';
import type { ApplyingEvents } from './applying.ts';
import type { UnstampedManagerEvent } from './event.ts';
import { installationOf, managedPidFile } from './installation.ts';
import { Keeping } from './keeping.ts';
import { ProxyRestarts } from './restarting.ts';
import { Served } from './served.ts';
import { Views } from './views.ts';
import { Vitals } from './vitals.ts';

const time: Time = { now, sleep: (duration) => new Promise((resolve) => setTimeout(resolve, duration)) };

/** What takes care of the proxy: what it is to serve, how it is, and in managed mode that it runs. */
export interface Care {
  readonly applying: Applying;
  readonly keeping: Keeping;
  readonly vitals: Vitals;
  /** Of one that something else has started. */
  readonly restarts: ProxyRestarts;
  readonly served: Served;
  /** What the hosts see of the backends. */
  readonly views: Views;
  /** Where the proxy of a configuration is, and how it is rendered for. */
  readonly installation: ApplyingEvents['installation'];
}

export interface CareOptions {
  readonly run: RunOptions;
  readonly profiles: Readonly<Record<string, Profile>>;
  readonly send: (message: ToEngine) => void;
  readonly tell: (event: UnstampedManagerEvent) => void;
}

/** They know each other: one starts what the second keeps and the third looks at. */
export function careFor({ run, profiles, send, tell }: CareOptions): Care {
  const say = (severity: Severity, detail: string): void => tell({ type: 'manager', severity, detail });
  const restarts = new ProxyRestarts((event) => tell({ type: 'proxy-restart', ...event }));
  const keeping = new Keeping({
    ...{ profiles, time, say, onChange: () => vitals.lookNow() },
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
    onResult: tell,
    onTrouble: (words) => say('warning', words),
    onApplied: () => {
      served.look();
      vitals.lookNow();
    },
    installation,
  });
  const vitals = new Vitals({
    ...{ profiles, tell, send, onTrouble: (words) => say('error', words) },
    // That a proxy is still to be started is no news.
    isQuiet: () => keeping.isStarting,
    // The VIPs are given up first.
    onProxy: (state) => restarts.observe(state === 'dead' ? 'dead' : 'well'),
    inForce: () => keeping.listens ?? applying.inForce?.services.flatMap(({ listen }) => listen),
    view: (profile, proxy) => keeping.view(profile, managedPidFile(profile, proxy, run.state)),
  });
  const served = new Served(applying, {
    ...{ directory: run.state, tell },
    onHealth: (seen) => {
      // The others are told first: what is made of it here depends on what they see.
      views.noteOwn(seen);
      vitals.noteHealth(seen);
    },
  });
  const views = new Views({ send, onPeers: (peers) => vitals.notePeers(peers) });
  return { applying, keeping, vitals, restarts, served, views, installation };
}
