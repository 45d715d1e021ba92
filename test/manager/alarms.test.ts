import { beforeEach, describe, expect, it } from 'vitest';
import type { UnstampedManagerEvent } from '../../src/manager/event.ts';
import { Alarms } from '../../src/manager/alarms.ts';
import type { Trouble } from '../../src/manager/warning.ts';
import { record } from './record.ts';

const sysctl: Trouble = { code: 'sysctl', about: 'x', text: 'x is "0"' };
const conflict: Trouble = { code: 'address-conflict', about: 'web-1', text: 'seen once' };

let told: UnstampedManagerEvent[];
let alarms: Alarms;

beforeEach(() => {
  told = [];
  alarms = new Alarms((event) => told.push(event));
});

const types = (): string[] => told.map(({ type }) => type);

describe('trouble', () => {
  it('is told when it begins and when it is over, with how long it lasted', () => {
    expect(alarms.see([sysctl], 0)).toEqual([{ code: 'sysctl', text: 'x is "0"', since: '1970-01-01T00:00:00.000Z' }]);
    expect(alarms.see([sysctl], 1000)).toMatchObject([{ since: '1970-01-01T00:00:00.000Z' }]);
    expect(told).toEqual([{ type: 'warning-began', code: 'sysctl', about: 'x', detail: 'x is "0"' }]);
    alarms.see([], 5000);
    expect(told[1]).toEqual({ type: 'warning-ended', code: 'sysctl', about: 'x', detail: 'x is "0"', lasted: 1000 });
  });

  it('that comes and goes within a moment is one', () => {
    for (let at = 0; at < 10_000; at += 1000) alarms.see(at % 2000 === 0 ? [sysctl] : [], at);
    expect(types()).toEqual(['warning-began']);
  });

  it('whose words change is the same trouble', () => {
    alarms.see([conflict], 0);
    expect(alarms.see([{ ...conflict, text: 'seen 2 times' }], 1000)).toMatchObject([
      { text: 'seen 2 times', since: '1970-01-01T00:00:00.000Z' },
    ]);
    expect(types()).toEqual(['warning-began']);
    alarms.see([], 10_000);
    expect(told[1]).toMatchObject({ detail: 'seen 2 times' });
  });

  it('of one kind about several things is several', () => {
    alarms.see([sysctl, { ...sysctl, about: 'y' }], 0);
    expect(types()).toEqual(['warning-began', 'warning-began']);
  });

  it('without end fills nothing', () => {
    for (let i = 0; i < 2000; i++) alarms.see([{ ...sysctl, about: `${i}` }], 0);
    expect(told).toHaveLength(500);
  });
});

describe('a manager that follows a dead one', () => {
  const began = record({
    type: 'warning-began',
    time: '2026-01-02T03:04:05.000Z',
    fields: { code: 'sysctl', about: 'x', detail: 'x is "0"' },
  });

  it('neither tells again what has begun, nor forgets since when', () => {
    alarms.restore([began], Date.parse('2026-01-02T04:00:00.000Z'));
    const [warning] = alarms.see([sysctl], Date.parse('2026-01-02T04:00:01.000Z'));
    expect(warning?.since).toBe('2026-01-02T03:04:05.000Z');
    expect(told).toEqual([]);
  });

  it('tells that it is over what has ended in between', () => {
    const at = Date.parse('2026-01-02T04:00:00.000Z');
    alarms.restore([record(), began, { ...began, fields: { ...began.fields, about: 'y' } }], at);
    alarms.restore([{ ...began, type: 'warning-ended', fields: { ...began.fields, about: 'y' } }], at);
    alarms.see([], at + 1000);
    expect(told).toEqual([]);
    alarms.see([], at + 3000);
    expect(told).toMatchObject([{ type: 'warning-ended', about: 'x', lasted: at - Date.parse(began.time) }]);
  });
});
