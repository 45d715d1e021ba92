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
    if (!addresses.some((a) => a.family === family)) continue;
    const why = 'a proxy that listens on a VIP cannot start on the host that does not hold it';
    needs.push({ name: `net.${family}.ip_nonlocal_bind`, value: '1', why });
  }
  const wide = config.vips.filter((vip) => vip.addresses.some((a) => a.family === 'ipv4' && a.prefixLength < 32));
  for (const name of new Set(wide.flatMap((vip) => vip.interfaces[node] ?? []))) {
    const why = 'deleting the primary address of a subnet would delete the VIPs in it';
    needs.push({ name: `net.ipv4.conf.${name.replaceAll('.', '/')}.promote_secondaries`, value: '1', why });
  }
  return needs;
}

/** Checks the needs, sets them where the configuration says so, and tells what is not as it should be. */
export function settleSysctls(config: Config, node: string): string[] {
  const warnings: string[] = [];
  for (const { name, value, why } of sysctlNeeds(config, node)) {
    const current = readSysctl(name);
    if (current === value) continue;
    if (config.sysctl === 'apply') {
      try {
        writeSysctl(name, value);
        continue;
      } catch (error) {
        if (!(error instanceof OpError)) throw error;
        warnings.push(`${error.message} (${why})`);
        continue;
      }
    }
    const is = current === undefined ? 'not there' : `"${current}"`;
    warnings.push(
      `sysctl ${name} is ${is} and should be "${value}": ${why}; run \`sysctl -w ${name}=${value}\` or set \`sysctl: apply\``,
    );
  }
  return warnings;
}
