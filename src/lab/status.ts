import type { HeldAddress } from './host.ts';
import { Host } from './host.ts';
import type { Lab } from './lab.ts';
import type { MemberKind } from './plan.ts';

/** What `vipair lab status` shows. */
export interface LabStatus {
  readonly name: string;
  readonly members: readonly MemberStatus[];
}

export interface MemberStatus {
  readonly name: string;
  readonly kind: MemberKind;
  readonly namespace: string;
  /** The first link's own addresses; none for the switch. */
  readonly own: readonly string[];
  /** Addresses a host holds beyond its own: its VIPs. Always empty for other members. */
  readonly held: readonly HeldAddress[];
  /** Command names of everything that runs there, with pids outside. */
  readonly processes: readonly { readonly pid: number; readonly command: string }[];
}

/** Looks at every member of a lab. Throws `OpError` when one cannot be looked at. */
export async function statusOf(lab: Lab): Promise<LabStatus> {
  const members = await Promise.all(
    lab.members.map(async (member): Promise<MemberStatus> => {
      const own: string[] = member.plan.links.flatMap(({ ipv4, ipv6 }) => [ipv4, ipv6]);
      const held = member instanceof Host ? await member.addresses() : [];
      return {
        name: member.name,
        kind: member.plan.kind,
        namespace: member.plan.namespace,
        own,
        held: held.filter(
          ({ interface: name, address }) => name !== 'lo' && !own.includes(address) && !address.startsWith('fe80:'),
        ),
        processes: member.processes().map(({ pid, comm }) => ({ pid, command: comm })),
      };
    }),
  );
  return { name: lab.name, members };
}
