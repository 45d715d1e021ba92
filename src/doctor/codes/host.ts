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
  | 'NATIVE-MISSING'
  | 'KERNEL-FEATURE'
  | 'CLOCK-SLOW'
  | 'CLOCK-UNSYNCED'
  | 'STATE-UNWRITABLE'
  | 'STATE-FULL'
  | 'UNIT-ORDER'
  | 'UNIT-RESTART'
  | 'UNIT-KILL'
  | 'UNIT-DISABLED'
  | 'DAEMON-SILENT'
  | 'DAEMON-WARNING'
  | 'DAEMON-LOWERED'
  | 'DAEMON-VERSION';

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
    what: 'The sockets for VRRP, ARP or Neighbor Discovery cannot be opened.',
    why: 'The daemon does not start (exit code 77).',
    fix: 'Run as root or grant CAP_NET_RAW, unless the finding says another reason.',
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
  'KERNEL-FEATURE': {
    severity: 'warning',
    what: 'The kernel, or a filter of system calls, refuses what the daemon uses.',
    why: 'It works without, and reacts later or loses connections where the finding says so.',
    fix: 'Use a newer kernel, or allow the system call.',
  },
  'CLOCK-SLOW': {
    severity: 'warning',
    what: 'The clock of the kernel is slow to read.',
    why: 'Virtual machines that have lost their clock source keep bad time and burn processor time in every program.',
    fix: 'See why the kernel gave up its better clock source.',
  },
  'CLOCK-UNSYNCED': {
    severity: 'note',
    what: 'The clock is not synchronized.',
    why: 'No decision of vipair needs the time of day; comparing the logs of two hosts does.',
    fix: 'Run chrony or systemd-timesyncd.',
  },
  'STATE-UNWRITABLE': {
    severity: 'error',
    what: 'A directory that the daemon writes to cannot be written.',
    why: 'Events and orders do not outlive a restart, or the configuration of the proxy cannot be put in place.',
    fix: 'Mount the file system writable, or mend owner and mode.',
  },
  'STATE-FULL': {
    severity: 'warning',
    what: 'A file system that the daemon writes to is nearly full.',
    why: 'When it is full, applies are refused and events are lost.',
    fix: 'Make room.',
  },
  'UNIT-ORDER': {
    severity: 'warning',
    what: 'The unit of vipair is not ordered after that of the proxy.',
    why: 'At a shutdown the proxy may end while the VIPs are still here.',
    fix: 'Write `After=` with the unit of the proxy.',
  },
  'UNIT-RESTART': {
    severity: 'warning',
    what: 'The unit of vipair is not restarted after a crash.',
    why: 'The host takes no part until somebody starts it.',
    fix: 'Write `Restart=always`.',
  },
  'UNIT-KILL': {
    severity: 'warning',
    what: 'The unit of vipair kills a managed proxy together with the daemon.',
    why: 'A crash of the daemon then interrupts the clients of this host.',
    fix: 'Write `KillMode=process`.',
  },
  'UNIT-DISABLED': {
    severity: 'warning',
    what: 'A unit that the pair needs is not started with the host.',
    why: 'After the next boot the pair is one host.',
    fix: 'Enable it.',
  },
  'DAEMON-SILENT': {
    severity: 'note',
    what: 'No daemon answers on the control socket.',
    why: 'Before the first start that is as it should be. A daemon that listens and does not answer is an error.',
    fix: 'Start it; see `journalctl -u vipair`.',
  },
  'DAEMON-WARNING': {
    severity: 'warning',
    what: 'The running daemon warns of something; the subject is the code of its warning.',
    why: 'See the table of warnings in the manual.',
    fix: 'What the sentence says.',
  },
  'DAEMON-LOWERED': {
    severity: 'warning',
    what: 'This host does not stand for a VIP with its full priority, or not at all.',
    why: 'The other host has to carry the VIP.',
    fix: 'See `vipair explain`.',
  },
  'DAEMON-VERSION': {
    severity: 'warning',
    what: 'The running daemon is of another version than the installed program.',
    why: 'An update has not been taken into use.',
    fix: 'Restart the daemon, one host after the other.',
  },
};
