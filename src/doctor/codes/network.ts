import type { CodeEntry } from '../code.ts';

/** Their names. */
export type NetworkCode =
  | 'CONFIG-REFUSED'
  | 'CONFIG-NODE'
  | 'CONFIG-ODD'
  | 'INTERFACE-MISSING'
  | 'INTERFACE-DOWN'
  | 'INTERFACE-ADDRESS'
  | 'INTERFACE-SUBNET'
  | 'INTERFACE-MTU'
  | 'INTERFACE-MULTICAST'
  | 'INTERFACE-BOND'
  | 'BRIDGE-SNOOPING'
  | 'NODE-ADDRESS'
  | 'VIP-STATIC'
  | 'VRRP-FIREWALL'
  | 'HEARTBEAT-FIREWALL'
  | 'HEARTBEAT-KEY'
  | 'SERVICE-FIREWALL'
  | 'FIREWALL-UNCLEAR'
  | 'VRID-TAKEN'
  | 'VRRP-SETTINGS'
  | 'VRRP-OTHERS'
  | 'VRRP-BROKEN'
  | 'VIP-TAKEN'
  | 'VIP-TWICE'
  | 'VRRP-UNHEARD'
  | 'VRRP-PROGRAM'
  | 'NETWORK-MANAGER';

/** Codes about what is between the hosts: the configuration, interfaces, firewalls, and who else is there. */
export const NETWORK_CODES: Readonly<Record<NetworkCode, CodeEntry>> = {
  'CONFIG-REFUSED': {
    severity: 'error',
    what: 'The configuration file is refused.',
    why: 'The daemon does not start with it, and a reload leaves the former one in force.',
    fix: 'Mend the line that is named; `vipair check` shows every mistake.',
  },
  'CONFIG-NODE': {
    severity: 'error',
    what: 'This host is no node of the configuration.',
    why: 'The daemon does not know which VIPs it is to prefer, and does not start.',
    fix: 'Write the host under `nodes` with its host name or its address, or start the daemon with `--node`.',
  },
  'CONFIG-ODD': {
    severity: 'warning',
    what: 'The configuration is in order and has something odd.',
    why: 'It works, and most likely not as it was meant.',
    fix: 'See `vipair check`.',
  },
  'INTERFACE-MISSING': {
    severity: 'error',
    what: 'An interface of the configuration does not exist.',
    why: 'Its VIPs cannot be held here, and the peer is not heard.',
    fix: 'Correct `interface`; where hosts name their interfaces differently, write one for each node.',
  },
  'INTERFACE-DOWN': {
    severity: 'error',
    what: 'An interface is down or has no link.',
    why: 'Its VIPs are at fault on this host.',
    fix: 'Bring it up; see cable, switch port and driver.',
  },
  'INTERFACE-ADDRESS': {
    severity: 'error',
    what: 'An interface has no address of the family of its VIPs.',
    why: 'An advertisement needs a source address (RFC 9568 5.1.1.1, 5.1.2.1).',
    fix: 'Give the interface an address of that family; over IPv6 a link-local one.',
  },
  'INTERFACE-SUBNET': {
    severity: 'warning',
    what: 'A VIP is in no subnet of its interface.',
    why: 'Neighbors look for the VIP elsewhere, unless a router has a route for it to this segment.',
    fix: 'Correct the VIP or its interface; with a routed VIP, leave it.',
  },
  'INTERFACE-MTU': {
    severity: 'warning',
    what: 'The MTU of an interface is unusually small.',
    why: 'IPv6 needs 1280 bytes, and a host whose MTU differs from that of its switch loses large packets only.',
    fix: 'Give both hosts the MTU of the segment.',
  },
  'INTERFACE-MULTICAST': {
    severity: 'error',
    what: 'An interface does not do multicast.',
    why: 'Advertisements to 224.0.0.18 and ff02::12 do not leave or do not arrive, and both hosts hold each VIP.',
    fix: 'Switch it on, or use `transport: unicast`.',
  },
  'INTERFACE-BOND': {
    severity: 'warning',
    what: 'An interface is a bond that rewrites or spreads ARP.',
    why: 'Modes balance-alb and balance-tlb answer ARP with the addresses of several cards, so neighbors may go on sending to the old holder after a VIP has moved.',
    fix: 'Use active-backup or 802.3ad.',
  },
  'BRIDGE-SNOOPING': {
    severity: 'note',
    what: 'An interface is behind a bridge that snoops multicast and has no querier.',
    why: 'Without a querier memberships run out, and switches that filter unknown groups stop passing advertisements minutes after the start.',
    fix: 'Switch on a querier on the segment, or snooping off, or use `transport: unicast`.',
  },
  'NODE-ADDRESS': {
    severity: 'error',
    what: 'This host does not have the address that the configuration gives it.',
    why: 'The peer expects advertisements and heartbeats from that address, and sends its own there.',
    fix: 'Correct the address under `nodes`, or give it to the host.',
  },
  'VIP-STATIC': {
    severity: 'error',
    what: 'A VIP is on this host for ever, so it was not vipair that put it there.',
    why: 'It stays when the host loses the VIP, and two hosts answer for it. It comes from the network configuration of the host, or is left over from another VRRP program.',
    fix: 'Remove it from the network configuration, and from the interface.',
  },
  'VRRP-FIREWALL': {
    severity: 'error',
    what: 'A firewall rule of this host drops advertisements.',
    why: 'A host that does not hear the other takes it for dead, and both hold each VIP.',
    fix: 'Let IP protocol 112 in and out between the hosts.',
  },
  'HEARTBEAT-FIREWALL': {
    severity: 'error',
    what: 'A firewall rule of this host drops the heartbeat.',
    why: 'The second path is down before it is needed: when VRRP is cut, both hosts hold each VIP.',
    fix: 'Let the UDP port of the heartbeat in and out between the hosts.',
  },
  'HEARTBEAT-KEY': {
    severity: 'error',
    what: 'The key file of the heartbeat is missing, too short, or open to everybody.',
    why: 'The heartbeat is not in force, and there is only VRRP.',
    fix: 'Make one with `openssl rand -base64 32`, copy it to all hosts, and let only the daemon read it.',
  },
  'SERVICE-FIREWALL': {
    severity: 'warning',
    what: 'A firewall rule of this host drops what clients send to a service.',
    why: 'The VIP moves here, and nobody is served.',
    fix: 'Let the port of the service in, on both hosts.',
  },
  'FIREWALL-UNCLEAR': {
    severity: 'note',
    what: 'A firewall rule may drop advertisements or heartbeats; whether it does cannot be told beforehand.',
    why: 'It asks for what is known only when the packet is there: a mark, a rate, the state of a connection.',
    fix: 'See that the counters of the rule stand still, or put a rule before it that lets the packets in.',
  },
  'VRID-TAKEN': {
    severity: 'error',
    what: 'A router that is no node advertises a VRID of the configuration.',
    why: 'The routers of one VRID take the VIP from each other by priority, whoever owns them.',
    fix: 'Choose a VRID that nobody else on the segment uses, or end the other program.',
  },
  'VRRP-SETTINGS': {
    severity: 'error',
    what: 'Another node advertises with settings that this host refuses, or would have otherwise.',
    why: 'Hosts that refuse each other both hold the VIP.',
    fix: 'Give all hosts the same file, and reload all of them.',
  },
  'VRRP-OTHERS': {
    severity: 'note',
    what: 'Others on the segment speak VRRP with VRIDs that are not configured here.',
    why: 'It does no harm as long as nobody chooses one of them.',
    fix: 'Keep to VRIDs of your own.',
  },
  'VRRP-BROKEN': {
    severity: 'warning',
    what: 'Advertisements arrive that nobody can read.',
    why: 'Something on the way rewrites packets, or a program is wrong.',
    fix: 'See network card offloading, tunnels, and the sender.',
  },
  'VIP-TAKEN': {
    severity: 'error',
    what: 'Somebody who speaks no VRRP for it answers for a VIP.',
    why: 'When vipair takes the VIP, two hosts answer for it, and clients reach one or the other by chance.',
    fix: 'Find the host by its Ethernet address, and take the address off it.',
  },
  'VIP-TWICE': {
    severity: 'error',
    what: 'Two hosts answer for a VIP.',
    why: 'Clients reach one or the other by chance.',
    fix: 'See why VRRP does not get through between them (`vipair status` on both), or who the stranger is.',
  },
  'VRRP-UNHEARD': {
    severity: 'error',
    what: 'A node holds a VIP, and none of its advertisements arrives here.',
    why: 'This host takes it for dead, and both hold the VIP.',
    fix: 'See the firewalls of both hosts and IGMP snooping on the switch, or use `transport: unicast`.',
  },
  'VRRP-PROGRAM': {
    severity: 'warning',
    what: 'Another VRRP program runs on this host.',
    why: 'With the same VRID it fights with vipair for the VIP.',
    fix: 'Stop and disable it.',
  },
  'NETWORK-MANAGER': {
    severity: 'note',
    what: 'A program on this host manages addresses, and may delete those it does not know.',
    why: 'The daemon puts a VIP back within milliseconds; a connection that is being opened then may be refused.',
    fix: 'Tell the program to leave the addresses of others alone; the finding has the setting.',
  },
};
