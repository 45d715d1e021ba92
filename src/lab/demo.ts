/**
 * The demo: what the program is for, on one machine, in under a minute. A pair with real proxies serves a client that
 * opens a new connection every 2 ms to each VIP, while a proxy is killed and a cable is pulled. The daemons start the
 * proxies themselves and render their whole configuration. What is shown is what
 * the client saw and what the daemons say about it; the lab is gone afterwards, also after Ctrl-C.
 */
import { renderStatus } from '../control/render.ts';
import { now } from '../linux/clock.ts';
import { milliseconds } from '../wire/units.ts';
import type { Instant } from '../wire/units.ts';
import { labUp } from './lab.ts';
import type { Lab } from './lab.ts';
import { startLoad } from './load.ts';
import type { Load } from './load.ts';
import { frontPort, profileNames, startPair, stopPair } from './pair.ts';
import type { Pair } from './pair.ts';
import { vipOf } from './pairfile.ts';
import { settled } from './settled.ts';
import { until } from './until.ts';

export interface DemoOptions {
  /** Profiles to show, one after the other; all by default. */
  readonly profiles?: readonly string[];
  /** Where lines go. */
  readonly write: (line: string) => void;
  readonly color: boolean;
}

/** One fault as the client saw it. */
export interface DemoResult {
  readonly profile: string;
  readonly fault: string;
  /** Time without a good answer at the VIP that moved, and at the other one, in milliseconds. */
  readonly outageMs: number;
  readonly otherMs: number;
  readonly wayBackMs: number;
}

const CALM = milliseconds(300);
const LIMIT = milliseconds(20_000);
const TARGETS = [1, 2].map((number) => `${vipOf(number)}:${frontPort}`);

/** Runs the demo and returns what was measured. Throws `OpError` when the lab cannot be built or a fault does not heal. */
export async function runDemo(options: DemoOptions): Promise<DemoResult[]> {
  const results: DemoResult[] = [];
  const { write } = options;
  const lab = await labUp({ name: 'demo' });
  try {
    write(
      `A switch, a client, two backends and the hosts ${names(lab)}, each with its own network, processes and files.`,
    );
    for (const profile of options.profiles ?? profileNames) results.push(...(await showProfile(lab, profile, options)));
  } finally {
    lab.down();
  }
  write('');
  for (const line of table(results)) write(line);
  return results;
}

async function showProfile(lab: Lab, profile: string, { write, color }: DemoOptions): Promise<DemoResult[]> {
  const startedAt = now();
  write('');
  write(`== ${profile} on both hosts ==`);
  // The lab's own subnets make every kernel setting that a pair needs worth having; `apply` lets the daemon set them.
  // The way back is shown, too, and nobody wants to wait for what is well for a long time.
  const settings = { sysctl: 'apply', recover_after: '1s' };
  const pair = await startPair(lab, { profile, isManaged: true, settings });
  write(`Up and crossed after ${Math.round(now() - startedAt)} ms. What ${names(lab)} say:`);
  for (const daemon of pair.daemons) write(renderStatus(await daemon.status(), color).trimEnd());
  const load = await startLoad(lab.client, { targets: TARGETS });
  try {
    await calm(load);
    const killed = await killProxy(pair, load, profile, { write, color });
    const cut = await cutLink(pair, load, profile, { write, color });
    return [killed, cut];
  } finally {
    await load.stop();
    await stopPair(pair);
  }
}

async function killProxy(pair: Pair, load: Load, profile: string, options: DemoOptions): Promise<DemoResult> {
  const { lab, daemons } = pair;
  const { write } = options;
  const [daemon] = daemons;
  const before = (await daemon?.status())?.proxy?.pid;
  const said = daemon?.log().length;
  write('');
  write(`Killing all ${profile} processes of lb1 (SIGKILL) under load ...`);
  const { at } = await lab.fault({ kind: 'kill-proxy', host: 'lb1' });
  await until('lb2 holds both VIPs', () => lab.host('lb2').holds(vipOf(1)), LIMIT, milliseconds(1));
  await calm(load);
  const outage = report(load, at, write);
  const backAt = now();
  await daemon?.until('it runs again', ({ proxy }) => proxy?.state === 'well' && proxy.pid !== before);
  write(`lb1 has started ${profile} again by itself; web-1 goes home once it has been well for recover_after ...`);
  const wayBack = await goHome(pair, load, backAt, write);
  write('  What lb1 has logged meanwhile:');
  for (const line of daemon?.log().slice(said).trimEnd().split('\n') ?? []) write(`    ${line}`);
  return { profile, fault: 'all proxy processes killed', ...outage, wayBackMs: wayBack };
}

async function cutLink(pair: Pair, load: Load, profile: string, { write }: DemoOptions): Promise<DemoResult> {
  const { lab } = pair;
  write('');
  write('Pulling the cable of lb2 under load ...');
  const { at, undo } = await lab.fault({ kind: 'cut', member: 'lb2' });
  await until('lb1 holds both VIPs', () => lab.host('lb1').holds(vipOf(2)), LIMIT, milliseconds(1));
  await calm(load);
  const [other, moved] = [gap(load, 0, at), gap(load, 1, at)];
  write(
    `  web-2 moved to lb1: the client was without it for ${moved} ms (silence has to last three intervals of 200 ms).`,
  );
  write('Plugging it in again ...');
  const backAt = now();
  if (undo !== undefined) await lab.fault(undo);
  const wayBack = await goHome(pair, load, backAt, write);
  return { profile, fault: 'cable pulled', outageMs: moved, otherMs: other, wayBackMs: wayBack };
}

function report(load: Load, at: Instant, write: (line: string) => void): { outageMs: number; otherMs: number } {
  const [moved, other] = [gap(load, 0, at), gap(load, 1, at)];
  write(
    `  web-1 moved to lb2: the client was without it for ${moved} ms. web-2, held by lb2 all along: longest gap ${other} ms.`,
  );
  return { outageMs: moved, otherMs: other };
}

/** Waits until the pair is crossed again and returns the longest gap on the way. */
async function goHome(pair: Pair, load: Load, since: Instant, write: (line: string) => void): Promise<number> {
  await settled(pair.daemons);
  const took = Math.round(now() - since);
  await calm(load);
  const worst = Math.max(gap(load, 0, since), gap(load, 1, since));
  write(`  Everything is back in its place after ${took} ms; the longest gap on the way back: ${worst} ms.`);
  return worst;
}

async function calm(load: Load): Promise<void> {
  await Promise.all(TARGETS.map((target) => load.well(target, CALM, LIMIT)));
}

/** The longest time without a good answer since an event, in milliseconds. */
function gap(load: Load, index: number, since: Instant): number {
  const outage = load.outage(TARGETS[index] ?? '', since);
  return Math.round((outage?.length ?? 0) * 10) / 10;
}

function table(results: readonly DemoResult[]): string[] {
  const head = ['PROXY', 'FAULT', 'VIP GONE FOR', 'OTHER VIP', 'WAY BACK'];
  const rows = results.map((r) => [r.profile, r.fault, `${r.outageMs} ms`, `${r.otherMs} ms`, `${r.wayBackMs} ms`]);
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]?.length ?? 0)));
  return [head, ...rows].map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

const names = (lab: Lab): string => lab.hosts.map(({ name }) => name).join(' and ');
