import { describe, expect, it } from 'vitest';
import { renderMetrics } from '../../src/control/metrics.ts';
import { openMetrics } from '../../src/control/openmetrics.ts';
import type { Status } from '../../src/control/status.ts';
import { parseOpenMetrics } from './openmetrics.ts';
import { peerVip, status, vipStatus } from './status.ts';

const rich: Status = status({
  vips: [
    vipStatus({ counters: { advertisementsSent: 18_615, conflicts: 2 }, refused: { ttl: 1, 'auth-data': 2 } }),
    peerVip({ remarks: { interval: 4 } }),
    vipStatus({ family: 'ipv6', state: 'initialize', priority: 0 }),
  ],
  interfaces: [
    { interface: 'eth0/ipv4', state: 'up', detail: '', refused: { vrid: 900 }, foreign: [] },
    { interface: 'eth0/ipv6', state: 'down', detail: '', refused: {}, foreign: [] },
  ],
  apply: { inForce: 12, isBusy: false, held: null, waits: null, trouble: 'refused', last: null },
  warnings: [
    { code: 'sysctl', text: 'x', since: '2026-01-02T03:04:05.000Z' },
    { code: 'sysctl', text: 'y', since: '2026-01-02T03:04:05.000Z' },
  ],
});

const value = (text: string, name: string, labels: Readonly<Record<string, string>> = {}): number | undefined =>
  parseOpenMetrics(text)
    .flatMap(({ samples }) => samples)
    .find((one) => one.name === name && Object.entries(labels).every(([key, word]) => one.labels[key] === word))?.value;

describe('the metrics', () => {
  it.each([
    ['crossed-pair', status()],
    ['rich', rich],
    ['no-proxy', status({ proxy: null, vips: [], interfaces: [] })],
  ])('of %s are what a strict reader reads', async (name, one) => {
    const text = renderMetrics(one);
    for (const family of parseOpenMetrics(text)) {
      expect(family.name).toMatch(/^vipair(_|$)/);
      expect(family.help).toMatch(/\.$/);
      expect(family.name.endsWith('_seconds')).toBe(family.unit === 'seconds');
    }
    await expect(text).toMatchFileSnapshot(`../golden/control/metrics-${name}.txt`);
  });

  it('say the state, the priority and the counters of each VIP', () => {
    const text = renderMetrics(rich);
    const web1 = { vip: 'web-1', family: 'ipv4' };
    expect(value(text, 'vipair_vip_state', { ...web1, vipair_vip_state: 'active' })).toBe(1);
    expect(value(text, 'vipair_vip_state', { ...web1, vipair_vip_state: 'backup' })).toBe(0);
    expect(value(text, 'vipair_vip_priority', web1)).toBe(254);
    expect(value(text, 'vipair_vip_advertisements_sent_total', web1)).toBe(18_615);
    expect(value(text, 'vipair_vip_advertisements_refused_total', { ...web1, reason: 'auth-data' })).toBe(2);
    expect(value(text, 'vipair_interface_up', { interface: 'eth0/ipv6' })).toBe(0);
    expect(value(text, 'vipair_warnings', { code: 'sysctl' })).toBe(2);
    expect(value(text, 'vipair_events_total', { type: 'transition' })).toBe(3);
    expect(value(text, 'vipair_apply_trouble')).toBe(1);
  });

  it('have no counter that the status does not', () => {
    const text = renderMetrics(status({ vips: [vipStatus({ counters: {} })] }));
    expect(value(text, 'vipair_vip_conflicts_total', { vip: 'web-1' })).toBe(0);
  });
});

describe('the format', () => {
  it('escapes whatever stands in a label', () => {
    const odd = 'a"b\\c\nd{},= é';
    const text = openMetrics([
      { name: 'x', type: 'gauge', help: odd, unit: undefined, samples: [{ labels: { l: odd }, value: 1.5 }] },
    ]);
    expect(parseOpenMetrics(text)).toMatchObject([{ samples: [{ labels: { l: odd }, value: 1.5 }] }]);
  });

  it.each([Number.NaN, Infinity, -Infinity, 1e21, 1.5e-7, -0, 0.1])(
    'writes %d as the specification has it',
    (number) => {
      const text = openMetrics([
        { name: 'x', type: 'gauge', help: '.', unit: undefined, samples: [{ labels: {}, value: number }] },
      ]);
      expect(parseOpenMetrics(text)[0]?.samples[0]?.value).toEqual(number === 0 ? 0 : number);
    },
  );

  it.each([
    ['no end', '# TYPE a gauge\na 1\n'],
    ['a family twice', '# TYPE a gauge\na 1\n# TYPE b gauge\nb 1\n# TYPE a gauge\na{x="1"} 1\n# EOF\n'],
    ['a counter without its suffix', '# TYPE a counter\na 1\n# EOF\n'],
    ['a sample twice', '# TYPE a gauge\na{x="1",y="2"} 1\na{y="2",x="1"} 1\n# EOF\n'],
    ['a raw quote', '# TYPE a gauge\na{x="1"2"} 1\n# EOF\n'],
    ['an empty line', '# TYPE a gauge\n\na 1\n# EOF\n'],
    ['another unit', '# TYPE a_bytes gauge\n# UNIT a_bytes seconds\na_bytes 1\n# EOF\n'],
    ['a state that is 2', '# TYPE a stateset\na{a="x"} 2\n# EOF\n'],
  ])('is refused by the reader with %s', (_, text) => {
    expect(() => parseOpenMetrics(text)).toThrow(/./);
  });
});
