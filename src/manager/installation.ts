import { posix } from 'node:path';
import type { ProxyConfig } from '../config/config.ts';
import { STATE_DIRECTORY } from '../control/runoptions.ts';
import { accountOf } from '../proxy/account.ts';
import type { ApplyOptions } from '../proxy/apply.ts';
import { hostDisk } from '../proxy/disk.ts';
import type { Time } from '../proxy/effect.ts';
import type { Keeper } from '../proxy/keeper.ts';
import { managedRunner } from '../proxy/managed.ts';
import type { ManagedOptions } from '../proxy/managed.ts';
import type { Profile } from '../proxy/profile.ts';
import { adoptedRunner } from '../proxy/runner.ts';

export interface InstallationSurroundings {
  /** This host's name. */
  readonly label: string | undefined;
  /** Whether an adopted proxy opens its sockets so that another may open them too. */
  readonly isShared: boolean;
  /** Where this program keeps its state. */
  readonly state: string;
  readonly keeper: Keeper;
  readonly time: Time;
  /** Told when a former proxy did not end by itself and was stopped. */
  readonly onStopped: (count: number) => void;
}

/** Where the logs of managed proxies are, when the state is where it is by default. */
const LOG_DIRECTORY = '/var/log/vipair';

/** Where a proxy of this configuration is, and how it is rendered for: what an `Applier` needs. */
export function installationOf(
  profile: Profile,
  proxy: ProxyConfig,
  surroundings: InstallationSurroundings,
): ApplyOptions {
  const { label, time } = surroundings;
  const binary = proxy.binary ?? profile.steering.binary;
  const common = { profile, binary, label, time, budget: proxy.apply, checkLimit: proxy.apply.checkTimeout };
  if (proxy.managed === undefined)
    return {
      ...common,
      directory: proxy.directory ?? profile.steering.directory,
      pidFile: proxy.pidFile,
      runner: adoptedRunner(profile, proxy),
      render: { include: proxy.include, ...(surroundings.isShared ? { listeners: 'reuseport' } : {}) },
    };
  const options = managedOptions(profile, proxy, surroundings);
  const { directory, logs, include, pidFile } = options;
  const { user } = proxy.managed;
  const account = accountOf(user === undefined ? profile.steering.users : [user]);
  return {
    ...common,
    ...{ directory, pidFile },
    runner: managedRunner(surroundings.keeper, options),
    render: { listeners: 'inherited', include, logs, user: account },
  };
}

/** Where the whole configuration of a managed proxy is rendered to. */
const homeOf = (profile: Profile, { directory }: ProxyConfig, state: string): string =>
  directory ?? posix.join(state, profile.name);

/** Where the pid of a managed proxy is written. */
export const managedPidFile = (profile: Profile, proxy: ProxyConfig, state: string): string =>
  posix.join(homeOf(profile, proxy, state), `${profile.name}.pid`);

function managedOptions(
  profile: Profile,
  proxy: ProxyConfig,
  { state, onStopped }: InstallationSurroundings,
): ManagedOptions {
  const { binary, include, managed } = proxy;
  const logs = state === STATE_DIRECTORY ? LOG_DIRECTORY : posix.join(state, 'log');
  return {
    ...{ profile, include, onStopped, disk: hostDisk },
    directory: homeOf(profile, proxy, state),
    binary: binary ?? profile.steering.binary,
    logs: posix.join(logs, profile.name),
    pidFile: managedPidFile(profile, proxy, state),
    drain: managed?.drain ?? profile.steering.patience,
  };
}
