import { milliseconds } from '../../../wire/units.ts';
import { now } from '../../../linux/clock.ts';
import type { Lab } from '../../lab.ts';
import type { FaultScenario, SetUp } from './scenario.ts';

/*
 * Hosts that do not hear each other. keepalived has one path; the hosts of a lab have two, and what this program is
 * compared in is what it makes of the second.
 */

/** Where each host has its copy of the key. */
const keyFile = '/var/tmp/pair.key';

/** A heartbeat over the second link. */
export const secondPath: SetUp = {
  settings: { heartbeat: { paths: ['eth1'], key_file: keyFile } },
};

/** The client of a lab plays the gateway. */
const withGateway: SetUp = { settings: { ...secondPath.settings, gateway: '192.0.2.1' } };

/** Gives every host the key. */
export async function shareKey(lab: Lab): Promise<void> {
  for (const { name } of lab.hosts) {
    await lab.exec(name, ['sh', '-c', `umask 077; echo one key for both of them > ${keyFile}`]);
  }
}

/** keepalived's backups take over after 3.6 s of silence: what stays so for longer stays so. */
const longEnough = milliseconds(6000);

/** What keepalived says of another router that it had not expected. */
const lowerPriority = /advert.*(lower|higher) priority/i;

/** Scenarios of the network, in the order of the table. */
export const cutPaths: readonly FaultScenario[] = [
  {
    name: 'path-cut',
    what: 'no frame passes between the hosts on the link of VRRP; a second link is up',
    setUp: secondPath,
    prepare: shareKey,
    must: { serves: 'crossed', moves: 0 },
    ours: { lb1: /^vrrp-(lost|filtered): /, lb2: /^vrrp-(lost|filtered): / },
    theirs: { lb1: lowerPriority, lb2: lowerPriority },
    least: longEnough,
    async begin({ fault, first, second }) {
      const at = now();
      await fault({ kind: 'lose', from: first.name, to: second.name });
      await fault({ kind: 'lose', from: second.name, to: first.name });
      return at;
    },
  },
  oneWay('one-way-out', 'what the first host advertises does not arrive at the second; a second link is up', 0),
  oneWay('one-way-in', 'what the second host advertises does not arrive at the first; a second link is up', 1),
  {
    name: 'cut-off',
    what: 'both links of the first host lose every frame; the gateway is reached from the second alone',
    setUp: withGateway,
    prepare: shareKey,
    // Three questions to the gateway have to fail; the other host has taken over long before.
    must: { serves: 'peer', outage: milliseconds(1000), twoHolders: milliseconds(3000) },
    ours: { lb1: /^unreached: /, lb2: /^(web-1 active: lb1 fell silent|peer-lost: )/ },
    theirs: { lb1: lowerPriority, lb2: lowerPriority },
    least: longEnough,
    async begin({ fault, first }) {
      const at = now();
      await fault({ kind: 'blackhole', member: first.name });
      await fault({ kind: 'cut', member: first.name, link: 'second' });
      return at;
    },
  },
];

/** What the host of that place in the order says is lost, for VRRP only. */
function oneWay(name: string, what: string, place: 0 | 1): FaultScenario {
  const [deaf, mute] = place === 0 ? ['lb2', 'lb1'] : ['lb1', 'lb2'];
  return {
    ...{ name, what, setUp: secondPath, prepare: shareKey, least: longEnough },
    must: { serves: 'crossed', moves: 0 },
    ours: { [deaf]: /^one-way-in: /, [mute]: /^one-way-out: / },
    theirs: { [mute]: lowerPriority },
    begin: ({ fault, lab }) =>
      fault({ kind: 'lose', from: lab.host(mute).name, to: lab.host(deaf).name, lost: 'vrrp' }),
  };
}
