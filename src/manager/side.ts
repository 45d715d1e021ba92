import type { ProxyConfig } from '../config/config.ts';
import { Applier } from '../proxy/apply.ts';
import type { ApplyOptions } from '../proxy/apply.ts';
import { hostDisk } from '../proxy/disk.ts';
import type { Profile } from '../proxy/profile.ts';
import { managedSides } from '../proxy/switch/managedside.ts';
import { adoptedSide } from '../proxy/switch/side.ts';
import type { Side } from '../proxy/switch/side.ts';
import { commandStarter, isSystemd, unitStarter } from '../proxy/switch/starter.ts';
import type { Starter } from '../proxy/switch/starter.ts';

/** One proxy of a switch: what the configuration says of it, and where it is. */
export interface SidePlan {
  readonly profile: Profile;
  readonly proxy: ProxyConfig;
  readonly installation: ApplyOptions;
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

/** Both sides of a switch, which are of one mode. `state` is where this program keeps its state. */
export function sidesOf(from: SidePlan, to: SidePlan, state: string): { readonly from: Side; readonly to: Side } {
  if (to.proxy.mode === 'managed')
    return managedSides({ from: from.installation, to: to.installation }, to.proxy.switching.drain);
  return { from: adoptedSideOf(from, state), to: adoptedSideOf(to, state) };
}

function adoptedSideOf({ profile, proxy, installation }: SidePlan, state: string): Side {
  const starter = starterOf(profile, proxy, state);
  const { runner, time } = installation;
  // Only when it is needed, because it reads a history that others may have gone on with until then.
  const applier = (): Applier => new Applier({ ...installation, commandLine: () => starter.commandLine() });
  return adoptedSide({ profile, applier, runner, starter, time });
}
