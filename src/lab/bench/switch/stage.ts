import { profiles } from '../../../../profiles/registry.ts';
import { requestSwitch } from '../../../control/client.ts';
import type { Profile } from '../../../proxy/profile.ts';
import { milliseconds } from '../../../wire/units.ts';
import { backendPort, startBackend } from '../../backend.ts';
import type { Daemon } from '../../daemon.ts';
import { startDaemon } from '../../daemon.ts';
import { failure } from '../../failure.ts';
import type { Front } from '../../front.ts';
import { installFront } from '../../front.ts';
import type { Host } from '../../host.ts';
import type { Lab } from '../../lab.ts';
import { labUp } from '../../lab.ts';
import { pairFile, vipOf } from '../../pairfile.ts';
import type { PairValue } from '../../pairfile.ts';
import { settled } from '../../settled.ts';

/** Where switches are measured: a lab that serves. */
export interface Stage {
  readonly lab: Lab;
  /** Addresses that clients ask, on port 80. */
  readonly targets: readonly string[];
  /** Makes the switch of this number, from 0, and returns what it did when it is over. Throws `OpError`. */
  readonly change: (round: number) => Promise<string>;
  /** How often a VIP has changed its holder so far. */
  readonly moves: () => Promise<number>;
}

const PATIENCE = milliseconds(30_000);
const HEALTH_PATH = '/vipair-health';

/** The two proxies that are switched for each other. Throws `OpError` when there is one only. */
function bothProfiles(): readonly [Profile, Profile] {
  const [first, second] = Object.values(profiles);
  if (first === undefined || second === undefined) throw failure('switch', 'there is one profile only');
  return [first, second];
}

/** A crossed pair whose daemons start the proxies. */
export function managedStage(): Promise<Stage> {
  const [{ name }] = bothProfiles();
  return pairStage('switchman', () => Promise.resolve({ profile: name, mode: 'managed', managed: { user: 'root' } }));
}

/** A crossed pair whose daemons adopt what runs already, and start the other one by its command. */
export function adoptedStage(): Promise<Stage> {
  return pairStage('switchado', async (host, lab) => {
    // A proxy cannot go from all addresses to single ones without letting go of the port.
    const [first, second] = installBoth(host, lab, 8088);
    await host.exec(['sysctl', '-qw', 'net.ipv4.tcp_migrate_req=1']);
    await first.start();
    const options = [first, second].map((front): [string, PairValue] => [
      front.profile,
      { directory: front.directory, pid_file: front.pidFile, start: front.command },
    ]);
    return { profile: first.profile, profiles: Object.fromEntries(options) };
  });
}

/** One host whose proxies nobody looks after: stopped and started as the packages' units do. */
export async function handStage(): Promise<Stage> {
  const lab = await labUp({ name: 'switchhand' });
  try {
    await Promise.all(lab.backends.map(startBackend));
    const host = lab.host('lb1');
    const fronts = installBoth(host, lab, 80);
    await fronts[0].start();
    return {
      ...{ lab, targets: [host.ipv4], moves: () => Promise.resolve(0) },
      async change(round) {
        const [from, to] = round % 2 === 0 ? fronts : fronts.toReversed();
        await from?.stop();
        await to?.start();
        return `${to?.profile} instead of ${from?.profile}`;
      },
    };
  } catch (error) {
    lab.down();
    throw error;
  }
}

/** Files for both proxies, complete ones that a daemon goes on with. */
function installBoth(host: Host, lab: Lab, port: number): readonly [Front, Front] {
  const backends = lab.backends.map(({ ipv4 }) => ({ address: ipv4, port: backendPort }));
  const install = (profile: Profile): Front =>
    installFront(host, profile, { listen: [port], backends, healthPath: HEALTH_PATH }, true);
  const [first, second] = bothProfiles();
  return [install(first), install(second)];
}

/** Both hosts serve the same on both VIPs, of which each holds one; they are switched in turn, there and back. */
async function pairStage(name: string, proxyOf: (host: Host, lab: Lab) => Promise<Proxy>): Promise<Stage> {
  const lab = await labUp({ name });
  try {
    await Promise.all(lab.backends.map(startBackend));
    const vips = lab.hosts.map((_, index) => vipOf(index + 1));
    const web = {
      listen: vips.map((vip) => `${vip}:80`),
      health_path: HEALTH_PATH,
      backends: lab.backends.map(({ name: backend, ipv4 }) => ({ name: backend, address: `${ipv4}:${backendPort}` })),
    };
    const daemons: Daemon[] = [];
    for (const host of lab.hosts) {
      const proxy = { switch: { bake: '1s', drain: '5s' }, ...(await proxyOf(host, lab)) };
      const settings = { proxy, services: { web }, recover_after: '100ms', sysctl: 'apply' };
      daemons.push(await startDaemon(host, { config: pairFile(lab, { settings }) }));
    }
    await settled(daemons);
    for (const daemon of daemons) await daemon.until('its proxy serves', isServing);
    return { lab, targets: vips, change: (round) => changeOne(daemons, round), moves: () => movesOf(daemons) };
  } catch (error) {
    lab.down();
    throw error;
  }
}

const isServing: Parameters<Daemon['until']>[1] = ({ apply, proxy }) =>
  typeof apply?.inForce === 'number' && proxy?.state === 'well';

type Proxy = Readonly<Record<string, PairValue>>;

/** The hosts in turn: each there, then each back. */
async function changeOne(daemons: readonly Daemon[], round: number): Promise<string> {
  const [first, second] = bothProfiles();
  const daemon = daemons[round % daemons.length];
  const { name } = Math.floor(round / daemons.length) % 2 === 0 ? second : first;
  if (daemon === undefined) throw failure('switch', 'there is no daemon');
  const { result, message } = await requestSwitch(daemon.socket, { to: name, dry: false }, () => undefined);
  if (result !== 'switched') throw failure(`switch "${daemon.host.name}" to "${name}"`, result, message);
  await daemon.until('the switch is over', ({ switching }) => switching?.underWay === null, PATIENCE);
  return `${daemon.host.name}: ${message}`;
}

async function movesOf(daemons: readonly Daemon[]): Promise<number> {
  const all = await Promise.all(daemons.map((daemon) => daemon.status()));
  const counts = all.flatMap(({ vips }) => vips.map(({ counters }) => counters['activeTransitions'] ?? 0));
  return counts.reduce((sum, each) => sum + each, 0);
}
