import { beforeEach, describe, expect, it } from 'vitest';
import { advance, rejudge } from '../../src/engine/advance.ts';
import { leaseEnd } from '../../src/engine/instance.ts';
import { announceFor, announceNow, install, probe, restore } from '../../src/engine/perform.ts';
import type { RouterEvent } from '../../src/vrrp/state.ts';
import { NO_FACTS } from '../../src/track/stance.ts';
import { addressOf } from '../../src/wire/address.ts';
import { instant, milliseconds, seconds } from '../../src/wire/units.ts';
import { assigned, eventsOf } from './assigned.ts';
import { ported } from './ported.ts';
import type { Ported } from './ported.ts';
import { newHost, own } from './scripted.ts';
import type { ScriptedHost } from './scripted.ts';

let host: ScriptedHost;
let one: Ported;

beforeEach(() => {
  host = newHost();
  one = ported(host);
});

const step = (event: Omit<RouterEvent, 'at'> & { readonly type: string }): void =>
  advance(one.executor, one.instance, { ...event, at: host.now() } as RouterEvent);

const stand = (priority: number): void => step({ type: 'stance', stance: { kind: 'stand', priority } } as never);

/** The virtual router hears nobody and takes its addresses; what that is told with is of no interest as a rule. */
function takeOver(forgets = true): void {
  step({ type: 'startup', stance: { kind: 'stand', priority: 254 } } as never);
  host.clock += 1000;
  step({ type: 'tick' });
  expect(one.instance.state.name).toBe('active');
  if (forgets) one.events();
}

/** One interval later. */
function tick(count = 1): void {
  for (let i = 0; i < count; i++) {
    host.clock += 200;
    step({ type: 'tick' });
  }
}

describe('becoming active', () => {
  it('advertises, installs and announces, in this order', () => {
    host.calls.length = 0;
    takeOver();
    expect(host.calls).toEqual([
      'send 224.0.0.18',
      'put 192.0.2.101',
      ...Array<string>(3).fill('announce 192.0.2.101'),
    ]);
    expect(one.instance.counters).toMatchObject({ advertisementsSent: 1, activeTransitions: 1, announcements: 3 });
  });

  it('announces frame by frame over all addresses', () => {
    one = ported(host, assigned({ addresses: ['192.0.2.101/24', '192.0.2.103/32'] }));
    takeOver();
    expect(host.announced.map(({ address }) => address.at(-1))).toEqual(['1', '3', '1', '3', '1', '3']);
    expect(host.held.filter(({ protocol }) => protocol === 112).map((a) => a.prefixLength)).toEqual([24, 32]);
  });

  it('goes on when the kernel refuses an address, tells it, and tries again with every advertisement', () => {
    host.refuses.set('put', 'EACCES');
    takeOver(false);
    tick(5);
    expect(one.instance).toMatchObject({ state: { name: 'active' }, renewedAt: undefined });
    expect(eventsOf(one.events(), 'address-failed')).toMatchObject([{ address: '192.0.2.101' }]);
    host.refuses.clear();
    tick();
    expect(host.holds('192.0.2.101')).toBe(true);
    expect(one.instance.renewedAt).toBe(host.clock);
  });
});

describe('the lease', () => {
  it('is renewed after a quarter of it, by what has just advertised', () => {
    takeOver();
    host.calls.length = 0;
    tick(15);
    const puts = host.calls.filter((call) => call.startsWith('put')).length;
    expect(puts).toBe(5);
    host.calls.forEach((call, i) => call.startsWith('put') && expect(host.calls[i - 1]).toBe('send 224.0.0.18'));
  });

  it('is not renewed while nothing can be sent', () => {
    takeOver();
    const end = leaseEnd(one.instance);
    host.refuses.set('send', 'ENOBUFS');
    tick(20);
    expect(leaseEnd(one.instance)).toBe(end);
    expect(one.instance.counters).toMatchObject({ advertisementsSent: 1, sendErrors: 20 });
    expect(eventsOf(one.events(), 'send-failed')).toHaveLength(1);
  });

  it('is renewed when some of the peers can be reached, and the others are told once', () => {
    const peers = ['192.0.2.12', '192.0.2.13'].map(addressOf);
    one = ported(host, assigned({ router: { transport: 'unicast', peers } }));
    takeOver();
    host.refusesFor.set('send 192.0.2.13', 'EHOSTUNREACH');
    tick(20);
    expect(one.instance.counters).toMatchObject({ advertisementsSent: 21, sendErrors: 20 });
    expect(eventsOf(one.events(), 'send-failed')).toHaveLength(1);
    expect(leaseEnd(one.instance)).toBeGreaterThan(host.clock);
    host.refusesFor.clear();
    tick();
    host.refusesFor.set('send 192.0.2.13', 'EHOSTUNREACH');
    tick(5);
    expect(eventsOf(one.events(), 'send-failed')).toHaveLength(1);
  });

  it('is renewed by a router that has nobody to tell', () => {
    one = ported(host, assigned({ router: { transport: 'unicast', peers: [] } }));
    takeOver();
    tick(20);
    expect(leaseEnd(one.instance)).toBeGreaterThan(host.clock);
    expect(one.instance.counters.advertisementsSent).toBe(0);
  });

  it('is as long as configured', () => {
    one = ported(host, assigned({ more: { lease: seconds(7) } }));
    takeOver();
    expect(host.held.find(({ address }) => address === '192.0.2.101')?.validLifetime).toBe(7);
    expect(leaseEnd(one.instance)).toBe(host.clock + 7000);
  });
});

describe('letting go', () => {
  it('resigns, removes and falls silent', () => {
    takeOver();
    step({ type: 'shutdown' });
    expect(host.sent.at(-1)?.advertisement.priority).toBe(0);
    expect(host.holds('192.0.2.101')).toBe(false);
    expect(one.instance).toMatchObject({ announcer: undefined, renewedAt: undefined });
    expect(one.instance.counters.priorityZeroSent).toBe(1);
    const before = host.announced.length;
    announceNow(one.executor, one.instance, instant(host.clock + 100_000));
    expect(host.announced).toHaveLength(before);
  });

  it('is done as far as the kernel allows', () => {
    takeOver();
    host.refuses.set('remove', 'EPERM').set('send', 'ENETDOWN');
    step({ type: 'shutdown' });
    expect(one.instance.state.name).toBe('initialize');
    expect(one.events().map(({ type }) => type)).toEqual(['send-failed', 'address-failed', 'transition']);
  });

  it('gives a better router one parting advertisement, and renews nothing with it', () => {
    takeOver();
    tick(3);
    host.calls.length = 0;
    const heard = { priority: 255, interval: milliseconds(200), source: addressOf('192.0.2.12') };
    step({ type: 'advertisement', heard } as never);
    expect(host.calls).toEqual(['send 224.0.0.18', 'remove 192.0.2.101']);
  });
});

describe('announcements', () => {
  it('never come from a backup, whatever it is told', () => {
    step({ type: 'startup', stance: { kind: 'stand', priority: 254 } } as never);
    announceNow(one.executor, one.instance, host.now());
    expect([host.announced, one.instance.counters.announcements]).toEqual([[], 0]);
  });

  it('are not counted while there is no socket for them, and not lost either', () => {
    takeOver();
    const { discovery } = one.port;
    one.port.discovery = undefined;
    announceFor(one.executor, one.instance, 'takeover', host.now());
    expect(one.instance.counters.announcements).toBe(3);
    one.port.discovery = discovery;
    announceNow(one.executor, one.instance, host.now());
    expect(one.instance.counters.announcements).toBe(6);
  });

  it('that fail are counted as send errors and told once', () => {
    host.refuses.set('announce', 'ENOBUFS');
    takeOver();
    expect(one.instance.counters).toMatchObject({ announcements: 0, sendErrors: 3 });
  });
});

describe('restoring', () => {
  it('puts back what is missing, counts it, and announces it', () => {
    takeOver();
    host.clock += 1500;
    host.delete('192.0.2.101');
    const before = host.announced.length;
    restore(one.executor, one.instance, host.addresses(), host.now());
    expect(host.holds('192.0.2.101')).toBe(true);
    expect(one.instance.counters.addressesRestored).toBe(1);
    expect(host.announced.length).toBeGreaterThan(before);
  });

  it('leaves alone what is there, what the kernel took at the end of the lease, and every backup', () => {
    takeOver();
    host.clock += 500;
    restore(one.executor, one.instance, host.addresses(), host.now());
    host.clock += 1450;
    host.delete('192.0.2.101');
    restore(one.executor, one.instance, host.addresses(), host.now());
    step({ type: 'stalled' });
    restore(one.executor, one.instance, host.addresses(), host.now());
    expect(host.holds('192.0.2.101')).toBe(false);
    expect(one.events().map(({ type }) => type)).toEqual(['transition']);
  });

  it('does not take an address on another interface for ours', () => {
    takeOver();
    host.clock += 500;
    host.delete('192.0.2.101');
    host.add(own('192.0.2.101', 9));
    restore(one.executor, one.instance, host.addresses(), host.now());
    expect(one.instance.counters.addressesRestored).toBe(1);
  });
});

describe('asking for an address', () => {
  it('is no failure to serve when it fails', () => {
    probe(one.executor, one.instance);
    expect(host.probed).toEqual(['192.0.2.101']);
    one.port.discovery = undefined;
    probe(one.executor, one.instance);
    one.port.link = undefined;
    expect(install(one.executor, one.instance, host.now())).toBe(false);
  });
});

describe('judging', () => {
  it('tells a changed priority at once, on the wire and in the journal', () => {
    takeOver();
    stand(100);
    expect(host.sent.at(-1)?.advertisement.priority).toBe(100);
    expect(one.events()).toMatchObject([{ type: 'priority', router: 'web-1/ipv4', priority: 100 }]);
  });

  it('steps nothing while the stance is the same', () => {
    takeOver();
    const { state } = one.instance;
    rejudge(one.executor, one.instance, NO_FACTS, host.now());
    expect(one.instance.state).toBe(state);
  });

  it('tells whose address was in use only when nobody speaks VRRP for it', () => {
    one.instance.holders.set('192.0.2.101', '02:00:00:00:00:63').set('192.0.2.99', '02:00:00:00:00:64');
    step({ type: 'startup', stance: { kind: 'stand', priority: 254 } } as never);
    host.clock += 1000;
    step({ type: 'tick' });
    expect(eventsOf(one.events(), 'address-in-use')).toMatchObject([{ address: '192.0.2.101' }]);
  });
});
