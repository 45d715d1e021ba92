import type { IpAddress } from '../wire/address.ts';
import { addressOf } from '../wire/address.ts';

/** What a lab is to consist of. Everything has a default. */
export interface LabOptions {
  /** Prefix of its namespaces and name of its directory: a letter, then up to 11 letters and digits, lower case. */
  readonly name?: string;
  /** Hosts lb1, lb2, ...: 1 to 4, 2 by default. */
  readonly hosts?: number;
  /** Backends b1, b2, ...: 0 to 4, 2 by default. */
  readonly backends?: number;
  /** Whether hosts may bind addresses that they do not hold (`ip_nonlocal_bind`), as a real pair does; the default. */
  readonly nonlocalBind?: boolean;
  /** Gives every member a second link, eth1, on a switch of its own. Off by default. */
  readonly secondLink?: boolean;
  /**
   * Whether the lab outlives the process that builds it (`vipair lab up`). Otherwise it goes with that process, however
   * the process ends, as long as it is not killed outright. Off by default.
   */
  readonly persistent?: boolean;
}

/** The part a member plays. Only a `host` has pid, mount and UTS namespaces of its own. */
export type MemberKind = 'switch' | 'client' | 'host' | 'backend';

export interface MemberPlan {
  readonly name: string;
  readonly kind: MemberKind;
  /** Name of the network namespace, as `ip netns` lists it. */
  readonly namespace: string;
  /** In the order of the interfaces eth0, eth1. The switch has none. */
  readonly links: readonly LinkPlan[];
}

export interface LinkPlan {
  /** `eth0` or `eth1`, within the member. */
  readonly interface: string;
  /** The other end of the cable, within the switch. */
  readonly port: string;
  /** `br0` or `br1`, within the switch. */
  readonly bridge: string;
  readonly mac: string;
  readonly ipv4: IpAddress;
  readonly ipv6: IpAddress;
}

/** A complete lab on paper: plain data that survives JSON. */
export interface LabPlan {
  readonly name: string;
  readonly nonlocalBind: boolean;
  readonly members: readonly MemberPlan[];
}

/** Prefix lengths of every link. */
export const prefixLengths = { ipv4: 24, ipv6: 64 } as const;

/** Lays out a lab; throws a `RangeError` that says which option is out of bounds. */
export function planOf(options: LabOptions): LabPlan {
  const name = options.name ?? 'lab';
  if (!isLabName(name)) {
    throw new RangeError(`A lab's name is a letter and up to 11 letters and digits, lower case, not "${name}"`);
  }
  const hosts = countOf('hosts', options.hosts ?? 2, 1);
  const backends = countOf('backends', options.backends ?? 2, 0);
  const bridges = options.secondLink === true ? 2 : 1;
  const member = (kind: MemberKind, label: string, number: number): MemberPlan => ({
    name: label,
    kind,
    namespace: `${name}-${label}`,
    links: Array.from({ length: bridges }, (_, index) => linkOf(label, number, index)),
  });
  return {
    name,
    nonlocalBind: options.nonlocalBind ?? true,
    members: [
      { name: 'sw', kind: 'switch', namespace: `${name}-sw`, links: [] },
      member('client', 'cl', 1),
      ...Array.from({ length: hosts }, (_, index) => member('host', `lb${index + 1}`, 11 + index)),
      ...Array.from({ length: backends }, (_, index) => member('backend', `b${index + 1}`, 21 + index)),
    ],
  };
}

/** Whether `name` can be a lab's; without a hyphen in it, `NAME-MEMBER` cannot be read in two ways. */
export const isLabName = (name: string): boolean => /^[a-z][a-z0-9]{0,11}$/.test(name);

/** Whether the network namespace `namespace` belongs to the lab `lab`. */
export const belongsTo = (lab: string, namespace: string): boolean =>
  namespace.startsWith(`${lab}-`) && /^(sw|cl|lb[1-4]|b[1-4])$/.test(namespace.slice(lab.length + 1));

function linkOf(member: string, number: number, index: number): LinkPlan {
  const second = index === 1;
  return {
    interface: `eth${index}`,
    port: second ? `${member}-1` : member,
    bridge: `br${index}`,
    mac: `02:00:00:00:0${index}:${number.toString(16).padStart(2, '0')}`,
    ipv4: addressOf(second ? `198.51.100.${number}` : `192.0.2.${number}`),
    ipv6: addressOf(second ? `2001:db8:51::${number}` : `2001:db8:2::${number}`),
  };
}

function countOf(option: string, value: number, least: number): number {
  if (Number.isInteger(value) && value >= least && value <= 4) return value;
  throw new RangeError(`A lab has ${least} to 4 ${option}, not ${value}`);
}
