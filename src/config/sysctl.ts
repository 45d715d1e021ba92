import type { Config } from './config.ts';

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
    // Without a proxy nobody is known to bind a VIP; the sockets of a managed one are opened with IP_FREEBIND.
    const isBound = config.proxy !== undefined && config.proxy.managed === undefined;
    if (!isBound || !addresses.some((a) => a.family === family)) continue;
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
