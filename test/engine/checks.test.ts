import { describe, expect, it } from 'vitest';
import { Checks } from '../../src/engine/checks.ts';
import type { Link } from '../../src/linux/rtnetlink.ts';
import { instant, milliseconds } from '../../src/wire/units.ts';
import { assigned } from './assigned.ts';

const tracking = (...names: string[]) => ({
  node: 'lb1',
  interfaces: { lan: 'eth1' },
  routers: [
    assigned({
      more: {
        policy: {
          onFailure: { reaction: 'resign' },
          recoverAfter: milliseconds(0),
          recoverMax: milliseconds(0),
          tracks: names.map((check) => ({ check, weight: 20 })),
        },
      },
    }),
  ],
});
const link = (up: boolean): Link => ({ index: 2, name: 'eth1', up, mac: new Uint8Array(6), mtu: 1500 });
const kernel = (...links: Link[]) => ({ links: () => links });
const well = (name: string) => ({ name, state: 'well', reason: 'it is' }) as const;

describe('what the engine knows of checks', () => {
  it('is the manager’s last word, and nothing of what no VIP tracks', () => {
    const checks = new Checks();
    checks.follow(tracking('db', 'lan'), [well('db'), well('other')], kernel(link(true)), instant(1));
    expect(Object.keys(checks.verdicts)).toEqual(['db', 'lan']);
    checks.judge([{ name: 'db', state: 'dead', reason: 'gone' }], instant(2));
    checks.follow(tracking('db', 'lan'), [], kernel(link(true)), instant(3));
    expect(checks.verdicts['db']).toMatchObject({ state: 'dead', since: 2 });
    checks.follow(tracking('lan'), [], kernel(link(true)), instant(4));
    expect(checks.verdicts['db']).toBeUndefined();
  });

  it('is of an interface what the kernel says, at once', () => {
    const checks = new Checks();
    checks.follow(tracking('lan'), [], kernel(), instant(1));
    expect(checks.verdicts['lan']).toMatchObject({ state: 'dead', reason: 'interface eth1 does not exist' });
    expect([checks.concern('eth1'), checks.concern('eth0')]).toEqual([true, false]);
    expect(checks.look([link(true)], instant(2))).toBe(true);
    expect(checks.look([link(true)], instant(3))).toBe(false);
    expect(checks.look([link(false)], instant(4))).toBe(true);
    expect(checks.verdicts['lan']).toMatchObject({ state: 'dead', reason: 'interface eth1 has no link', since: 4 });
  });
});
