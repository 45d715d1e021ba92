import { describe, expect, it } from 'vitest';
import { startCapture } from '../../../src/lab/capture.ts';
import { must } from '../../../src/lab/run.ts';
import { usePair } from './pair.ts';

interface Layers {
  readonly [layer: string]: Record<string, unknown> | undefined;
}

/* What is on the wire, as somebody else's dissector reads it. */
describe('every packet that the daemon sends', () => {
  const pair = usePair('tdecode');

  it.each([
    { what: 'version 2', settings: { version: 2 } },
    { what: 'version 2 with a password', settings: { version: 2, auth: { password: 's3cretpw' } } },
    { what: 'version 3', settings: {} },
    { what: 'version 3 with the other checksum', settings: { checksum: 'message' } },
    { what: 'version 3 over both families', family: 'both', settings: {} },
  ] as const)('decodes: $what', async ({ what, ...options }) => {
    // Everything, also ARP and neighbor discovery. The end of a daemon is on the wire too.
    const capture = await startCapture(pair.lab, 'decode', 'arp or icmp6 or ip proto 112 or ip6 proto 112');
    await pair.run(options);
    await pair.end();
    const packets = await decoded(capture.file);
    await capture.stop();
    const vrrp = packets.flatMap(({ vrrp: layer }) => layer ?? []);
    expect(vrrp.length).toBeGreaterThan(5);
    expect(new Set(vrrp.map((layer) => layer['vrrp.prio'])).has('0')).toBe(true);
    // The dissector knows one form of the version 3 checksum over IPv4: the one with the pseudo-header.
    const good = what.endsWith('the other checksum') ? '0' : '1';
    for (const layer of vrrp) expect(layer['vrrp.checksum.status']).toBe(good);
    for (const layers of packets) {
      expect(Object.keys(layers).filter((name) => name.startsWith('_ws'))).toEqual([]);
      const { ip, ipv6, icmpv6 } = layers;
      if (layers['vrrp'] !== undefined) expect(ip?.['ip.ttl'] ?? ipv6?.['ipv6.hlim']).toBe('255');
      if (icmpv6 !== undefined) expect(icmpv6['icmpv6.checksum.status']).toBe('1');
    }
  });
});

/** The packets of a capture, by layer and field. */
async function decoded(file: string): Promise<Layers[]> {
  const argv = ['tshark', '-n', '-r', file, '-T', 'json', '-o', 'vrrp.v3_checksum_as_in_v2:FALSE'];
  const { stdout } = await must('decode', argv);
  return (JSON.parse(stdout) as { _source: { layers: Layers } }[]).map((packet) => packet._source.layers);
}
