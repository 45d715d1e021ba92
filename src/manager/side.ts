import type { ProxyConfig } from '../config/config.ts';
import { Applier } from '../proxy/apply.ts';
import { hostDisk } from '../proxy/disk.ts';
import type { Time } from '../proxy/effect.ts';
import type { Profile } from '../proxy/profile.ts';
import { adoptedRunner } from '../proxy/runner.ts';
import { adoptedSide } from '../proxy/switch/side.ts';
import type { Side } from '../proxy/switch/side.ts';
import { commandStarter, isSystemd, unitStarter } from '../proxy/switch/starter.ts';
import type { Starter } from '../proxy/switch/starter.ts';

export interface SideSurroundings {
  /** This host's name. */
  readonly label: string | undefined;
  /** Where this program keeps its state. */
  readonly state: string;
  readonly time: Time;
}

/**
 * Who starts an adopted proxy: the unit or the command that the configuration names, and without either the package's
 * unit where systemd is the init, and the package's command where it is not.
 */
export function starterOf(profile: Profile, proxy: ProxyConfig, state: string): Starter {
  const { steering } = profile;
  const isByUnit = proxy.unit !== undefined || (proxy.start === undefined && isSystemd());
  if (isByUnit) return unitStarter(proxy.unit ?? steering.unit, hostDisk);
  const command = proxy.start ?? steering.packaged(proxy.binary ?? steering.binary);
  return commandStarter(command, `${state}/start-${profile.name}.log`, hostDisk);
}

/** An adopted proxy as one side of a switch. */
export function adoptedSideOf(profile: Profile, proxy: ProxyConfig, { label, state, time }: SideSurroundings): Side {
  const starter = starterOf(profile, proxy, state);
  const runner = adoptedRunner(profile, proxy);
  // Only when it is needed, because it reads a history that others may have gone on with until then.
  const applier = (): Applier =>
    new Applier({
      ...{ profile, label, runner, time, pidFile: proxy.pidFile },
      binary: proxy.binary ?? profile.steering.binary,
      directory: proxy.directory ?? profile.steering.directory,
      render: { include: proxy.include, listeners: 'reuseport' },
      budget: proxy.apply,
      commandLine: () => starter.commandLine(),
    });
  return adoptedSide({ profile, applier, runner, starter, time });
}
