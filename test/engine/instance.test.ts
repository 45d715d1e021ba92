import { beforeEach, describe, expect, it } from 'vitest';
import {
  configOf,
  earliest,
  hearsFirst,
  holderOf,
  leaseEnd,
  nextDeadline,
  snapshotOf,
} from '../../src/engine/instance.ts';
import { takeover } from '../../src/engine/announcer.ts';
import { step } from '../../src/vrrp/router.ts';
import { addressOf } from '../../src/wire/address.ts';
import { instant, milliseconds } from '../../src/wire/units.ts';
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

const start = (): void => {
  const event = { type: 'startup', at: host.now(), stance: { kind: 'stand', priority: 254 } } as const;
  one.instance.state = step(configOf(one.instance), one.instance.state, event).state;
};

describe('a virtual router', () => {
  it('speaks from the port’s address, and has none while the port has none', () => {
    expect(configOf(one.instance).source).toBe('192.0.2.11');
    one.port.transport = undefined;
    expect(configOf(one.instance).source).toBe('0.0.0.0');
  });

  it('waits for whatever comes first: its timer, its announcements, its judgement', () => {
    expect(nextDeadline(one.instance)).toBeUndefined();
    start();
    const timer = nextDeadline(one.instance) ?? 0;
    expect(timer - host.clock).toBeCloseTo(601.6, 1);
    one.instance.announcer = takeover(one.instance.assignment.garp, instant(host.clock + 100));
    expect(nextDeadline(one.instance)).toBe(host.clock + 100);
    one.instance.judgement = { ...one.instance.judgement, until: instant(host.clock + 50) };
    expect(nextDeadline(one.instance)).toBe(host.clock + 50);
  });

  it('has a lease from the last renewal on', () => {
    expect(leaseEnd(one.instance)).toBeUndefined();
    one.instance.renewedAt = instant(500);
    expect(leaseEnd(one.instance)).toBe(2500);
  });

  it('hears what is left to read before it elects, for as long as a router may be silent', () => {
    start();
    const due = nextDeadline(one.instance) ?? instant(0);
    const hears = (ms: number): boolean => hearsFirst(one.instance, instant(due + ms));
    expect(hears(1)).toBe(false);
    one.port.isBehind = true;
    expect([-1, 1, 599, 601].map(hears)).toEqual([false, true, true, false]);
  });

  it('is found by its address on its interface', () => {
    const found = (address: string, ifindex: number) => holderOf([one.instance], own(address, ifindex));
    expect(found('192.0.2.101', 2)).toBe(one.instance);
    expect([found('192.0.2.101', 3), found('192.0.2.102', 2)]).toEqual([undefined, undefined]);
  });
});

describe('a snapshot', () => {
  it('is plain data that survives the way to the manager', () => {
    start();
    const source = addressOf('192.0.2.12');
    one.instance.heard = { priority: 253, interval: milliseconds(200), source, at: host.now() };
    const shot = snapshotOf(one.instance);
    const plain = JSON.parse(JSON.stringify(shot)) as object;
    expect(plain).toMatchObject({
      key: 'web-1/ipv4',
      state: 'backup',
      reason: 'startup',
      priority: 254,
      basePriority: 254,
    });
    expect({ ...shot, ...plain }).toEqual(shot);
  });
});

describe('the earliest', () => {
  it('of some deadlines is the smallest that there is', () => {
    expect(earliest([instant(3), undefined, instant(1)])).toBe(1);
    expect(earliest([undefined])).toBeUndefined();
    expect(earliest([instant(0), instant(1)])).toBe(0);
  });
});
