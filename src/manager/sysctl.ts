import type { Config } from '../config/config.ts';
import { OpError } from '../linux/operror.ts';
import { readSysctl, writeSysctl } from '../linux/sysctl.ts';

/** A kernel setting that a pair needs, and why. */
export interface SysctlNeed {
  readonly name: string;
  readonly value: string;
  readonly why: string;
}

/** What the kernel must be set to on a node for a configuration. */
export function sysctlNeeds(config: Config, node: string): SysctlNeed[] {
  const needs: SysctlNeed[] = [];
  const addresses = config.vips.flatMap((vip) => vip.addresses);
  for (const family of ['ipv4', 'ipv6'] as const) {
    // The sockets of a managed proxy are opened with IP_FREEBIND.
    if (config.proxy?.managed !== undefined || !addresses.some((a) => a.family === family)) continue;
    const why = 'a proxy that listens on a VIP cannot start on the host that does not hold it';
    needs.push({ name: `net.${family}.ip_nonlocal_bind`, value: '1', why });
  }
  const wide = config.vips.filter((vip) => vip.addresses.some((a) => a.family === 'ipv4' && a.prefixLength < 32));
  for (const name of new Set(wide.flatMap((vip) => vip.interfaces[node] ?? []))) {
    const why = 'deleting the primary address of a subnet would delete the VIPs in it';
    needs.push({ name: ofInterface(name, 'promote_secondaries'), value: '1', why });
  }
  // A pair that lists what it can be switched to is to be ready for it.
  if (config.proxy?.mode === 'adopted' && Object.keys(config.proxy.profiles).length > 0) {
    const why = 'a switch would lose connections that wait in the queue of the proxy that leaves';
    needs.push({ name: 'net.ipv4.tcp_migrate_req', value: '1', why });
  }
  return needs;
}

/** An interface name may have a dot itself (`eth0.100`); the parts are then written with slashes (sysctl(8)). */
const ofInterface = (name: string, setting: string): string =>
  name.includes('.') ? `net/ipv4/conf/${name}/${setting}` : `net.ipv4.conf.${name}.${setting}`;

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
