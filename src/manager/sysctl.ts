import type { Config } from '../config/config.ts';
import { sysctlNeeds } from '../config/sysctl.ts';
import type { SysctlNeed } from '../config/sysctl.ts';
import { OpError } from '../linux/operror.ts';
import { readSysctl, writeSysctl } from '../linux/sysctl.ts';

/** Sets what is not as it should be, where the configuration says so. Returns what failed. */
export function applySysctls(config: Config, node: string): string[] {
  if (config.sysctl !== 'apply') return [];
  return unmet(config, node).flatMap(({ name, value }) => {
    try {
      writeSysctl(name, value);
      return [];
    } catch (error) {
      if (!(error instanceof OpError)) throw error;
      return [error.message];
    }
  });
}

/** What is not as it should be now, with its fix. */
export function checkSysctls(config: Config, node: string): string[] {
  const advice = config.sysctl === 'apply' ? 'as root' : 'or set `sysctl: apply`';
  return unmet(config, node).map(({ name, value, why, current }) => {
    const is = current === undefined ? 'not there' : `"${current}"`;
    return `sysctl ${name} is ${is} and should be "${value}": ${why}; run \`sysctl -w ${name}=${value}\` ${advice}`;
  });
}

function unmet(config: Config, node: string): (SysctlNeed & { readonly current: string | undefined })[] {
  return sysctlNeeds(config, node)
    .map((need) => ({ ...need, current: valueOf(need.name) }))
    .filter(({ name, value, current }) => current !== value && !(current === undefined && isOfInterface(name)));
}

/** Nothing is wrong with the settings of an interface that is not there; they are looked at again when it is. */
const isOfInterface = (name: string): boolean => /[./]conf[./]/.test(name);

/** A parameter that cannot be read is like one that is not there: the fix is the same. */
function valueOf(name: string): string | undefined {
  try {
    return readSysctl(name);
  } catch (error) {
    if (!(error instanceof OpError)) throw error;
    return undefined;
  }
}
