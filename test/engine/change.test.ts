import { describe, expect, it } from 'vitest';
import { isEqual, isSameRouter } from '../../src/engine/assignment.ts';
import type { RouterAssignment } from '../../src/engine/assignment.ts';
import { planChange } from '../../src/engine/change.ts';
import { addressOf } from '../../src/wire/address.ts';
import { milliseconds, seconds } from '../../src/wire/units.ts';
import { assigned } from './assigned.ts';

const one = assigned();
const two = assigned({ vip: 'web-2', vrid: 52, addresses: ['192.0.2.102/32'] });
const changed = (next: RouterAssignment) => planChange([one, two], [next, two]);

describe('a plan', () => {
  it('from something to the same is empty, whatever the order', () => {
    const copy = structuredClone([two, one]);
    expect(planChange([one, two], copy)).toEqual({ removed: [], added: [], changed: [] });
  });

  it('from nothing adds everything, and to nothing removes everything', () => {
    expect(planChange([], [one, two])).toEqual({ removed: [], added: [one, two], changed: [] });
    expect(planChange([one, two], [])).toEqual({ removed: [one, two], added: [], changed: [] });
  });

  it.each([
    ['VRID', assigned({ vrid: 53 })],
    ['interface', assigned({ interface: 'eth1' })],
    ['source', assigned({ more: { source: addressOf('192.0.2.13') } })],
    ['version', assigned({ router: { version: 2 } })],
    ['family', assigned({ addresses: ['2001:db8::101/128'] })],
  ])('stops and starts a virtual router whose %s changes', (_, next) => {
    expect(isSameRouter(one, next)).toBe(false);
    expect(changed(next)).toEqual({ removed: [one], added: [next], changed: [] });
  });

  it.each([
    ['priority', assigned({ priority: 100 })],
    ['interval', assigned({ router: { interval: milliseconds(50) } })],
    ['transport', assigned({ router: { transport: 'unicast' } })],
    ['lease', assigned({ more: { lease: seconds(5) } })],
    ['name', assigned({ vip: 'shop' })],
    [
      'policy',
      assigned({
        more: {
          policy: {
            onFailure: { reaction: 'stop' },
            recoverAfter: milliseconds(0),
            recoverMax: milliseconds(0),
            tracks: [],
          },
        },
      }),
    ],
  ])('keeps the role of a virtual router whose %s changes', (_, next) => {
    expect(isSameRouter(one, next)).toBe(true);
    expect(isEqual(one, next)).toBe(false);
    expect(changed(next)).toEqual({ removed: [], added: [], changed: [{ key: one.key, next, obsolete: [] }] });
  });

  it('knows which addresses are no longer wanted, also by their prefix length', () => {
    const wide = assigned({ addresses: ['192.0.2.101/24', '192.0.2.103/32'] });
    expect(planChange([wide], [one]).changed[0]?.obsolete).toEqual(wide.addresses);
    expect(planChange([wide], [assigned({ addresses: ['192.0.2.103/32'] })]).changed[0]?.obsolete).toEqual([
      wide.addresses[0],
    ]);
    expect(
      planChange([one], [assigned({ addresses: ['192.0.2.101/32', '192.0.2.103/32'] })]).changed[0]?.obsolete,
    ).toEqual([]);
  });
});
