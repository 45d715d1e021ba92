import { beforeEach, describe, expect, it } from 'vitest';
import { advance } from '../../src/engine/advance.ts';
import { drain } from '../../src/engine/hear.ts';
import type { Instance } from '../../src/engine/instance.ts';
import { addressOf } from '../../src/wire/address.ts';
import { instant } from '../../src/wire/units.ts';
import { assigned, eventsOf, heardFrom } from './assigned.ts';
import { ported } from './ported.ts';
import type { Ported } from './ported.ts';
import { newHost } from './scripted.ts';
import type { ScriptedHost } from './scripted.ts';

let host: ScriptedHost;
let one: Ported;
let instance: Instance;

beforeEach(() => {
  host = newHost();
  one = ported(host);
  ({ instance } = one);
  advance(one.executor, instance, { type: 'startup', at: host.now(), stance: { kind: 'stand', priority: 254 } });
});

const hear = (...instances: Instance[]): boolean =>
  drain(one.executor, one.port, instances.length === 0 ? [instance] : instances, host.now());

const inbox = () => host.socket().inbox;

describe('a drain', () => {
  it('steps everything that is readable, in its order', () => {
    inbox().push(heardFrom(assigned(), 100), heardFrom(assigned(), 255), heardFrom(assigned(), 0));
    hear();
    expect(inbox()).toEqual([]);
    expect(instance.counters).toMatchObject({ advertisementsReceived: 3, priorityZeroReceived: 1 });
    expect(instance.heard).toMatchObject({ priority: 0, source: '192.0.2.12', at: host.clock });
    expect(instance.state).toMatchObject({ pending: 'active-router-resigned' });
  });

  it('of a flood ends, and the next one goes on', () => {
    for (let i = 0; i < 5000; i++) inbox().push(heardFrom(assigned(), 100));
    hear();
    expect(inbox().length).toBeGreaterThan(0);
    hear();
    hear();
    expect(inbox()).toEqual([]);
  });

  it('finds the virtual router of each VRID', () => {
    const other = one.beside(assigned({ vip: 'web-2', vrid: 52, addresses: ['192.0.2.102/32'] }));
    inbox().push(heardFrom(other.assignment, 100));
    hear(instance, other);
    expect([instance.counters.advertisementsReceived, other.counters.advertisementsReceived]).toEqual([0, 1]);
  });

  it('marks a port whose socket is broken, and goes no further', () => {
    host.refuses.set('receive', 'ENOMEM');
    hear();
    expect(one.port.careAt).toBeLessThanOrEqual(host.clock);
  });
});

describe('what is refused', () => {
  it('is counted at the virtual router it is meant for, and told once', () => {
    for (let i = 0; i < 5; i++) inbox().push(heardFrom(assigned({ router: { version: 2 } }), 100));
    hear();
    expect(instance.counters.refused).toEqual({ 'version-mismatch': 5 });
    expect(eventsOf(one.events(), 'refused')).toMatchObject([
      { interface: 'eth0', router: 'web-1/ipv4', refusal: 'version-mismatch', source: '192.0.2.12', vrid: 51 },
    ]);
    expect(instance.heard).toBeUndefined();
  });

  it('is counted at the port when it is for nobody', () => {
    inbox().push(
      heardFrom(assigned(), 100, { hopLimit: 254 }),
      { refused: 'truncated', source: addressOf('192.0.2.12') },
      { refused: 'ip-header', source: undefined },
    );
    hear();
    expect(one.port.refused).toEqual({ ttl: 1, truncated: 1, 'ip-header': 1 });
    expect(eventsOf(one.events(), 'refused')).toHaveLength(3);
  });

  it('never fills the journal, whoever sends it', () => {
    for (let i = 0; i < 1900; i++) {
      inbox().push(heardFrom(assigned(), 100, { from: `198.51.${100 + (i >> 8)}.${i & 255}`, hopLimit: 1 }));
    }
    hear();
    expect(one.port.refused).toEqual({ ttl: 1900 });
    expect(one.events().length).toBeLessThanOrEqual(102);
  });
});

describe('a foreign virtual router', () => {
  const foreign = (vrid: number, from = '192.0.2.77') => heardFrom(assigned(), 100, { vrid, from });

  it('is remembered with its version, its count and when it was heard', () => {
    inbox().push(foreign(7), foreign(7));
    hear();
    expect([...one.port.foreign.values()]).toEqual([
      {
        ...{ vrid: 7, source: '192.0.2.77', version: 3, count: 2, lastAt: host.clock },
        addresses: assigned().router.addresses,
      },
    ]);
    expect(one.port.refused).toEqual({ vrid: 2 });
    expect(eventsOf(one.events(), 'refused')).toMatchObject([{ router: undefined, refusal: 'vrid', vrid: 7 }]);
  });

  it('is one of 64 at most, and one that fell silent makes room', () => {
    for (let i = 0; i < 200; i++) inbox().push(foreign(7, `198.51.100.${i}`));
    hear();
    expect(one.port.foreign.size).toBe(64);
    host.clock += 59_000;
    inbox().push(foreign(7, '198.51.100.0'), foreign(7, '203.0.113.1'));
    hear();
    expect(one.port.foreign.has('7 203.0.113.1')).toBe(false);
    host.clock += 2000;
    inbox().push(foreign(7, '203.0.113.1'));
    hear();
    expect([...one.port.foreign.keys()]).toEqual(['7 198.51.100.0', '7 203.0.113.1']);
  });
});

describe('an odd advertisement', () => {
  it('is accepted, counted and told once', () => {
    const { router } = assigned({ router: { checksum: 'message', addresses: [addressOf('192.0.2.109')] } });
    for (let i = 0; i < 3; i++) inbox().push(heardFrom({ ...assigned(), router }, 100));
    hear();
    expect(instance.counters.remarks).toEqual({ 'address-list': 3, 'checksum-form': 3 });
    expect(eventsOf(one.events(), 'remark')).toHaveLength(2);
    expect(instance.counters.advertisementsReceived).toBe(3);
  });
});

describe('a lesser router that advertises while this one is active', () => {
  const contending = (): number | undefined => instance.traces.contender?.count;

  beforeEach(() => {
    advance(one.executor, instance, { type: 'tick', at: instant((host.clock += 1000)) });
  });

  it('goes on when it does so again', () => {
    for (let i = 1; i <= 3; i++, host.clock += 200) {
      inbox().push(heardFrom(assigned(), 100));
      hear();
      expect(contending()).toBe(i);
    }
  });

  it('does not while this one was away: what it sent then is read at once, and had no answer yet', () => {
    for (let i = 0; i < 5; i++) inbox().push(heardFrom(assigned(), 100));
    hear();
    expect(contending()).toBe(1);
  });
});
