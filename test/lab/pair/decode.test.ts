import { describe, expect, it } from 'vitest';
import { startCapture } from '../../../src/lab/capture.ts';
import type { PairOptions } from '../../../src/lab/pairfile.ts';
import { must } from '../../../src/lab/run.ts';
import { usePair } from './pair.ts';

type Layer = Readonly<Record<string, unknown>>;

type Layers = Readonly<Record<string, Layer | undefined>>;

/* What is on the wire, as somebody else's dissector reads it. */
describe('every packet that the daemon sends', () => {
  const pair = usePair('tdecode');

  it.each<[string, PairOptions]>([
    ['version 2', { settings: { version: 2 } }],
    ['version 2 with a password', { settings: { version: 2, auth: { password: 's3cretpw' } } }],
    ['version 3', {}],
    ['version 3 with the other checksum', { settings: { checksum: 'message' } }],
    ['version 3 over both families', { family: 'both' }],
  ])('decodes: %s', async (_what, options) => {
    // Everything, also ARP and neighbor discovery. The end of a daemon is on the wire too.
    const capture = await startCapture(pair.lab, 'decode', 'arp or icmp6 or ip proto 112 or ip6 proto 112');
    await pair.run(options);
    await pair.end();
    // The dissector has to be told which of the two forms of the version 3 checksum over IPv4 it is to expect.
    const message = options.settings?.['checksum'] === 'message';
    const packets = await decoded(capture.file, ['-o', `vrrp.v3_checksum_as_in_v2:${message ? 'TRUE' : 'FALSE'}`]);
    await capture.stop();
    const vrrp = packets.flatMap(({ vrrp: layer }): Layer[] => (layer === undefined ? [] : [layer]));
    expect(vrrp.length).toBeGreaterThan(5);
    expect(new Set(vrrp.map((layer) => layer['vrrp.prio'])).has('0')).toBe(true);
    for (const layer of vrrp) expect(layer['vrrp.checksum.status']).toBe('1');
    for (const layers of packets) {
      expect(Object.keys(layers).filter((name) => name.startsWith('_ws'))).toEqual([]);
      const { ip, ipv6, icmpv6 } = layers;
      if (layers['vrrp'] !== undefined) expect(ip?.['ip.ttl'] ?? ipv6?.['ipv6.hlim']).toBe('255');
      if (icmpv6 !== undefined) expect(icmpv6['icmpv6.checksum.status']).toBe('1');
    }
  });
});

/** The packets of a capture, by layer and field. */
async function decoded(file: string, preferences: readonly string[]): Promise<Layers[]> {
  const argv = ['tshark', '-n', '-r', file, '-T', 'json', ...preferences];
  const { stdout } = await must('decode', argv);
  return (JSON.parse(stdout) as { _source: { layers: Layers } }[]).map(({ _source: { layers } }) => layers);
}
