import { beforeEach, describe, expect, it } from 'vitest';
import { holdsAll, leftoversOf, sweep, tellStrays } from '../../src/engine/leftovers.ts';
import type { InterfaceAddress } from '../../src/linux/rtnetlink.ts';
import { instant } from '../../src/wire/units.ts';
import { assigned } from './assigned.ts';
import { ported } from './ported.ts';
import type { Ported } from './ported.ts';
import { link, newHost, own } from './scripted.ts';
import type { ScriptedHost } from './scripted.ts';

let host: ScriptedHost;
let one: Ported;

beforeEach(() => {
  host = newHost();
  one = ported(host, assigned({ addresses: ['192.0.2.101/24', '192.0.2.103/32'] }));
});

/** An address that a former run has renewed a while ago. */
const left = (address: string, prefixLength: number, more: Partial<InterfaceAddress> = {}): InterfaceAddress =>
  own(address, 2, { prefixLength, protocol: 112, validLifetime: 2, renewedAt: instant(host.clock - 100), ...more });

describe('what a former run has left', () => {
  const holds = (...found: InterfaceAddress[]): boolean => holdsAll(found, one.instance, host.now());

  it('is adopted when all of it is there and fresh', () => {
    expect(holds(left('192.0.2.101', 24), left('192.0.2.103', 32))).toBe(true);
  });

  it.each([
    ['is not there', () => []],
    ['was renewed three intervals ago', () => [left('192.0.2.103', 32, { renewedAt: instant(host.clock - 600) })]],
    ['was renewed nobody knows when', () => [left('192.0.2.103', 32, { renewedAt: undefined })]],
    ['is on another interface', () => [left('192.0.2.103', 32, { ifindex: 3 })]],
    ['has another prefix length', () => [left('192.0.2.103', 24)]],
    ['is of another program', () => [left('192.0.2.103', 32, { protocol: 0 })]],
  ])('is not adopted when one address %s', (_, rest) => {
    expect(holds(left('192.0.2.101', 24), ...rest())).toBe(false);
  });

  it('is nothing for a router that installs nothing, as the owner of an address', () => {
    one = ported(host, { ...assigned(), addresses: [] });
    expect(holds()).toBe(false);
  });

  it('is found with any prefix length, and without what others have put there', () => {
    const found = [
      left('192.0.2.101', 32),
      left('192.0.2.103', 32, { ifindex: 3 }),
      own('192.0.2.103'),
      own('192.0.2.11'),
    ];
    expect(leftoversOf(found, one.instance)).toEqual([found[0]]);
  });

  it('is found by its lifetime where the kernel does not say whose it is', () => {
    const found = [
      left('192.0.2.101', 24, { protocol: 0 }),
      left('192.0.2.103', 32, { protocol: 0, validLifetime: 900 }),
    ];
    expect(leftoversOf(found, one.instance)).toEqual([found[0]]);
  });
});

describe('a sweep', () => {
  const swept = (...found: InterfaceAddress[]): string[] => {
    host.held = [...found];
    sweep(one.executor, [link('eth0', 2), link('eth1', 3)], found, [one.instance]);
    return found.filter((a) => !host.held.includes(a)).map(({ address, ifindex }) => `${address} ${ifindex}`);
  };

  it('removes ours that nobody wants on that interface with that prefix length', () => {
    expect(
      swept(
        left('192.0.2.101', 24),
        left('192.0.2.109', 32),
        left('192.0.2.103', 24),
        left('192.0.2.101', 24, { ifindex: 3 }),
      ),
    ).toEqual(['192.0.2.109 2', '192.0.2.103 2', '192.0.2.101 3']);
    expect(one.events().map(({ type }) => type)).toEqual(['address-swept', 'address-swept', 'address-swept']);
  });

  it('leaves what is not ours, and what is on an interface without a name', () => {
    expect(swept(own('192.0.2.109'), left('192.0.2.109', 32, { ifindex: 9 }))).toEqual([]);
  });

  it('goes on after an address that cannot be removed', () => {
    host.refusesFor.set('remove 192.0.2.108', 'EPERM');
    expect(swept(left('192.0.2.108', 32), left('192.0.2.109', 32))).toEqual(['192.0.2.109 2']);
    expect(one.events()).toMatchObject([
      { type: 'address-failed', router: 'eth0', address: '192.0.2.108' },
      { type: 'address-swept', address: '192.0.2.109' },
    ]);
  });
});

describe('a stray address', () => {
  it('is told once: a VIP on our interface that is not leased', () => {
    const found = [own('192.0.2.101'), own('192.0.2.101', 3), own('192.0.2.11'), left('192.0.2.103', 32)];
    for (let i = 0; i < 3; i++) tellStrays(found, one.instance, one.executor);
    expect(one.events()).toMatchObject([{ type: 'address-stray', router: 'web-1/ipv4', address: '192.0.2.101' }]);
  });
});
