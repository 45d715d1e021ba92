import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Front } from '../../src/lab/front.ts';
import type { Lab } from '../../src/lab/lab.ts';
import { labUp } from '../../src/lab/lab.ts';
import { startLoad } from '../../src/lab/load.ts';
import { gapsOf, longestSilence } from '../../src/lab/outage.ts';
import { profileNamed, profileNames, startFronts } from '../../src/lab/pair.ts';
import { startBackend } from '../../src/lab/backend.ts';
import { milliseconds } from '../../src/wire/units.ts';
import { labName } from './name.ts';

const calm = milliseconds(200);
const patience = milliseconds(20_000);

describe.each(profileNames)('the load client, with %s', (profile) => {
  const target = '192.0.2.11:80';
  let lab: Lab;
  let front: Front;

  beforeAll(async () => {
    lab = await labUp({ name: labName('l') });
    await Promise.all(lab.backends.map(startBackend));
    const [first] = await startFronts(lab, profileNamed(profile));
    if (first === undefined) throw new Error('no front');
    front = first;
  });

  afterAll(() => lab.down());

  it('measures a proxy that stands still for 300 ms as 300 ms', async () => {
    const load = await startLoad(lab.client, { targets: [target] });
    await load.well(target, calm, patience);
    const at = front.pause();
    await pause(300);
    const stillFor = front.resume() - at;
    await load.well(target, calm, patience);
    const outage = load.outage(target, at);
    const report = await load.stop();
    // What the client was late itself, and the proxy in answering what had piled up, is on top; nothing is missing.
    expect(outage?.length).toBeGreaterThanOrEqual(stillFor - 5);
    expect(outage?.length).toBeLessThan(stillFor + 150 + report.silence);
    expect(report.targets[0]?.fronts.map(({ front: label }) => label)).toEqual(['lb1']);
  });

  it('measures from the kill to the restart, and says how attempts failed', async () => {
    const load = await startLoad(lab.client, { targets: [target] });
    await load.well(target, calm, patience);
    const at = front.kill();
    await pause(100);
    await front.start();
    await load.well(target, calm, patience);
    const outage = load.outage(target, at);
    const report = await load.stop();
    expect(outage?.length).toBeGreaterThanOrEqual(100);
    expect(report.failures.refused).toBeGreaterThan(10);
    expect(report.attempts).toBeGreaterThan(100);
  });

  it('is not held back by a target that does not answer at all', async () => {
    await lab.fault({ kind: 'cut', member: 'lb2' });
    const dead = '192.0.2.12:80';
    const load = await startLoad(lab.client, { targets: [dead, target] });
    await load.well(target, milliseconds(1000), patience);
    const report = await load.stop();
    const [gone, alive] = [dead, target].map((each) => load.attempts.filter((attempt) => attempt.target === each));
    expect(gone?.every(({ ending }) => ending === 'timeout' || ending === 'unreachable')).toBe(true);
    expect(alive?.filter(({ ending }) => ending !== 'good')).toEqual([]);
    expect(report.targets[0]?.longest).toBeUndefined();
    await lab.fault({ kind: 'heal' });
  });

  it('reaches IPv6, and is light', async () => {
    const ipv6 = '[2001:db8:2::11]:80';
    const load = await startLoad(lab.client, { targets: [ipv6], path: '/healthz' });
    await load.well(ipv6, milliseconds(1500), patience);
    const report = await load.stop();
    expect(report.failures).toEqual({});
    expect(report.cpu).toBeLessThan(0.6);
    const longest = Math.max(...gapsOf(load.attempts, ipv6).map(({ length }) => length));
    expect(longest).toBeLessThan(longestSilence(load.attempts) + 200);
  });

  it('refuses a target that is none', async () => {
    await expect(startLoad(lab.client, { targets: ['192.0.2.11'] })).rejects.toThrow('it is not ADDRESS:PORT');
  });
});
