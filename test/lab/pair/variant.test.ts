import { describe, expect, it } from 'vitest';
import { startCapture } from '../../../src/lab/capture.ts';
import type { PairOptions } from '../../../src/lab/pairfile.ts';
import { pairFile, vipOf } from '../../../src/lab/pairfile.ts';
import { must } from '../../../src/lab/run.ts';
import { eventually, usePair, VIP1, VIP2 } from './pair.ts';

interface Variant extends PairOptions {
  readonly what: string;
}

const variants: readonly Variant[] = [
  { what: 'over IPv6', family: 'ipv6' },
  { what: 'over both families', family: 'both' },
  { what: 'over unicast', settings: { transport: 'unicast' } },
  { what: 'over IPv6 unicast', family: 'ipv6', settings: { transport: 'unicast' } },
  { what: 'over broadcast', settings: { transport: 'broadcast' } },
  { what: 'with version 2 and a password', settings: { version: 2, interval: '1s', auth: { password: 's3cretpw' } } },
  { what: 'with the checksum of the message alone', settings: { checksum: 'message' } },
  { what: 'every 10 ms', settings: { interval: '10ms' } },
];

/* The same pair with everything that can be set otherwise: it settles, fails over, and comes back, and
 * every packet decodes. */
describe('a pair', () => {
  const pair = usePair('tvariant');

  it.each(variants)('works $what', async ({ family = 'ipv4', ...options }) => {
    await pair.end();
    // Everything, also ARP and neighbor discovery. The end of a daemon is on the wire too.
    const capture = await startCapture(pair.lab, 'all', 'arp or icmp6 or ip proto 112 or ip6 proto 112');
    await pair.run({ family, ...options });
    const families = family === 'both' ? (['ipv4', 'ipv6'] as const) : [family];
    const first = families.map((each) => vipOf(1, each));
    const second = families.map((each) => vipOf(2, each));
    await pair.lb1.stop();
    await eventually('lb2 holds all', () => [...first, ...second].every((vip) => pair.holders(vip).join() === 'lb2'));
    await pair.start('lb1');
    await pair.settle();
    for (const vip of first) expect(pair.holders(vip)).toEqual(['lb1']);
    for (const vip of second) expect(pair.holders(vip)).toEqual(['lb2']);
    for (const daemon of pair.daemons) {
      const { vips, interfaces } = await daemon.status();
      for (const { refused, remarks } of vips) expect([refused, remarks]).toEqual([{}, {}]);
      for (const { refused, foreign } of interfaces) expect([refused, foreign]).toEqual([{}, []]);
    }
    await capture.stop();
    checkPackets(await decoded(capture.file, options.settings?.['checksum'] === 'message'), family !== 'ipv4');
  });

  it('leaves a VIP where it is with preempt: false', async () => {
    await pair.end();
    const file = pairFile(pair.lab, { settings: { preempt: false } });
    await pair.start('lb2', file);
    await pair.lb2.role('web-1', 'active');
    await pair.start('lb1', file);
    const { priority, reason } =
      (await pair.lb1.until('it has heard lb2', ({ vips }) => vips[0]?.holder === 'lb2')).vips[0] ?? {};
    expect(priority).toBe(254);
    expect(reason).toContain('lb2 is active with priority 253');
    const sent = (await pair.lb2.vip('web-1')).counters['advertisementsSent'] ?? 0;
    await pair.lb2.until('time has passed', ({ vips }) => (vips[0]?.counters['advertisementsSent'] ?? 0) > sent + 10);
    expect([pair.holders(VIP1), pair.holders(VIP2)]).toEqual([['lb2'], ['lb2']]);
    await pair.lb2.stop();
    await eventually('lb1 holds both', () => [VIP1, VIP2].every((vip) => pair.holders(vip).join() === 'lb1'));
  });

  it('takes over at once what its host owns, and never removes it', async () => {
    const { ipv4 } = pair.lab.host('lb1');
    const owned = { addresses: [`${ipv4}/24`], priority: { lb1: 255, lb2: 100 }, vrid: 60 };
    await pair.run({ without: ['web-1', 'web-2'], vips: { own: owned } });
    expect(await pair.lb1.vip('own')).toMatchObject({ state: 'active', priority: 255, reason: 'owner of the address' });
    expect(pair.holders(ipv4)).toEqual(['lb1']);
    await pair.lb1.stop();
    expect(pair.lab.host('lb1').holds(ipv4)).toBe(true);
  });
});

describe('three hosts', () => {
  const pair = usePair('tthree', { hosts: 3, backends: 0 });
  const all = [1, 2, 3].map((number) => vipOf(number));

  it('share three VIPs, and the next in line takes over', async () => {
    await pair.run();
    expect(all.map((vip) => pair.holders(vip).join())).toEqual(['lb1', 'lb2', 'lb3']);
    await pair.lb1.stop();
    await eventually('lb2 takes over', () => pair.holders(vipOf(1)).join() === 'lb2');
    await pair.lb2.stop();
    await eventually('lb3 holds all', () => all.every((vip) => pair.holders(vip).join() === 'lb3'));
    await pair.start('lb1');
    await pair.start('lb2');
    await pair.settle();
    expect(all.map((vip) => pair.holders(vip).join())).toEqual(['lb1', 'lb2', 'lb3']);
  });
});

/** Holds what was sent against what an independent dissector says of it. */
function checkPackets(packets: readonly Layers[], neighbors: boolean): void {
  const vrrp = packets.flatMap(({ vrrp: layer }): Layer[] => (layer === undefined ? [] : [layer]));
  expect(vrrp.length).toBeGreaterThan(5);
  expect(vrrp.map((layer) => layer['vrrp.prio'])).toContain('0');
  for (const layer of vrrp) expect(layer['vrrp.checksum.status']).toBe('1');
  for (const { vrrp: layer, ip, ipv6 } of packets) {
    if (layer !== undefined) expect(ip?.['ip.ttl'] ?? ipv6?.['ipv6.hlim']).toBe('255');
  }
  for (const layers of packets) expect(Object.keys(layers).filter((name) => name.startsWith('_ws'))).toEqual([]);
  for (const { icmpv6 } of packets) if (icmpv6 !== undefined) expect(icmpv6['icmpv6.checksum.status']).toBe('1');
  // An unsolicited neighbor advertisement has the override flag (RFC 9568 8.2.2) and goes to all nodes.
  const told = packets.filter(({ icmpv6 }) => JSON.stringify(icmpv6 ?? {}).includes('"icmpv6.nd.na.flag.o":"1"'));
  const unsolicited = told.filter(({ ipv6 }) => ipv6?.['ipv6.dst'] === 'ff02::1');
  if (neighbors) expect(unsolicited.length).toBeGreaterThanOrEqual(10);
  for (const { ipv6 } of unsolicited) expect(ipv6?.['ipv6.hlim']).toBe('255');
}

type Layer = Readonly<Record<string, unknown>>;

type Layers = Readonly<Record<string, Layer | undefined>>;

/** The packets of a capture, by layer and field. The dissector has to be told which form of the version 3 checksum
 * over IPv4 it is to expect. */
async function decoded(file: string, message: boolean): Promise<Layers[]> {
  const preference = `vrrp.v3_checksum_as_in_v2:${message ? 'TRUE' : 'FALSE'}`;
  const { stdout } = await must('decode', ['tshark', '-n', '-r', file, '-T', 'json', '-o', preference]);
  return (JSON.parse(stdout) as { _source: { layers: Layers } }[]).map(({ _source: { layers } }) => layers);
}
