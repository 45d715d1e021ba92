import type { CodeEntry } from '../code.ts';

/** Their names. */
export type HostCode =
  | 'SYSCTL'
  | 'SYSCTL-ARP'
  | 'SYSCTL-RPFILTER'
  | 'IPV6-DISABLED'
  | 'CONNTRACK-FULL'
  | 'PERMISSION-RAW'
  | 'PERMISSION-ADMIN'
  | 'PERMISSION-TRACE'
  | 'PERMISSION-USER'
  | 'REALTIME-REFUSED'
  | 'LIMIT-FILES'
  | 'NATIVE-MISSING';

/** Codes about the host: kernel, permissions, clock, disk, units, other programs, and the daemon. */
export const HOST_CODES: Readonly<Record<HostCode, CodeEntry>> = {
  SYSCTL: {
    severity: 'warning',
    what: 'A kernel setting is not as a pair needs it.',
    why: 'See the table of kernel settings in the manual; each finding says what it is for.',
    fix: 'Set it in /etc/sysctl.d, or let the daemon do so with `sysctl: apply`.',
  },
  'SYSCTL-ARP': {
    severity: 'error',
    what: 'The kernel is set not to answer ARP for VIPs.',
    why: 'Neighbors that do not know the VIP yet do not find it.',
    fix: 'Set `arp_ignore` of the interface, and of `all`, to 0, 1 or 2.',
  },
  'SYSCTL-RPFILTER': {
    severity: 'warning',
    what: 'Strict reverse path filtering may drop what the peer sends on an interface.',
    why: 'The peer is in no subnet of the interface, so the way back is another interface, and the kernel drops the packet.',
    fix: 'Set `rp_filter` of the interface, and of `all`, to 2 or 0.',
  },
  'IPV6-DISABLED': {
    severity: 'error',
    what: 'IPv6 is switched off on an interface that has IPv6 VIPs.',
    why: 'The kernel refuses the VIPs.',
    fix: 'Set `disable_ipv6` of the interface to 0.',
  },
  'CONNTRACK-FULL': {
    severity: 'warning',
    what: 'The table of tracked connections is nearly full.',
    why: 'When it is full the kernel drops new connections, and advertisements with them.',
    fix: 'Raise `net.netfilter.nf_conntrack_max`, or do not track the traffic of the proxy.',
  },
  'PERMISSION-RAW': {
    severity: 'error',
    what: 'The sockets for VRRP or ARP cannot be opened.',
    why: 'The daemon does not start (exit code 77).',
    fix: 'Run as root or grant CAP_NET_RAW.',
  },
  'PERMISSION-ADMIN': {
    severity: 'error',
    what: 'The capability to add addresses is missing.',
    why: 'The daemon wins elections and cannot hold the VIPs; it ends with exit code 77.',
    fix: 'Run as root or grant CAP_NET_ADMIN.',
  },
  'PERMISSION-TRACE': {
    severity: 'warning',
    what: 'The capability to look into processes of other users is missing.',
    why: 'It cannot be told who holds a port; a managed proxy cannot be taken over by the next manager.',
    fix: 'Grant CAP_SYS_PTRACE.',
  },
  'PERMISSION-USER': {
    severity: 'warning',
    what: 'The capabilities to start the proxy as its own user are missing.',
    why: 'A managed proxy does not start, or its workers run as the user of the daemon.',
    fix: 'Grant CAP_SETUID and CAP_SETGID.',
  },
  'REALTIME-REFUSED': {
    severity: 'warning',
    what: 'Real-time scheduling is refused.',
    why: 'A host that gets no processor time for three intervals is taken for dead; under load VIPs move without need.',
    fix: 'Grant CAP_SYS_NICE or `LimitRTPRIO=50`; in a control group with processor limits give it real-time budget.',
  },
  'LIMIT-FILES': {
    severity: 'warning',
    what: 'The limit of open files is low.',
    why: 'Probes of the proxy and of backends fail first, when many connections are open.',
    fix: 'Raise `LimitNOFILE=`.',
  },
  'NATIVE-MISSING': {
    severity: 'error',
    what: 'The compiled part of vipair cannot be loaded.',
    why: 'Without it there is no VRRP socket and no address.',
    fix: 'Install the package again with a compiler present, or run `npm run build:native` in a checkout.',
  },
};
