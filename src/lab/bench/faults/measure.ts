import { now } from '../../../linux/clock.ts';
import type { Instant, Milliseconds } from '../../../wire/units.ts';
import { instant, milliseconds } from '../../../wire/units.ts';
import { failure } from '../../failure.ts';
import type { Fault } from '../../fault.ts';
import type { Front } from '../../front.ts';
import { findFront } from '../../front.ts';
import type { Host } from '../../host.ts';
import type { Lab } from '../../lab.ts';
import type { Load } from '../../load.ts';
import { startLoad } from '../../load.ts';
import { frontPort } from '../../pair.ts';
import { vipOf } from '../../pairfile.ts';
import { signalProcess } from '../../procfs.ts';
import { until } from '../../until.ts';
import { HolderWatch } from '../../watch.ts';
import { movesOf } from './holding.ts';
import { Naming, since } from './naming.ts';
import type { FaultRow } from './row.ts';
import { OURS, shortcomings } from './row.ts';
import type { FaultScenario, Stage } from './scenario.ts';
import type { Subject } from './subject.ts';
import { troubleOf } from './trouble.ts';

/** How long a pair may take to settle, and the client to be well. */
const patience = milliseconds(30_000);

/** How long all must have been as it must be before an observation ends early. */
const calm = milliseconds(700);

const vips = [vipOf(1), vipOf(2)];
const targets = vips.map((vip) => `${vip}:${frontPort}`);

/**
 * Plays one scenario with one daemon: starts the daemon on both hosts, brings the fault about, and looks until all is as
 * it must be, or for ten seconds. Proxies are installed; they run when this returns, and no daemon does. Returns a
 * sentence instead of a row where the scenario cannot be played with the proxy. Throws `OpError` when the pair does not
 * settle.
 */
export async function measureFault(lab: Lab, subject: Subject, scenario: FaultScenario): Promise<FaultRow | string> {
  const [first, second] = lab.hosts;
  if (first === undefined || second === undefined) throw failure('play a fault', 'the lab has no pair of hosts');
  const front = frontOf(first);
  const taken: Fault[] = [];
  const stage: Stage = {
    ...{ lab, first, second, front, subject },
    async fault(fault) {
      const { at, undo } = await lab.fault(fault);
      if (undo !== undefined) taken.push(undo);
      return at;
    },
  };
  try {
    await Promise.all(lab.hosts.map(mend));
    const why = await scenario.impossible?.(stage);
    taken.length = 0;
    if (why !== undefined) return why;
    await scenario.prepare?.(lab, front);
    const refused = scenario.must.isRefused === true ? await subject.refusal(lab, first) : undefined;
    if (refused !== undefined) return refusedRow(subject, scenario, front, refused);
    return await play(stage, scenario);
  } finally {
    // What cannot be taken back any more is mended before the next scenario.
    for (const undo of taken.toReversed()) await lab.fault(undo).catch(() => undefined);
    await lab.fault({ kind: 'heal' });
    await Promise.all(lab.hosts.map((host) => subject.stop(host)));
    await Promise.all(lab.hosts.map(mend));
  }
}

async function play(stage: Stage, scenario: FaultScenario): Promise<FaultRow> {
  const { lab, first, second, subject } = stage;
  const { isLate = false } = scenario;
  for (const host of isLate ? [first] : [first, second]) await subject.start(lab, host);
  const home = isLate ? [first.name, first.name] : [first.name, second.name];
  await until('the VIPs are at home', () => vips.every((vip, at) => lab.holders(vip).join() === home[at]), patience);
  const load = await startLoad(lab.client, { targets, interval: milliseconds(5), timeout: milliseconds(500) });
  const watches = vips.map((vip) => new HolderWatch(lab, vip));
  const naming = new Naming(subject, lab.hosts, subject.name === OURS ? scenario.ours : scenario.theirs);
  try {
    await Promise.all(targets.map((target) => load.well(target, calm, patience)));
    const at = await scenario.begin(stage);
    await observe(stage, scenario, load, naming, at);
    return rowOf(stage, scenario, { load, watches, naming, at, end: now() });
  } finally {
    naming.stop();
    for (const watch of watches) watch.stop();
    await load.stop();
  }
}

/** Looks until all has been as it must be for a moment, or time is up. */
async function observe(
  { lab }: Stage,
  { least = milliseconds(0), most = milliseconds(10_000), must }: FaultScenario,
  load: Load,
  naming: Naming,
  at: Instant,
): Promise<void> {
  const home = must.serves === 'crossed' ? ['lb1', 'lb2'] : ['lb2', 'lb2'];
  const isServed = (): boolean =>
    vips.every((vip, index) => {
      const holders = lab.holders(vip);
      return must.serves === 'one' ? holders.length === 1 : holders.join() === home[index];
    });
  const isWell = (): boolean => {
    const end = now();
    return targets.every((target) => troubleOf(load.attempts, target, instant(end - calm), end).failed === 0);
  };
  const isOver = (): boolean =>
    since(at) >= most || (since(at) >= Math.max(least, calm) && naming.isDone && isServed() && isWell());
  await until('the observation is over', isOver, milliseconds(most + 5000), milliseconds(50));
}

interface Seen {
  readonly load: Load;
  readonly watches: readonly HolderWatch[];
  readonly naming: Naming;
  readonly at: Instant;
  readonly end: Instant;
}

function rowOf({ lab, subject, front }: Stage, scenario: FaultScenario, seen: Seen): FaultRow {
  const { load, watches, naming, at, end } = seen;
  const troubles = targets.map((target) => troubleOf(load.attempts, target, at, end));
  const row = {
    ...{ fault: scenario.name, what: scenario.what, daemon: subject.name, proxy: front.profile },
    observed: milliseconds(end - at),
    outage: most(troubles.map(({ outage }) => outage)),
    isLasting: troubles.some(({ isLasting }) => isLasting),
    failed: troubles.reduce((sum, { failed }) => sum + failed, 0),
    of: troubles.reduce((sum, trouble) => sum + trouble.of, 0),
    holders: vips.map((vip) => lab.holders(vip)),
    twoHolders: most(watches.map((watch) => watch.timeWith((count) => count > 1, at))),
    moves: watches.reduce((sum, watch) => sum + movesOf(watch.changes), 0),
    named: naming.since(at),
  };
  return { ...row, short: shortcomings(row, scenario.must) };
}

/** A configuration that was refused: nothing was started. */
function refusedRow(subject: Subject, { name, what }: FaultScenario, front: Front, refused: string): FaultRow {
  const none = milliseconds(0);
  return {
    ...{ fault: name, what, daemon: subject.name, proxy: front.profile, refused },
    ...{ observed: none, outage: none, isLasting: false, failed: 0, of: 0, holders: [], twoHolders: none, moves: 0 },
    named: { after: none, words: [refused] },
    short: [],
  };
}

const most = (values: readonly Milliseconds[]): Milliseconds => milliseconds(Math.max(...values));

/** Leaves a host with a proxy that serves: what is stopped, orphaned or gone is ended and started again. */
async function mend(host: Host): Promise<void> {
  const front = frontOf(host);
  const isWell = front.main() !== undefined && host.listens(frontPort) && front.processes().length > 1;
  if (isWell && front.processes().every(({ state }) => state !== 'T')) return;
  for (const { pid } of front.processes()) signalProcess(pid, 'SIGKILL');
  await until(`the proxy of "${host.name}" is gone`, () => front.processes().length === 0, patience);
  await front.start();
}

function frontOf(host: Host): Front {
  const front = findFront(host);
  if (front === undefined) throw failure(`find the proxy of "${host.name}"`, 'none was installed in this lab');
  return front;
}
