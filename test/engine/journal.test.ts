import { beforeEach, describe, expect, it } from 'vitest';
import type { UnstampedEvent } from '../../src/engine/events.ts';
import { Journal } from '../../src/engine/journal.ts';
import { instant } from '../../src/wire/units.ts';

let clock: number;
let journal: Journal;

beforeEach(() => {
  clock = 1000;
  journal = new Journal(() => instant(clock));
});

const exited = (pid: number): UnstampedEvent => ({ type: 'proxy-exited', pid });
const lapsed: UnstampedEvent = { type: 'lease-lapsed', router: 'web-1/ipv4' };

describe('the journal', () => {
  it('gives events in order, once, with the time at which they were told', () => {
    journal.tell(exited(1));
    clock = 2000;
    journal.tell(exited(2));
    expect(journal.take(1)).toEqual([{ number: 1, event: { type: 'proxy-exited', pid: 1, at: 1000 } }]);
    expect(journal.take(10)).toEqual([{ number: 2, event: { type: 'proxy-exited', pid: 2, at: 2000 } }]);
    expect(journal.take(10)).toEqual([]);
  });

  it('keeps a thousand for a manager that is away, and counts what it drops, the oldest first', () => {
    for (let pid = 0; pid < 1500; pid++) journal.tell(exited(pid));
    expect(journal.dropped).toBe(500);
    const events = journal.take(5000);
    expect(events).toHaveLength(1000);
    expect(events[0]).toMatchObject({ number: 501, event: { pid: 500 } });
  });

  it('gives again what was taken and not recorded, to whoever comes after', () => {
    for (let pid = 1; pid <= 5; pid++) journal.tell(exited(pid));
    expect(journal.take(4).map(({ number }) => number)).toEqual([1, 2, 3, 4]);
    journal.recorded(2);
    journal.rewind();
    expect(journal.take(10).map(({ number }) => number)).toEqual([3, 4, 5]);
    journal.recorded(5);
    journal.rewind();
    expect(journal.take(10)).toEqual([]);
    journal.tell(exited(6));
    expect(journal.take(10).map(({ number }) => number)).toEqual([6]);
  });

  it('that was taken and is not recorded yet is not counted as lost', () => {
    for (let pid = 0; pid < 1000; pid++) journal.tell(exited(pid));
    journal.take(10);
    for (let pid = 0; pid < 15; pid++) journal.tell(exited(pid));
    expect(journal.dropped).toBe(5);
    expect(journal.take(1)).toMatchObject([{ number: 16 }]);
  });
});

describe('repeated trouble', () => {
  it('is told once a minute for each key', () => {
    for (let second = 0; second < 150; second++) {
      journal.tellOnce('a', exited(1));
      journal.tellOnce('b', exited(2));
      clock += 1000;
    }
    expect(journal.take(100)).toHaveLength(6);
  });

  it('is news again when it was over in between', () => {
    journal.tellOnce('a', exited(1));
    journal.forget('a');
    journal.tellOnce('a', exited(1));
    expect(journal.take(10)).toHaveLength(2);
  });

  it('of one type never fills the log, and leaves room for the other types', () => {
    for (let source = 0; source < 100_000; source++) {
      journal.tellOnce(`refused:${source}`, exited(source));
      clock += 0.1;
    }
    journal.tellOnce('lapsed', lapsed);
    expect(journal.dropped).toBe(0);
    const events = journal.take(10_000);
    expect(events).toHaveLength(101);
    expect(events.at(-1)?.event.type).toBe('lease-lapsed');
    clock += 60_000;
    journal.tellOnce('refused:new', exited(1));
    expect(journal.take(10)).toHaveLength(1);
  });
});
