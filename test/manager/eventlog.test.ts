import { appendFileSync, chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EventRecord } from '../../src/control/event.ts';
import { EventLog, MOST_EVENTS } from '../../src/manager/eventlog.ts';
import { addressOf } from '../../src/wire/address.ts';
import { instant } from '../../src/wire/units.ts';

let folder: string;
let clock: number;
let told: EventRecord[];
let logs: EventLog[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'events-'));
  clock = 1000;
  told = [];
  logs = [];
});

afterEach(() => {
  for (const log of logs) log.close();
  rmSync(folder, { recursive: true });
});

/** A log on the folder, as a new manager opens it. */
function open(directory = folder): EventLog {
  const log = new EventLog({
    directory,
    now: () => instant(clock),
    node: () => 'lb1',
    names: (source) => (source === '192.0.2.12' ? 'lb2' : source),
    onRecord: (record) => told.push(record),
  });
  logs.push(log);
  return log;
}

const file = (): string => join(folder, 'events.ndjson');
const say = (log: EventLog, detail: string): void => log.tell({ type: 'manager', severity: 'info', detail });
const numbers = (log: EventLog, since = 0): number[] => log.after(since).records.map(({ seq }) => seq);
const texts = (log: EventLog): string[] => log.after(0).records.map(({ text }) => text);

describe('an event', () => {
  it('has a number, an id, both times, what it is about, and its fields', () => {
    const log = open();
    const heard = { source: addressOf('192.0.2.12'), priority: 0 };
    const transition = { type: 'transition', router: 'web-1/ipv4', from: 'backup', to: 'active' } as const;
    const why = { reason: 'active-router-resigned', priority: 253, because: undefined, peer: heard } as const;
    log.take({ ...transition, ...why, at: instant(990) }, { run: 'a', number: 1 });
    expect(told).toEqual(log.after(0).records);
    expect(told).toMatchObject([
      {
        seq: 1,
        type: 'transition',
        severity: 'notice',
        monotonicMs: 990,
        node: 'lb1',
        subject: { vip: 'web-1', family: 'ipv4' },
        text: 'web-1/ipv4: backup -> active: lb2 resigned; priority 253',
        fields: { from: 'backup', to: 'active', reason: 'active-router-resigned' },
      },
    ]);
    expect(told[0]?.id).toMatch(/^lb1-[0-9a-f]{8}-1$/);
    expect(Date.parse(told[0]?.time ?? '')).toBeGreaterThan(0);
  });

  it.each([
    [
      { type: 'interface', interface: 'eth0/ipv6', state: 'up', detail: '' },
      { interface: 'eth0', family: 'ipv6' },
    ],
    [{ type: 'proxy-exited', pid: 1 }, {}],
    [{ type: 'refused', interface: 'eth0', router: undefined, refusal: 'vrid' }, { interface: 'eth0' }],
    [
      { type: 'refused', interface: 'eth0', router: 'web-1/ipv4', refusal: 'ttl' },
      { vip: 'web-1', family: 'ipv4' },
    ],
  ] as const)('of %o is about %o', (event, subject) => {
    const refused = { source: undefined, vrid: undefined };
    const whole = event.type === 'refused' ? { ...event, ...refused } : event;
    open().take({ at: instant(0), ...whole }, { run: 'a', number: 1 });
    expect(told[0]?.subject).toEqual(subject);
  });

  it('of a backend is about the service and the backend', () => {
    open().tell({ type: 'backend', service: 'web', backend: 'b1', state: 'down', reason: 'connection refused' });
    expect(told).toMatchObject([
      { severity: 'warning', subject: { service: 'web', backend: 'b1' }, text: /backend b1 is down/ },
    ]);
  });
});

describe('who asks', () => {
  it('gets what came after a number', () => {
    const log = open();
    for (const word of ['a', 'b', 'c']) say(log, word);
    expect(numbers(log, 1)).toEqual([2, 3]);
    expect(log.after(3)).toEqual({ missed: 0, records: [] });
  });

  it('with the number of another log gets everything', () => {
    const log = open();
    say(log, 'a');
    expect(numbers(log, 4711)).toEqual([1]);
  });

  it('is told how many are no longer kept', () => {
    const log = open();
    for (let i = 0; i < 2 * MOST_EVENTS + 1; i++) say(log, 'x');
    const { missed, records } = log.after(10);
    expect(missed).toBe(MOST_EVENTS + 1 - 10);
    expect(records).toHaveLength(MOST_EVENTS);
    expect(records.at(-1)?.seq).toBe(log.last);
  });
});

describe('the next manager', () => {
  it('goes on with the numbers, the ids and the events of the one before', () => {
    const before = open();
    for (const word of ['a', 'b']) say(before, word);
    const after = open();
    say(after, 'c');
    expect(texts(after)).toEqual(['a', 'b', 'c']);
    expect(new Set(told.map(({ id }) => id.replace(/\d+$/, ''))).size).toBe(1);
    expect(told.map(({ seq }) => seq)).toEqual([1, 2, 3]);
  });

  it('knows what of the engine was recorded, and takes everything of another run', () => {
    const event = { type: 'proxy-exited', pid: 1, at: instant(0) } as const;
    const before = open();
    before.take(event, { run: 'a', number: 1 });
    before.take(event, { run: 'a', number: 2 });
    say(before, 'x');
    const after = open();
    after.take(event, { run: 'a', number: 2 });
    after.take(event, { run: 'a', number: 3 });
    after.take(event, { run: 'b', number: 1 });
    expect(numbers(after)).toEqual([1, 2, 3, 4, 5]);
    const last = open();
    last.take(event, { run: 'b', number: 1 });
    expect(last.last).toBe(5);
  });

  it('leaves out what was half-written when the one before was killed', () => {
    const before = open();
    say(before, 'a');
    appendFileSync(file(), '{"event":{"seq":2,"te');
    const after = open();
    say(after, 'b');
    expect(texts(after)).toEqual(['a', 'b']);
    expect(texts(open())).toEqual(['a', 'b']);
  });

  it('is not troubled by a file that is not ours', () => {
    writeFileSync(file(), '\0\0\0\n[1]\n"x"\n{"event":{"seq":"1"}}\n{"log":7,"last":-1}\nnull\n');
    const log = open();
    say(log, 'a');
    expect(texts(log)).toEqual(['a']);
    expect(log.trouble).toBeUndefined();
  });

  it('goes on after the file was written anew', () => {
    const before = open();
    for (let i = 0; i < 2 * MOST_EVENTS + 100; i++) say(before, `${i}`);
    expect(readFileSync(file(), 'utf8').split('\n').length).toBeLessThan(2 * MOST_EVENTS);
    const after = open();
    expect(after.last).toBe(before.last);
    expect(texts(after)).toEqual(texts(before).slice(-MOST_EVENTS));
  });

  it('knows how far each receiver was', () => {
    const before = open();
    say(before, 'a');
    before.move('pager', { done: 1, dropped: 2 });
    before.move('gone', { done: 1, dropped: 0 });
    before.move('gone', undefined);
    const after = open();
    expect(after.cursor('pager')).toEqual({ done: 1, dropped: 2 });
    expect(after.receivers).toEqual(['pager']);
    say(after, 'b');
    expect(open().receivers).toEqual(['pager']);
  });

  it('has what receivers still wait for, however old', () => {
    const before = open();
    say(before, 'old');
    const [old] = before.after(0).records;
    before.keep(() => (old === undefined ? [] : [old]));
    for (let i = 0; i < 3 * MOST_EVENTS; i++) say(before, 'x');
    const after = open();
    expect(after.restored(0)[0]).toEqual(old);
    expect(after.after(0).records).toHaveLength(MOST_EVENTS);
    expect(after.after(0).missed).toBe(after.last - MOST_EVENTS);
  });
});

describe('a disk that refuses', () => {
  it('stops nothing, is told with what to do, and gets everything when it takes it', () => {
    const place = join(folder, 'file');
    writeFileSync(place, '');
    const log = open(join(place, 'below'));
    say(log, 'a');
    expect(log.trouble).toMatch(/^Cannot write ".*events\.ndjson": ENOTDIR; events .* in memory only; make room/);
    rmSync(place);
    clock += 4000;
    say(log, 'b');
    expect(log.trouble).toBeDefined();
    clock += 4000;
    say(log, 'c');
    expect(log.trouble).toBeUndefined();
    expect(texts(open(join(place, 'below')))).toEqual(['a', 'b', 'c']);
  });

  it('keeps the file for the daemon alone', () => {
    say(open(), 'a');
    chmodSync(folder, 0o755);
    expect(readFileSync(file(), 'utf8')).toContain('"text":"a"');
  });
});
