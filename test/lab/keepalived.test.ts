import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startBackend } from '../../src/lab/backend.ts';
import { keepalivedBest, keepalivedScript, keepalivedWeight } from '../../src/lab/bench/keepalived.ts';
import { measureFailover } from '../../src/lab/bench/failover.ts';
import { startCapture } from '../../src/lab/capture.ts';
import type { Host } from '../../src/lab/host.ts';
import type { Keepalived, KeepalivedOptions } from '../../src/lab/keepalived.ts';
import { keepalivedConfig, setTrackFile, startKeepalived } from '../../src/lab/keepalived.ts';
import type { Lab } from '../../src/lab/lab.ts';
import { labUp } from '../../src/lab/lab.ts';
import { profileNamed, profileNames, startFronts } from '../../src/lab/pair.ts';
import { vipOf } from '../../src/lab/pairfile.ts';
import { until } from '../../src/lab/until.ts';
import { now } from '../../src/linux/clock.ts';
import { milliseconds } from '../../src/wire/units.ts';
import { labName } from './name.ts';

const patience = milliseconds(20_000);
const vip = vipOf(1);
const vip6 = vipOf(1, 'ipv6');
let lab: Lab;

beforeAll(async () => {
  lab = await labUp({ name: labName('k') });
});

afterAll(() => lab.down());

type Rest = Omit<KeepalivedOptions, 'instances'>;

/** A pair for one VIP of each family, the first host preferred. */
async function startPair(priorities: readonly [number, number], rest: (host: Host) => Rest): Promise<Keepalived[]> {
  const pair = await Promise.all(
    lab.hosts.map((host, index) => {
      const priority = priorities[index] ?? 100;
      const instances = [{ name: 'VI_4', vrid: 51, priority, addresses: [`${vip}/24`] }];
      // Version 2 is IPv4's alone.
      const ipv6 = { name: 'VI_6', vrid: 51, priority, addresses: ['fe80::101/64', `${vip6}/64`] };
      const options = rest(host);
      return startKeepalived(host, { ...options, instances: options.version === 3 ? [...instances, ipv6] : instances });
    }),
  );
  await until('the first host holds the VIP alone', () => lab.holders(vip).join() === 'lb1', patience);
  return pair;
}

const stopAll = (pair: readonly Keepalived[]): Promise<unknown> => Promise.all(pair.map((each) => each.stop()));

/** How long an event takes until the second host holds the VIP, in milliseconds. */
async function takeOver(event: () => unknown): Promise<number> {
  const at = now();
  await event();
  return (await until('lb2 holds the VIP', () => lab.host('lb2').holds(vip), patience, milliseconds(1))) - at;
}

describe('a pair of keepalived', () => {
  it('elects by priority in both families, and every packet decodes with a good checksum', async () => {
    const capture = await startCapture(lab, 'election');
    const pair = await startPair([200, 100], () => ({ version: 3, interval: milliseconds(100) }));
    await until('IPv6 is elected too', () => lab.holders(vip6).join() === 'lb1', patience);
    expect(pair.map((each) => [each.state('VI_4'), each.state('VI_6')])).toEqual([
      ['MASTER', 'MASTER'],
      ['BACKUP', 'BACKUP'],
    ]);
    await stopAll(pair);
    await capture.stop();
    const seen = await capture.advertisements();
    expect(new Set(seen.map(({ destination }) => destination))).toEqual(new Set(['224.0.0.18', 'ff02::12']));
    expect(seen.length).toBeGreaterThan(3);
    expect(
      seen.filter(
        ({ checksumGood, malformed, ttl, version }) => !checksumGood || malformed || ttl !== 255 || version !== 3,
      ),
    ).toEqual([]);
    expect(seen.some(({ priority }) => priority === 0)).toBe(true);
    expect(lab.holders(vip)).toEqual([]);
  });

  it('takes over after the skew time when the tracked file says so: 65 ms with priority 90 at 100 ms', async () => {
    const pair = await startPair([100, 90], () => ({
      version: 3,
      interval: milliseconds(100),
      track: { kind: 'file' },
    }));
    const took = await takeOver(() => setTrackFile(lab.host('lb1'), false));
    expect(took).toBeGreaterThan(55);
    expect(took).toBeLessThan(500);
    expect(pair[0]?.state('VI_4')).toBe('FAULT');
    setTrackFile(lab.host('lb1'), true);
    await until('it is back', () => lab.holders(vip).join() === 'lb1', patience);
    await stopAll(pair);
  });

  it('takes over after the skew time when it is ended: 648 ms with priority 90, whatever the interval', async () => {
    const pair = await startPair([100, 90], () => ({ version: 2, password: 's3cr3t' }));
    const took = await takeOver(() => pair[0]?.process.signal('SIGTERM'));
    expect(took).toBeGreaterThan(600);
    expect(took).toBeLessThan(1200);
    await stopAll(pair);
  });

  it('takes over after the active-down interval when it falls silent, over unicast', async () => {
    const peers = lab.hosts.map(({ ipv4, ipv6 }) => [ipv4, ipv6]).flat();
    const pair = await startPair([100, 90], (host) => ({
      version: 3,
      interval: milliseconds(100),
      unicastPeers: peers.filter((peer) => peer !== host.ipv4 && peer !== host.ipv6),
    }));
    // Analytic: 265 to 365 ms after the silence begins, which is up to 100 ms after the last advertisement.
    const took = await takeOver(() => lab.fault({ kind: 'blackhole', member: 'lb1' }));
    expect(took).toBeGreaterThan(200);
    expect(took).toBeLessThan(1000);
    expect(lab.holders(vip)).toEqual(['lb1', 'lb2']);
    await lab.fault({ kind: 'heal' });
    await until('one holder is left', () => lab.holders(vip).join() === 'lb1', patience);
    await stopAll(pair);
  });

  it('refuses what keepalived refuses, in keepalived’s words', async () => {
    const instances = [{ name: 'VI_1', vrid: 51, priority: 300, addresses: [`${vip}/24`] }];
    await expect(startKeepalived(lab.host('lb1'), { version: 3, instances })).rejects.toThrow(/priority/i);
  });
});

describe('the text of keepalived.conf', () => {
  it('has what it was asked for, and nothing else', () => {
    const host = lab.host('lb1');
    const text = keepalivedConfig(host, {
      version: 2,
      password: 'secret',
      unicastPeers: ['192.0.2.12', '2001:db8:2::12'],
      track: { kind: 'script', processName: 'sleep', weight: -20 },
      instances: [{ name: 'VI_1', vrid: 51, priority: 100, addresses: ['192.0.2.101/24'], nopreempt: true }],
    });
    for (const line of [
      'auth_pass secret',
      'unicast_src_ip 192.0.2.11',
      'killall -0 sleep',
      'weight -20',
      'advert_int 1',
      'nopreempt',
    ]) {
      expect(text).toContain(line);
    }
    expect(text).not.toContain('2001:db8');
    const bare = keepalivedConfig(host, { version: 3, interval: milliseconds(50), instances: [] });
    expect(bare).not.toMatch(/auth|track|unicast|weight/);
  });
});

describe.each(profileNames)('fail-over of keepalived as a client sees it, with %s', (profile) => {
  beforeAll(async () => {
    await Promise.all(lab.backends.map(startBackend));
  });

  // The ranges are those that were measured on a quiet machine, with room above for a busy one.
  it('is milliseconds at its best and seconds as tutorials have it', async () => {
    const fronts = await startFronts(lab, profileNamed(profile));
    const name = fronts[0]?.processName ?? '';
    const measure = (
      contender: Parameters<typeof measureFailover>[1]['contender'],
      repetitions: number,
    ): ReturnType<typeof measureFailover> =>
      measureFailover(lab, { contender, event: 'proxy-killed', vip, port: 80, repetitions });
    try {
      const best = await measure(keepalivedBest(), 3);
      expect(best.trials.map(({ front }) => front)).toEqual(['lb2', 'lb2', 'lb2']);
      expect(best.median).toBeLessThan(300);
      const script = await measure(keepalivedScript(name), 1);
      expect(script.median).toBeGreaterThan(600);
      expect(script.median).toBeLessThan(2500);
      const weight = await measure(keepalivedWeight(name), 1);
      expect(weight.median).toBeGreaterThan(2500);
      expect(weight.median).toBeLessThan(7000);
      expect(weight.trials[0]?.failures.refused).toBeGreaterThan(500);
    } finally {
      await Promise.all(fronts.map((front) => front.stop()));
    }
  });
});
