import { describe, expect, test } from 'vitest';
import type { VipConfig } from '../../src/config/config.ts';
import { diffConfig } from '../../src/config/diff.ts';
import { generateText } from './generated.ts';
import { GOOD, configOf, crossed, pairWith } from './sample.ts';

const texts = (from: string, to: string): string[] =>
  diffConfig(configOf(from), configOf(to)).map((change) => change.text);

describe('diffConfig', () => {
  test('nothing changed, however it is written', () => {
    for (let seed = 1; seed <= 50; seed++) {
      expect(diffConfig(configOf(generateText(seed)), configOf(generateText(seed)))).toEqual([]);
    }
    const lines = crossed.split('\n');
    const swapped = [lines[0], lines[2], lines[1], lines[3], lines[4], lines[6], lines[5], ...lines.slice(7)].join(
      '\n',
    );
    expect(texts(crossed, swapped)).toEqual([]);
    expect(texts(crossed, crossed.replace('vrid: 51', 'vrid: 51, interval: 0.2s, preempt: true'))).toEqual([]);
  });

  test('added, removed and changed', () => {
    const next = crossed
      .replace('lb2: { address: 192.0.2.12 }', 'lb2: { address: 192.0.2.13 }')
      .replace('web-2', 'web-3')
      .replace('vrid: 51', 'vrid: 53, interval: 1s')
      .replace(
        'proxy: { profile: nginx }',
        'sysctl: apply\nservices: { web: { listen: [80], backends: [192.0.2.21:80] } }',
      );
    expect(diffConfig(configOf(crossed), configOf(next))).toEqual([
      {
        subject: 'node',
        kind: 'changed',
        name: 'lb2',
        setting: 'addresses',
        text: 'node lb2: addresses ["192.0.2.12"] -> ["192.0.2.13"]',
      },
      { subject: 'vip', kind: 'removed', name: 'web-2', setting: undefined, text: 'vip web-2: removed' },
      { subject: 'vip', kind: 'changed', name: 'web-1', setting: 'vrid', text: 'vip web-1: vrid 51 -> 53' },
      { subject: 'vip', kind: 'changed', name: 'web-1', setting: 'interval', text: 'vip web-1: interval 200 -> 1000' },
      { subject: 'vip', kind: 'changed', name: 'web-1', setting: 'lease', text: 'vip web-1: lease 2 -> 3' },
      { subject: 'vip', kind: 'added', name: 'web-3', setting: undefined, text: 'vip web-3: added' },
      { subject: 'service', kind: 'added', name: 'web', setting: undefined, text: 'service web: added' },
      { subject: 'proxy', kind: 'removed', name: undefined, setting: undefined, text: 'proxy: removed' },
      { subject: 'sysctl', kind: 'changed', name: undefined, setting: 'value', text: 'sysctl: check -> apply' },
    ]);
  });

  test('a changed proxy, and one that is new', () => {
    expect(texts(crossed, crossed.replace('nginx', 'haproxy'))).toEqual(['proxy: profile nginx -> haproxy']);
    expect(texts(crossed.replace('proxy: { profile: nginx }', ''), crossed)).toEqual(['proxy: added']);
  });

  test('the order of the addresses of a VIP is on the wire, so it counts', () => {
    const text = (list: string): string => pairWith(`vrid: 51, addresses: [${list}], prefer: [lb1, lb2]`);
    expect(texts(text('192.0.2.101, 192.0.2.102'), text('192.0.2.102, 192.0.2.101'))).toHaveLength(1);
  });

  test('no password is ever told', () => {
    const text = (password: string): string => pairWith(`${GOOD}, version: 2, auth: ${password}`);
    expect(texts(text('hunter2'), text('hunter3'))).toEqual(['vip web-1: password changed']);
  });

  test('every setting of a VIP is compared', () => {
    const config = configOf(crossed);
    const [vip, ...others] = config.vips;
    for (const key of Object.keys(vip ?? {}).filter((name) => name !== 'name')) {
      const changed = { ...vip, [key]: 'something else' } as unknown as VipConfig;
      expect(diffConfig(config, { ...config, vips: [changed, ...others] })).toMatchObject([
        { name: 'web-1', setting: key },
      ]);
    }
  });
});
