import type { UnitFacts } from '../facts/units.ts';
import { finding } from '../finding.ts';
import type { Finding } from '../finding.ts';
import type { Patient } from '../patient.ts';

/** The units of a host, by what they are. */
export interface Units {
  readonly vipair: UnitFacts | undefined;
  /** Of an adopted proxy, with its name. */
  readonly proxy: { readonly name: string; readonly facts: UnitFacts } | undefined;
  readonly keepalived: UnitFacts | undefined;
}

/** How systemd starts, orders and ends what belongs together. Pure. */
export function judgeUnits({ config }: Pick<Patient, 'config'>, { vipair, proxy, keepalived }: Units): Finding[] {
  const findings: Finding[] = [];
  const edit = 'run `systemctl edit vipair`, or install the unit that comes with vipair again';
  const isManaged = config.proxy?.managed !== undefined;
  if (vipair !== undefined) {
    const after = (vipair['After'] ?? '').split(' ');
    if (proxy !== undefined && !after.includes(proxy.name)) {
      const text = `vipair.service is not ordered after ${proxy.name}: at a shutdown the proxy may end before the VIPs are gone`;
      findings.push(finding('UNIT-ORDER', 'vipair.service', text, `write \`After=${proxy.name}\`: ${edit}`));
    }
    if (!['always', 'on-failure'].includes(vipair['Restart'] ?? '')) {
      const text = `vipair.service has Restart=${vipair['Restart'] ?? 'no'}: after a crash this host takes no part any more`;
      findings.push(finding('UNIT-RESTART', 'vipair.service', text, `write \`Restart=always\`: ${edit}`));
    }
    if (isManaged && vipair['KillMode'] !== 'process') {
      const text = `vipair.service has KillMode=${vipair['KillMode'] ?? ''}: a managed proxy dies with the daemon`;
      findings.push(finding('UNIT-KILL', 'vipair.service', text, `write \`KillMode=process\`: ${edit}`));
    }
    if (vipair['UnitFileState'] === 'disabled') {
      const text = 'vipair.service is disabled: after the next boot this host takes no part';
      findings.push(finding('UNIT-DISABLED', 'vipair.service', text, 'run `systemctl enable vipair`'));
    }
  }
  if (proxy !== undefined && proxy.facts['UnitFileState'] === 'disabled') {
    const text = `${proxy.name} is disabled, and vipair does not start it: after the next boot this host has no proxy`;
    findings.push(
      finding('UNIT-DISABLED', proxy.name, text, `run \`systemctl enable ${proxy.name}\`, or use \`mode: managed\``),
    );
  }
  if (keepalived?.['UnitFileState'] === 'enabled') {
    const text = 'keepalived.service is enabled, and starts with the next boot';
    findings.push(finding('VRRP-PROGRAM', 'keepalived.service', text, 'run `systemctl disable --now keepalived`'));
  }
  return findings;
}
