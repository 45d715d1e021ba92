import type { CodeEntry } from '../code.ts';

/** Their names. */
export type PairCode =
  | 'VIP-NOWHERE'
  | 'PEER-SILENT'
  | 'PEER-SAME'
  | 'PEER-HEARTBEAT'
  | 'PEER-CONFIG'
  | 'PEER-VERSION'
  | 'PEER-CLOCK'
  | 'PEER-BACKENDS'
  | 'PEER-PROXY'
  | 'PEER-WARNING';

/** Codes about what the hosts of a pair say, held against each other: those of `--peer`, beside VIP-TWICE. */
export const PAIR_CODES: Readonly<Record<PairCode, CodeEntry>> = {
  'VIP-NOWHERE': {
    severity: 'error',
    what: 'No host holds a VIP.',
    why: 'Its clients are not served.',
    fix: 'See the reasons that are named; `vipair explain` on each host shows what keeps it from holding it.',
  },
  'PEER-SILENT': {
    severity: 'error',
    what: 'A host does not answer.',
    why: 'It is down or cut off, its daemon does not run, or `control: { listen }` is not in force there.',
    fix: 'See what the other host says of it, and `systemctl status vipair` there.',
  },
  'PEER-SAME': {
    severity: 'error',
    what: 'Two of the places that were asked are one host, or two hosts believe to be one node.',
    why: 'Nothing can be said of the pair.',
    fix: 'Correct the addresses; see the host names, and `--node`.',
  },
  'PEER-HEARTBEAT': {
    severity: 'warning',
    what: 'The hosts do not hear each other over the heartbeat as they should.',
    why: 'With the next path that fails both hold every VIP.',
    fix: 'See cable, switch and firewall (UDP) of the path that is named, in the direction that is named.',
  },
  'PEER-CONFIG': {
    severity: 'warning',
    what: 'The hosts have different configurations in force.',
    why: 'What they do when one of them fails is not what the file says.',
    fix: 'Give all hosts the same file and run `vipair reload` on each.',
  },
  'PEER-VERSION': {
    severity: 'warning',
    what: 'The hosts run different versions of the program.',
    why: 'That is in order during an upgrade, and not for long.',
    fix: 'Install the same version on all hosts.',
  },
  'PEER-CLOCK': {
    severity: 'warning',
    what: 'The clocks of the hosts are apart.',
    why: 'Failing over does not depend on clocks; comparing logs, certificates and sessions does.',
    fix: 'Run chrony or systemd-timesyncd on all hosts.',
  },
  'PEER-BACKENDS': {
    severity: 'warning',
    what: 'The hosts see the backends of a service differently.',
    why: 'A VIP that moves meets other backends; one of the hosts has something on its way to them.',
    fix: 'See the way from the host that is named to the backends: route, firewall, VLAN, access lists.',
  },
  'PEER-PROXY': {
    severity: 'warning',
    what: 'The proxy of a host does not serve as it should.',
    why: 'The host cannot take over; where it is so on every host nobody is served.',
    fix: 'See `vipair status` on that host.',
  },
  'PEER-WARNING': {
    severity: 'warning',
    what: 'A daemon says itself that something needs attention.',
    why: 'See its sentence; the codes of the daemon are in the manual (splitbrain.md, operations.md).',
    fix: 'As the sentence says; `vipair status` on that host shows since when.',
  },
};
