import type { PortFacts } from '../facts/ports.ts';
import { finding } from '../finding.ts';
import type { Finding } from '../finding.ts';

/** Who listens where the proxy is to listen, and whether it can. `title` is the proxy's name in sentences. Pure. */
export function judgePorts(title: string, ports: readonly PortFacts[]): Finding[] {
  return ports.flatMap(({ service, address, port, strangers, bindRefused }) => {
    const place = address === undefined ? `port ${port}` : `${address} port ${port}`;
    const findings = strangers.map(({ pid, comm, command }) => {
      const named = `process ${pid} "${comm}"${command === '' ? '' : ` (${command})`}`;
      const text = `${named} listens on ${place}, where ${title} is to listen for ${service}`;
      const fix = `stop it and disable its unit; \`systemctl status ${pid}\` tells which that is`;
      return finding('PORT-TAKEN', place, text, fix);
    });
    if (bindRefused === undefined) return findings;
    const family = address?.includes(':') === true ? 'ipv6' : 'ipv4';
    const text = `${title} cannot listen on ${place} for ${service} while this host does not hold it (${bindRefused})`;
    const fix = `run \`sysctl -w net.${family}.ip_nonlocal_bind=1\`, or write \`sysctl: apply\`, or listen on all addresses`;
    return [...findings, finding('PORT-ADDRESS', place, text, fix)];
  });
}
