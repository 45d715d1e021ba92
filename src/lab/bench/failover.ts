import { setTimeout as pause } from 'node:timers/promises';
import { now } from '../../linux/clock.ts';
import type { Ending } from '../attempt.ts';
import type { Instant, Milliseconds } from '../../wire/units.ts';
import { between, milliseconds } from '../../wire/units.ts';
import type { Front } from '../front.ts';
import { findFront } from '../front.ts';
import { failure } from '../failure.ts';
import type { Host } from '../host.ts';
import type { Lab } from '../lab.ts';
import { setCarrier } from '../links.ts';
import type { Load } from '../load.ts';
import { startLoad } from '../load.ts';
import { failuresOf, longestSilence } from '../outage.ts';
import { until } from '../until.ts';
import { HolderWatch } from '../watch.ts';
import type { Contender } from './contender.ts';
import { signalFamily } from './family.ts';
import { median } from './statistics.ts';

/** What befalls the host that holds the VIP. `daemon-killed` and `daemon-stopped` hit every process of the daemon. */
export type Event =
  'proxy-killed' | 'daemon-terminated' | 'daemon-killed' | 'daemon-stopped' | 'link-cut' | 'address-deleted';

/** One repetition. */
export interface Trial {
  /** From the start of the last good attempt before to the first good answer after; see `outageAfter`. */
  readonly outage: Milliseconds;
  /** From the event to the end of the outage. */
  readonly sinceEvent: Milliseconds;
  /** How long more than one host held the VIP, from the event until one did again or the trial was over. */
  readonly conflict: Milliseconds;
  /** How long no host held it. */
  readonly vacancy: Milliseconds;
  /** The longest time meanwhile in which the client itself began no attempt: what the outage may be too long by. */
  readonly silence: Milliseconds;
  readonly failures: Partial<Record<Ending, number>>;
  /** Who answered first after the outage. */
  readonly front: string;
}

export interface FailoverResult {
  readonly contender: string;
  readonly event: Event;
  readonly trials: readonly Trial[];
  readonly median: Milliseconds;
  readonly worst: Milliseconds;
}

export interface FailoverOptions {
  readonly contender: Contender;
  readonly event: Event;
  /** The VIP that belongs on the first host. */
  readonly vip: string;
  readonly port: number;
  readonly repetitions: number;
  /** How long the pair and the client must have been well before an event and after it; 500 ms by default. */
  readonly calm?: Milliseconds;
  /** How long after the event at most is waited for a single holder; 5 s by default. */
  readonly conflictLimit?: Milliseconds;
  /** Called after each repetition. */
  readonly onTrial?: (trial: Trial, index: number) => void;
}

/** How long after the silent death of a daemon a peer may begin to hold its VIP, at intervals up to 200 ms. */
const takeoverTime = milliseconds(3000);

/** How long a pair may take to settle, and the client to be well again. */
const patience = milliseconds(30_000);

/**
 * Measures what an event costs a client, over and over: a proxy is installed on every host of the lab; each repetition
 * starts it and the contender where they are missing, waits until the VIP is on the first host alone and the client is
 * well, brings the event about, waits until the client is well again, and takes the event back. Events fall at evenly
 * spread points of a second, so that timers are met in every phase. Throws `OpError` when the pair does not settle.
 */
export async function measureFailover(lab: Lab, options: FailoverOptions): Promise<FailoverResult> {
  const { contender, event, repetitions } = options;
  const trials: Trial[] = [];
  const load = await startLoad(lab.client, { targets: [targetOf(options)] });
  try {
    await startAll(lab, contender);
    for (let index = 0; index < repetitions; index++) {
      const trial = await measureOnce(lab, load, options, milliseconds((index * 1000) / repetitions));
      trials.push(trial);
      options.onTrial?.(trial, index);
    }
  } finally {
    await Promise.all(lab.hosts.map((host) => contender.stop(host)));
    await load.stop();
  }
  const outages = trials.map(({ outage }) => outage);
  const worst = milliseconds(Math.max(...outages));
  return { contender: contender.name, event, trials, median: milliseconds(median(outages)), worst };
}

async function startAll(lab: Lab, contender: Contender): Promise<void> {
  for (const host of lab.hosts) {
    const front = frontOf(host);
    if (front.processes().length === 0) await front.start();
    await contender.stop(host);
    await contender.start(lab, host);
  }
}

async function measureOnce(lab: Lab, load: Load, options: FailoverOptions, phase: Milliseconds): Promise<Trial> {
  const { contender, event, vip, calm = milliseconds(500) } = options;
  const [host] = lab.hosts;
  if (host === undefined) throw failure('measure a fail-over', 'the lab has no host');
  const target = targetOf(options);
  const isHome = (): boolean => lab.holders(vip).join() === host.name;
  await until(`"${vip}" is on "${host.name}" alone`, isHome, patience);
  await contender.settled?.(lab);
  await load.well(target, calm, patience);
  await pause(phase);
  const watch = new HolderWatch(lab, vip);
  const at = await cause(lab, host, contender, event, vip);
  await load.well(target, calm, patience);
  await until(`"${vip}" has one holder`, () => isOver(lab, options, at), patience);
  watch.stop();
  const gap = load.outage(target, at, milliseconds(now() - at));
  const during = load.attempts.filter(({ start }) => start > at - 500);
  await takeBack(lab, host, contender, event);
  if (gap === undefined) throw failure('measure a fail-over', 'the client saw nothing after the event');
  const first = during.find(({ ending, end }) => ending === 'good' && end >= gap.to);
  return {
    outage: gap.length,
    sinceEvent: between(at, gap.to),
    conflict: watch.timeWith((count) => count > 1, at),
    vacancy: watch.timeWith((count) => count === 0, at),
    silence: longestSilence(during),
    failures: failuresOf(during),
    front: first?.front ?? '',
  };
}

/**
 * Whether nothing more is to be expected of an event than what has happened: one host holds the VIP. After a daemon was
 * killed or stopped that is so at once, and stops being so when the other host takes over: hence the wait.
 */
function isOver(lab: Lab, { event, vip, conflictLimit = milliseconds(5000) }: FailoverOptions, at: Instant): boolean {
  const passed = between(at, now());
  if ((event === 'daemon-killed' || event === 'daemon-stopped') && passed < takeoverTime) return false;
  return lab.holders(vip).length === 1 || passed > conflictLimit;
}

async function cause(lab: Lab, host: Host, contender: Contender, event: Event, vip: string): Promise<Instant> {
  switch (event) {
    case 'proxy-killed': {
      const at = frontOf(host).kill('all');
      contender.onKill?.(host);
      return at;
    }
    case 'daemon-terminated':
      return (await lab.fault({ kind: 'signal', host: host.name, process: contender.process, signal: 'SIGTERM' })).at;
    case 'daemon-killed':
      return signalFamily(host, contender.process, 'SIGKILL');
    case 'daemon-stopped':
      return signalFamily(host, contender.process, 'SIGSTOP');
    case 'link-cut':
      return (await lab.fault({ kind: 'cut', member: host.name })).at;
    case 'address-deleted':
      return (await lab.fault({ kind: 'delete-address', host: host.name, address: vip })).at;
  }
}

async function takeBack(lab: Lab, host: Host, contender: Contender, event: Event): Promise<void> {
  switch (event) {
    case 'proxy-killed': {
      const front = frontOf(host);
      await until(`the proxy of "${host.name}" is gone`, () => front.processes().length === 0, milliseconds(2000));
      await front.start();
      contender.onRecovery?.(host);
      return;
    }
    case 'daemon-terminated':
    case 'daemon-killed':
      await contender.stop(host);
      return contender.start(lab, host);
    case 'daemon-stopped':
      signalFamily(host, contender.process, 'SIGCONT');
      return;
    case 'link-cut':
      return setCarrier(lab, host, true);
    case 'address-deleted':
      return;
  }
}

function frontOf(host: Host): Front {
  const front = findFront(host);
  if (front === undefined) throw failure(`find the proxy of "${host.name}"`, 'none was installed in this lab');
  return front;
}

const targetOf = ({ vip, port }: FailoverOptions): string =>
  vip.includes(':') ? `[${vip}]:${port}` : `${vip}:${port}`;
