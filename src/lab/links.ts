import { failure } from './failure.ts';
import type { Lab } from './lab.ts';
import type { Member } from './member.ts';

/*
 * Faults of the network, all of them on the switch's side: what a member sees is what it would see of a real cable or a
 * real switch. A cut takes the carrier away; a loss drops frames inside the bridge while every carrier stays.
 */

/** What is lost on the way from one member to another. `vrrp` is IP protocol 112 of either family. */
export type Lost = 'everything' | 'vrrp';

/**
 * The losses are set elements of one table, so each can be added and removed by itself. Created at the first loss; a
 * lab without one needs no nft.
 */
const table = `
table bridge lab {
  set everything { type ifname . ifname; }
  set vrrp { type ifname . ifname; }
  chain forward {
    type filter hook forward priority 0; policy accept;
    iifname . oifname @everything drop
    meta l4proto 112 iifname . oifname @vrrp drop
  }
}
`;

/** Pulls or plugs a cable of a member, that of its first link unless told otherwise: it loses or regains its carrier. */
export async function setCarrier(lab: Lab, member: Member, up: boolean, link = 0): Promise<void> {
  const port = portOf(member, link);
  const { code, stderr } = await lab.switch.exec(['ip', 'link', 'set', port, up ? 'up' : 'down']);
  if (code !== 0) throw failure(`${up ? 'plug' : 'pull'} the cable of "${member.name}"`, stderr.trim());
}

/** Starts or ends a loss in one direction, between two members' first links. Doing so twice changes nothing. */
export async function setLoss(lab: Lab, pairs: readonly [Member, Member][], lost: Lost, on: boolean): Promise<void> {
  if (pairs.length === 0) return;
  const known = await lab.switch.exec(['nft', 'list', 'table', 'bridge', 'lab']);
  if (known.code !== 0 && !on) return;
  const elements = pairs.map(([from, to]) => `"${portOf(from)}" . "${portOf(to)}"`);
  // Adding what is there is no error to nft, removing what is not there is one: hence add before delete.
  const add = `add element bridge lab ${lost} { ${elements.join(', ')} }\n`;
  const input = (known.code === 0 ? '' : table) + (on ? add : add + add.replace('add', 'delete'));
  const { code, stderr } = await lab.switch.exec(['nft', '-f', '-'], { input });
  if (code !== 0) throw failure(`${on ? 'lose' : 'pass'} frames on the switch`, stderr.trim());
}

/** Ends every loss and plugs every cable. */
export async function heal(lab: Lab): Promise<void> {
  await lab.switch.exec(['nft', 'delete', 'table', 'bridge', 'lab']);
  for (const member of lab.members)
    for (const link of member.plan.links.keys()) await setCarrier(lab, member, true, link);
}

function portOf(member: Member, link = 0): string {
  const port = member.plan.links[link]?.port;
  if (port === undefined)
    throw failure(`find cable ${link + 1} of "${member.name}"`, `it has ${member.plan.links.length || 'none'}`);
  return port;
}
