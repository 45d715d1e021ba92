import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Daemon } from '../../../src/lab/daemon.ts';
import type { Utterance } from '../../../src/lab/speech.ts';
import { addressOf } from '../../../src/wire/address.ts';
import type { IpAddress } from '../../../src/wire/address.ts';
import { encodeAdvertisement } from '../../../src/wire/advertisement.ts';
import { centiseconds, milliseconds, seconds } from '../../../src/wire/units.ts';
import { random } from '../../wire/random.ts';
import { eventually, usePair, VIP1, VIP2 } from './pair.ts';

const GROUP = addressOf('224.0.0.18');
const STRANGER = addressOf('192.0.2.1');

interface V3 {
  readonly vrid: number;
  readonly priority: number;
  /** Centiseconds. */
  readonly interval: number;
  readonly source: IpAddress;
  readonly destination: IpAddress;
}

/** A version 3 message as it would take a VIP away if it were taken for good. */
function v3(change: Partial<V3> = {}): string {
  const { vrid = 51, priority = 255, interval = 20, source = STRANGER, destination = GROUP } = change;
  const message = { version: 3, vrid, priority, reserved: 0, addresses: [addressOf(VIP1)] } as const;
  const envelope = { source, destination, checksum: 'pseudo-header' } as const;
  return hex(encodeAdvertisement({ ...message, interval: centiseconds(interval) }, envelope));
}

/** The same in version 2. */
function v2(change: { password?: string; interval?: number } = {}): string {
  const { password, interval = 1 } = change;
  const authData = new Uint8Array(8);
  authData.set(Buffer.from(password ?? ''));
  const message = { version: 2, vrid: 51, priority: 255, addresses: [addressOf(VIP1)] } as const;
  const auth = { authType: password === undefined ? 0 : 1, authData };
  const envelope = { source: STRANGER, destination: GROUP, checksum: 'message' } as const;
  return hex(encodeAdvertisement({ ...message, ...auth, interval: seconds(interval) }, envelope));
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/* Whatever anybody sends, only what the RFC takes for an advertisement moves anything. */
describe('a foreign speaker', () => {
  const pair = usePair('thostile');
  beforeAll(() => pair.run());

  const say = (...packets: Utterance[]): Promise<unknown> =>
    pair.lab.fault({ kind: 'speak', from: 'cl', speech: { packets } });

  /** Says something ten times and expects it to be counted as that on both hosts, and nothing to move. */
  async function refused(reason: string, where: 'port' | 'vip', packet: Utterance): Promise<void> {
    const before = await Promise.all(pair.daemons.map(roles));
    const counted = (daemon: Daemon): Promise<number> => refusals(daemon, reason, where);
    const start = await Promise.all(pair.daemons.map(counted));
    await say(...Array.from({ length: 10 }, () => packet));
    for (const [index, daemon] of pair.daemons.entries()) {
      await eventually(`${reason} is counted`, async () => (await counted(daemon)) >= (start[index] ?? 0) + 10);
      expect(await roles(daemon)).toEqual(before[index]);
    }
  }

  it.each([
    { what: 'nothing at all', reason: 'length', payload: '' },
    { what: 'one byte', reason: 'length', payload: '31' },
    { what: 'a header that is cut', reason: 'length', payload: v3().slice(0, 12) },
    { what: 'addresses that are cut', reason: 'length', payload: v3().slice(0, -2) },
    { what: 'more than the message says', reason: 'length', payload: `${v3()}00000000` },
    { what: 'as much as fits a frame', reason: 'length', payload: v3() + '00'.repeat(1400) },
    { what: 'a wrong checksum', reason: 'checksum', payload: v3().replace('3133ff', '3133fe') },
    { what: 'another version', reason: 'version', payload: v3().replace(/^31/, '41') },
    { what: 'another type', reason: 'type', payload: v3().replace(/^31/, '32') },
    { what: 'a foreign VRID', reason: 'vrid', payload: v3({ vrid: 99 }) },
  ])('may send $what', ({ reason, payload }) => refused(reason, 'port', { payload }));

  it('may send what has crossed a router', () => refused('ttl', 'port', { payload: v3(), ttl: 254 }));

  it('may send the other version, and an interval of 0', async () => {
    await refused('version-mismatch', 'vip', { payload: v2() });
    await refused('interval', 'vip', { payload: v3({ interval: 0 }) });
  });

  it('may send to a host what is meant for the group', async () => {
    const { ipv4 } = pair.lab.host('lb1');
    const before = await refusals(pair.lb1, 'destination', 'vip');
    await say({ payload: v3({ destination: addressOf(ipv4) }), destination: ipv4 });
    await eventually('it is counted', async () => (await refusals(pair.lb1, 'destination', 'vip')) > before);
    expect((await pair.lb1.vip('web-1')).state).toBe('active');
  });

  it('may reflect our own packets, where the kernel lets them in at all', async () => {
    const source = pair.lab.host('lb1').ipv4;
    for (const name of ['all/rp_filter=0', 'eth0/rp_filter=0', 'eth0/accept_local=1']) {
      await pair.lab.exec('lb1', ['sysctl', '-q', '-w', `net/ipv4/conf/${name}`]);
    }
    const before = await refusals(pair.lb1, 'own-packet', 'vip');
    await say({ payload: v3({ source: addressOf(source) }), source });
    await eventually('it is counted', async () => (await refusals(pair.lb1, 'own-packet', 'vip')) > before);
    expect((await pair.lb1.vip('web-1')).state).toBe('active');
    // lb2 cannot tell such a packet from one of lb1, and follows it until lb1 is heard again.
    await pair.settle();
  });

  it('is named, with its VRID, its version and how often', async () => {
    const { interfaces, warnings } = await pair.lb1.status();
    expect(interfaces[0]?.foreign).toMatchObject([{ vrid: 99, source: STRANGER, version: 3, count: 10 }]);
    expect(warnings).toContainEqual(
      expect.objectContaining({ code: 'foreign-vrid', text: expect.stringContaining('VRID 99') }),
    );
    const told = pair.lb1.log().match(/VRID 99 is not configured here/g);
    expect(told).toHaveLength(1);
  });

  it('may send 20 000 packets of any kind as fast as it can', async () => {
    const next = random(20_000);
    const packets = Array.from({ length: 600 }, (): Utterance => {
      const payload = Buffer.from(Array.from({ length: next(60) }, () => next(256))).toString('hex');
      const begin = next(3) === 0 ? '3133ff01' : '';
      return { payload: begin + payload, ttl: next(4) === 0 ? next(256) : 255, source: `192.0.2.${30 + next(200)}` };
    });
    const before = await Promise.all(pair.daemons.map(roles));
    const memory = residentBytes(pair.lb1);
    const counted = async (): Promise<number> =>
      Object.values((await pair.lb1.status()).interfaces[0]?.refused ?? {}).reduce((sum, count) => sum + count, 0);
    const start = await counted();
    await pair.lab.fault({ kind: 'speak', from: 'cl', speech: { packets, count: 34 } });
    // The socket's buffer has room for half of them, should the engine have to wait for a processor all the time.
    await eventually('most have been looked at', async () => (await counted()) > start + 10_000);
    for (const [index, daemon] of pair.daemons.entries()) expect(await roles(daemon)).toEqual(before[index]);
    expect([pair.holders(VIP1), pair.holders(VIP2)]).toEqual([['lb1'], ['lb2']]);
    expect(residentBytes(pair.lb1) - memory).toBeLessThan(40e6);
    await pair.settle();
  });

  it('cannot fill the log by making up sources and VRIDs', async () => {
    for (let round = 0; round < 4; round++) {
      const packets = Array.from({ length: 800 }, (_, index): Utterance => {
        const source = `192.0.2.${30 + (index % 200)}`;
        return { payload: v3({ vrid: 100 + round * 4 + Math.floor(index / 200), source: addressOf(source) }), source };
      });
      await say(...packets);
    }
    const { interfaces } = await pair.lb1.until(
      'all are counted',
      ({ interfaces: [port] }) => (port?.refused['vrid'] ?? 0) > 3000,
    );
    expect(interfaces[0]?.foreign.length).toBeLessThanOrEqual(64);
    expect(pair.lb1.log().match(/is not configured here/g)?.length).toBeLessThan(250);
    await pair.settle();
  });

  it('that takes part cannot fill the engine with events either, while nobody takes them', async () => {
    const manager = pair.lb1.manager?.pid ?? 0;
    process.kill(manager, 'SIGSTOP');
    const memory = residentBytes(pair.lb1);
    // Active with the highest priority there is, then resigned, and again: lb1 has to follow each time.
    const packets = [255, 0].map((priority): Utterance => ({ payload: v3({ priority, interval: 1 }) }));
    const speech = { packets, count: 900, interval: milliseconds(3) };
    await pair.lab.fault({ kind: 'speak', from: 'cl', speech });
    expect(residentBytes(pair.lb1) - memory).toBeLessThan(40e6);
    process.kill(manager, 'SIGCONT');
    const { engine, vips } = await pair.lb1.until('it answers', () => true);
    expect(vips[0]?.counters['activeTransitions']).toBeGreaterThan(600);
    expect(engine.droppedEvents).toBeGreaterThan(0);
    await pair.settle();
    expect([pair.holders(VIP1), pair.holders(VIP2)]).toEqual([['lb1'], ['lb2']]);
  });
});

describe('a foreign speaker without the password', () => {
  const pair = usePair('tpassword');
  beforeAll(() => pair.run({ settings: { version: 2, auth: { password: 's3cretpw' } } }));

  it.each([
    { what: 'none', reason: 'auth-type', payload: v2() },
    { what: 'a wrong one', reason: 'auth-data', payload: v2({ password: 'wrong' }) },
    {
      what: 'the right one and another interval',
      reason: 'interval',
      payload: v2({ password: 's3cretpw', interval: 2 }),
    },
    { what: 'the other version', reason: 'version-mismatch', payload: v3() },
  ])('may send $what', async ({ reason, payload }) => {
    await pair.lab.fault({ kind: 'speak', from: 'cl', speech: { packets: [{ payload }], count: 3 } });
    for (const daemon of pair.daemons) {
      await eventually('it is counted', async () => (await refusals(daemon, reason, 'vip')) === 3);
    }
    await pair.settle();
  });
});

/** What a host does, and how often it has changed its mind. */
async function roles(daemon: Daemon): Promise<unknown> {
  const { vips } = await daemon.status();
  return vips.map(({ vip, state, priority, counters }) => [vip, state, priority, counters['activeTransitions']]);
}

async function refusals(daemon: Daemon, reason: string, where: 'port' | 'vip'): Promise<number> {
  const { interfaces, vips } = await daemon.status();
  return (where === 'port' ? interfaces[0] : vips[0])?.refused[reason] ?? 0;
}

/** Memory of the engine that is in use. */
function residentBytes(daemon: Daemon): number {
  const status = readFileSync(`/proc/${daemon.process.pid}/status`, 'latin1');
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) * 1024;
}
