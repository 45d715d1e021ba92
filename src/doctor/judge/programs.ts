import type { ProgramFacts } from '../facts/programs.ts';
import { finding } from '../finding.ts';
import type { Finding } from '../finding.ts';
import { routersOf } from '../patient.ts';
import type { Patient } from '../patient.ts';

/** Other programs that speak VRRP, or that manage addresses. Pure. */
export function judgePrograms(
  { config, node }: Pick<Patient, 'config' | 'node'>,
  { speakers, managers, networkd }: ProgramFacts,
): Finding[] {
  const routers = routersOf(config, node.name);
  const vrids = new Set(routers.map(({ vip }) => vip.vrid));
  const names = [...new Set(routers.map((router) => router.interface))];
  return [
    ...speakers.map(({ pid, comm, vrids: theirs }) => {
      const same = theirs.filter((vrid) => vrids.has(vrid));
      const which = same.length === 0 ? '' : `, with VRID ${same.join(', ')} of this configuration`;
      const text = `${comm} runs here (process ${pid})${which}`;
      const fix = `run \`systemctl disable --now ${comm}\`, and see that its addresses are gone`;
      return finding('VRRP-PROGRAM', comm, text, fix, same.length === 0 ? 'warning' : 'error');
    }),
    ...managers.flatMap((name) => judgeManager(name, names, networkd)),
  ];
}

function judgeManager(name: string, interfaces: readonly string[], networkd: string): Finding[] {
  const on = interfaces.map((each) => `"${each}"`).join(', ');
  const say = (who: string, fix: string): Finding[] => [
    finding(
      'NETWORK-MANAGER',
      who,
      `${who} manages addresses on this host, and may delete VIPs on ${on} when it configures them anew; vipair puts them back`,
      fix,
    ),
  ];
  switch (name) {
    case 'systemd-network':
      if (/^\s*KeepConfiguration\s*=\s*(yes|static)/m.test(networkd)) return [];
      return say(
        'systemd-networkd',
        'write `KeepConfiguration=static` into the section [Network] of their .network files (netplan: a drop-in below /etc/systemd/network)',
      );
    case 'NetworkManager':
      return say(
        name,
        'leave the VIPs out of its profiles; to keep it off the interface altogether, write `unmanaged-devices=interface-name:NAME` into the section [keyfile] of its configuration',
      );
    case 'dhcpcd':
      return say(name, 'write `denyinterfaces` or a static address for the interface into dhcpcd.conf');
    default:
      return say(name, 'see that it does not configure the interface');
  }
}
