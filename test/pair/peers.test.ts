import { describe, expect, it } from 'vitest';
import { isHeard, isHeardOn, Peers } from '../../src/pair/peers.ts';
import type { Heartbeat } from '../../src/wire/heartbeat.ts';
import { labelOf } from '../../src/wire/heartbeat.ts';
import { instant } from '../../src/wire/units.ts';
import { beat, FIRST, OWN, report, SECOND } from './beat.ts';

const eth1 = labelOf('eth1');
const eth2 = labelOf('eth2');

const peers = (): Peers => {
  const fresh = new Peers('lb1', () => OWN);
  fresh.follow(['lb2']);
  return fresh;
};

const hear = (to: Peers, at: number, more: Partial<Heartbeat> = {}): string => to.hear(beat(more), instant(at));

const lb2 = (of: Peers) => {
  const peer = of.get('lb2');
  if (peer === undefined) throw new Error('lb2 is followed');
  return peer;
};

describe('a session', () => {
  it('is believed once it echoes ours, and is echoed before that', () => {
    const some = peers();
    expect(some.echoes(instant(0))).toEqual([]);
    expect(hear(some, 0, { echoes: [] })).toBe('unproven');
    expect(some.echoes(instant(1))).toEqual([FIRST]);
    expect(lb2(some).beat).toBeUndefined();
    expect(hear(some, 2, { counter: 2 })).toBe('accepted');
    expect(some.echoes(instant(60_000))).toEqual([FIRST]);
  });

  it('that never proves itself is not echoed for ever', () => {
    const some = peers();
    hear(some, 0, { echoes: [] });
    expect(some.echoes(instant(20_000))).toEqual([]);
  });

  it('is replaced by the next one of that node, and cannot come back', () => {
    const some = peers();
    hear(some, 0, { counter: 5 });
    expect(hear(some, 10, { session: SECOND, echoes: [] })).toBe('unproven');
    // Until the new one is proven the old one counts: a recording must not end it.
    expect(hear(some, 11, { counter: 6 })).toBe('accepted');
    expect(hear(some, 12, { session: SECOND })).toBe('accepted');
    expect(hear(some, 13, { counter: 7 })).toBe('replayed');
    expect(lb2(some).session).toBe(SECOND);
  });

  it('that was replaced comes back when the other falls silent, but not as a recording', () => {
    const some = peers();
    const forged = { counter: 7, echoes: ['0'.repeat(16)] };
    hear(some, 0, { counter: 5 });
    hear(some, 10, { session: SECOND });
    expect(hear(some, 11, { counter: 6 })).toBe('replayed');
    expect(hear(some, 60_000, { counter: 5 })).toBe('replayed');
    expect(hear(some, 60_000, forged)).toBe('replayed');
    expect(hear(some, 60_000, { counter: 7 })).toBe('accepted');
    expect(lb2(some).session).toBe(FIRST);
    expect(hear(some, 60_001, { session: SECOND, counter: 9 })).toBe('replayed');
  });

  it('of ours is another when too many others had to be remembered', () => {
    let drawn = 0;
    const some = new Peers('lb1', () => `own${drawn++}`);
    some.follow(['lb2']);
    const restart = (number: number, echo: string): string =>
      some.hear(beat({ session: `lb2-${number}`, echoes: [echo] }), instant(number));
    for (let number = 0; number <= 65; number++) expect(restart(number, 'own0')).toBe('accepted');
    expect(some.session).toBe('own1');
    // What was recorded of the first one echoes what ours no longer is.
    expect(some.hear(beat({ session: 'lb2-0', counter: 99, echoes: ['own0'] }), instant(100))).toBe('unproven');
    expect(some.hear(beat({ session: 'lb2-65', counter: 99, echoes: ['own0'] }), instant(100))).toBe('accepted');
  });

  it('of another host with our name, of a node that is not configured, and our own are told apart', () => {
    const some = peers();
    expect(hear(some, 0, { node: 'lb1' })).toBe('namesake');
    expect(hear(some, 0, { node: 'lb9' })).toBe('stranger');
    expect(hear(some, 0, { node: 'lb1', session: OWN })).toBe('own');
  });
});

describe('a counter', () => {
  it('that does not grow on its path is a replay', () => {
    const some = peers();
    expect(hear(some, 0, { counter: 5 })).toBe('accepted');
    expect(hear(some, 1, { counter: 5 })).toBe('replayed');
    expect(hear(some, 1, { counter: 4 })).toBe('replayed');
  });

  it('may be overtaken on another path: that path is alive, and its word is old', () => {
    const some = peers();
    hear(some, 0, { counter: 5, routers: [report({ priority: 5 })] });
    expect(hear(some, 1, { counter: 4, path: eth2, routers: [report({ priority: 4 })] })).toBe('late');
    expect(lb2(some).beat?.routers[0]?.priority).toBe(5);
    expect(isHeardOn(lb2(some), eth2, instant(1))).toBe(true);
  });
});

describe('silence', () => {
  it('of one path is not that of the peer', () => {
    const some = peers();
    hear(some, 0, { counter: 1 });
    hear(some, 0, { counter: 2, path: eth2 });
    hear(some, 1000, { counter: 3, path: eth2 });
    expect([isHeardOn(lb2(some), eth1, instant(1000)), isHeardOn(lb2(some), eth2, instant(1000))]).toEqual([
      false,
      true,
    ]);
    expect(isHeard(lb2(some), instant(1600))).toBe(true);
    expect(isHeard(lb2(some), instant(1700))).toBe(false);
  });

  it('begins at once when the peer says that it ends', () => {
    const some = peers();
    hear(some, 0, { counter: 1 });
    hear(some, 1, { counter: 2, leaving: true });
    expect(isHeard(lb2(some), instant(2))).toBe(false);
  });
});

it('reports which paths of whom are heard', () => {
  const some = peers();
  hear(some, 0);
  expect(some.reports(instant(30))).toEqual([{ node: labelOf('lb2'), path: eth1, age: 30 }]);
});

it('keeps what it knows of nodes that stay, and forgets the others', () => {
  const some = peers();
  hear(some, 0);
  some.follow(['lb2', 'lb3']);
  expect(lb2(some).session).toBe(FIRST);
  some.follow(['lb3']);
  expect([...some].map(({ node }) => node)).toEqual(['lb3']);
});
