import { beforeEach, describe, expect, it } from 'vitest';
import { advance } from '../../src/engine/advance.ts';
import { tracesOf } from '../../src/engine/evidence.ts';
import { drain } from '../../src/engine/hear.ts';
import type { Instance } from '../../src/engine/instance.ts';
import { PairLink } from '../../src/engine/pairlink.ts';
import { Prober } from '../../src/engine/prober.ts';
import type { NeighborClaim } from '../../src/linux/neighbors.ts';
import { addressOf } from '../../src/wire/address.ts';
import { formatMac } from '../../src/wire/mac.ts';
import { assigned, eventsOf, heardFrom } from './assigned.ts';
import { ported } from './ported.ts';
import type { Ported } from './ported.ts';
import { MAC, newHost } from './scripted.ts';
import type { ScriptedHost } from './scripted.ts';

const families = [
  { family: 'ipv4', vip: '192.0.2.101', peer: '192.0.2.12', voice: '192.0.2.12', other: '192.0.2.50', none: '0.0.0.0' },
  { family: 'ipv6', vip: '2001:db8::101', peer: '2001:db8::12', voice: 'fe80::12', other: '2001:db8::50', none: '::' },
] as const;

const STRANGER = '02:00:00:00:00:99';
const LB2 = '02:00:00:00:00:0c';

const claim = (address: string, mac = STRANGER): NeighborClaim =>
  ({ address: addressOf(address), mac }) as NeighborClaim;

/* The same rules in both families: an answer, or an announcement, is a claim. */
describe.each(families)('a claim over $family', ({ family, vip, peer, voice, other, none }) => {
  let host: ScriptedHost;
  let one: Ported;
  let instance: Instance;

  beforeEach(() => {
    host = newHost();
    one = ported(host, assigned({ addresses: [`${vip}/${family === 'ipv4' ? 32 : 128}`] }));
    ({ instance } = one);
    advance(one.executor, instance, { type: 'startup', at: host.now(), stance: { kind: 'stand', priority: 254 } });
  });

  const inbox = () => host.ear('eth0', family).inbox;

  const hear = (...claims: NeighborClaim[]): void => {
    inbox().push(...claims);
    drain(one.executor, one.port, [instance], host.now());
  };

  const active = (settled = 2000): void => {
    advance(one.executor, instance, { type: 'tick', at: (host.clock += 1000) as never });
    expect(instance.state.name).toBe('active');
    one.events();
    host.clock += settled;
  };

  const asked = (): string[] => {
    host.probed.length = 0;
    new Prober().turn([instance], false, host.now());
    return host.probed;
  };

  const voices = (): string[] =>
    tracesOf(instance, new PairLink(() => undefined), host.now()).voices.map(({ source }) => source);

  it('to an address that we hold is a conflict: told, counted and answered', () => {
    active();
    const before = host.announced.length;
    hear(claim(vip));
    expect(instance.counters.conflicts).toBe(1);
    expect(instance.conflict).toMatchObject({ address: vip, mac: STRANGER });
    expect(eventsOf(one.events(), 'address-conflict')).toMatchObject([{ address: vip, mac: STRANGER }]);
    expect(host.announced).toHaveLength(before + 3);
  });

  it('of our own, to other addresses, and of one who only asks, is none', () => {
    active();
    hear(claim(vip, formatMac(MAC)), claim(other), claim(none));
    expect([instance.counters.conflicts, instance.conflict]).toEqual([0, undefined]);
  });

  it('of the router that held the address a moment ago is answered, and no conflict yet', () => {
    active(50);
    host.announced.length = 0;
    hear(claim(vip, LB2));
    expect([instance.counters.conflicts, instance.conflict, one.events()]).toEqual([0, undefined, []]);
    expect(instance.announcer?.owed).toBe(true);
  });

  it('of the router that has just taken over is heard after its advertisement, and no conflict', () => {
    active();
    inbox().push(claim(vip, LB2));
    host.socket('eth0', family).inbox.push(heardFrom(instance.assignment, 255));
    hear();
    expect(instance.state.name).toBe('backup');
    expect(instance.counters.conflicts).toBe(0);
    expect(eventsOf(one.events(), 'address-conflict')).toEqual([]);
  });

  it('in the other states is only remembered, until a router speaks for the address', () => {
    hear(claim(vip));
    expect([...instance.holders]).toEqual([[vip, STRANGER]]);
    expect(host.announced).toEqual([]);
    host.socket('eth0', family).inbox.push(heardFrom(instance.assignment, 255));
    hear();
    expect(instance.holders.size).toBe(0);
  });

  it('in a flood does not keep the engine', () => {
    hear(...Array.from({ length: 1000 }, () => claim(other)));
    expect(inbox().length).toBe(800);
  });

  it('is asked for every second while the address is held, but not in the moment of the take-over', () => {
    active(50);
    expect(asked()).not.toContain(vip);
    host.clock += 300;
    expect(asked()).toContain(vip);
  });

  it('of another is a reason to ask who that is', () => {
    active();
    instance.state = { ...instance.state, reason: 'preempted-lower-priority' };
    expect(asked()).toEqual([vip]);
    hear(claim(vip));
    expect(asked()).toEqual([peer, vip]);
    host.clock += 3000;
    expect(asked()).toEqual([vip]);
  });

  it('tells which node an advertisement came from', () => {
    host.socket('eth0', family).inbox.push(heardFrom(instance.assignment, 100));
    hear(claim(peer, LB2));
    expect(voices()).toEqual([voice]);
    expect(asked()).toEqual(family === 'ipv4' ? [] : [voice, peer]);
    hear(claim(voice, STRANGER));
    expect(asked()).toEqual([]);
    expect(voices()).toEqual([voice]);
    hear(claim(voice, LB2));
    expect(voices()).toEqual([peer]);
    active();
    instance.state = { ...instance.state, reason: 'active-router-silent' };
    expect(new Set(asked())).toEqual(new Set([voice, peer, vip]));
  });

  it('of who advertised once is forgotten, when there are too many', () => {
    for (let i = 0; i < 200; i++) {
      const from = family === 'ipv4' ? `198.51.100.${i}` : `fe80::${i}`;
      host.socket('eth0', family).inbox.push(heardFrom(instance.assignment, 100, { from }));
      hear();
      hear(claim(from));
    }
    expect(one.port.neighbors.size).toBeLessThanOrEqual(64);
  });

  it('of a gateway that answers is not that of a node that is silent', () => {
    one.port.asked = addressOf(other);
    hear(claim(other), claim(peer, LB2));
    const { neighbors } = tracesOf(instance, new PairLink(() => undefined), host.now());
    expect(neighbors.map(({ source }) => source)).toEqual([peer]);
    expect(one.port.neighbors.get(addressOf(other))).toEqual({ mac: STRANGER, at: host.clock });
  });
});
