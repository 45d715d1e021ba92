import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ReceiverConfig } from '../../../src/config/notifyconfig.ts';
import { EventLog, MOST_EVENTS } from '../../../src/manager/eventlog.ts';
import { Notifier } from '../../../src/manager/notify/notify.ts';
import { instant, milliseconds } from '../../../src/wire/units.ts';
import { record } from '../record.ts';
import { LATER, REFUSED, Scripted, TAKEN } from './scripted.ts';

let folder: string;
let logs: EventLog[];
let senders: Record<string, Scripted>;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  folder = mkdtempSync(join(tmpdir(), 'notify-'));
  logs = [];
  senders = {};
});

afterEach(() => {
  vi.useRealTimers();
  for (const log of logs) log.close();
  rmSync(folder, { recursive: true });
});

const receiver = (name: string, more: Partial<ReceiverConfig> = {}): ReceiverConfig =>
  ({
    name,
    kind: 'exec',
    command: [`/bin/${name}`],
    user: undefined,
    on: ['manager'],
    severity: 'info',
    timeout: milliseconds(5000),
    ...more,
  }) as ReceiverConfig;

/** What a manager that starts on the folder has. */
function open(): { log: EventLog; notifier: Notifier } {
  const log = new EventLog({
    directory: folder,
    now: () => instant(1000),
    node: () => 'lb1',
    names: String,
    onRecord: () => {},
  });
  logs.push(log);
  const notifier = new Notifier({ events: log, open: ({ name }) => (senders[name] ??= new Scripted()) });
  return { log, notifier };
}

const sender = (name: string): Scripted => (senders[name] ??= new Scripted());
const say = (log: EventLog, detail = 'x'): void => log.tell({ type: 'manager', severity: 'info', detail });
/** Lets everything happen that waits for no time. */
const turn = async (): Promise<void> => {
  for (let i = 0; i < 20; i++) await Promise.resolve();
};
const pass = async (ms: number): Promise<void> => {
  await turn();
  await vi.advanceTimersByTimeAsync(ms);
  await turn();
};

describe('a receiver', () => {
  it('gets the events that it asks for, from when it is configured, in order', async () => {
    const { log, notifier } = open();
    say(log);
    notifier.follow([receiver('a'), receiver('b', { on: undefined, severity: 'warning' })]);
    for (let i = 0; i < 3; i++) say(log);
    log.tell({ type: 'proxy', state: 'dead', reason: 'gone' });
    await turn();
    expect(sender('a').taken).toEqual([2, 3, 4]);
    expect(sender('b').taken).toEqual([5]);
  });

  it('gets one at a time, and the next one when that is done', async () => {
    const { log, notifier } = open();
    sender('a').answers = ['hang', TAKEN];
    notifier.follow([receiver('a')]);
    for (let i = 0; i < 5; i++) say(log);
    await turn();
    expect(sender('a').attempts).toEqual([1]);
    await pass(5000);
    expect(notifier.status()[0]).toMatchObject({ pending: 5, trouble: 'no end within 5 s' });
    await pass(1000);
    expect(sender('a')).toMatchObject({ taken: [1, 2, 3, 4, 5], together: 0 });
  });

  it('that is down gets everything once it is up, in order, and is asked less and less often', async () => {
    const { log, notifier } = open();
    sender('a').answers = [LATER];
    notifier.follow([receiver('a')]);
    for (let i = 0; i < 5; i++) say(log);
    await pass(200_000);
    expect(new Set(sender('a').attempts)).toEqual(new Set([1]));
    expect(sender('a').attempts.length).toBeLessThan(11);
    expect(notifier.troubles()).toMatchObject([
      { code: 'notify', about: 'a', text: 'notify a: 5 events wait: ECONNREFUSED' },
    ]);
    sender('a').answers = [TAKEN];
    await pass(60_000);
    expect(sender('a').taken).toEqual([1, 2, 3, 4, 5]);
    expect(notifier.troubles()).toEqual([]);
  });

  it('that refuses an event three times does not get it, and the next one follows', async () => {
    const { log, notifier } = open();
    sender('a').answers = [REFUSED, REFUSED, REFUSED, TAKEN];
    notifier.follow([receiver('a')]);
    say(log);
    say(log);
    await pass(10_000);
    expect(sender('a').taken).toEqual([2]);
    expect(notifier.status()[0]).toMatchObject({ delivered: 1, failures: 3, lost: 1 });
    expect(log.after(0).records.at(-1)).toMatchObject({
      type: 'notification-lost',
      subject: { receiver: 'a' },
      text: 'notify a: 1 event was given up: answered 400',
    });
  });

  it('that is slow delays no other', async () => {
    const { log, notifier } = open();
    sender('a').answers = ['hang'];
    notifier.follow([receiver('a'), receiver('b')]);
    for (let i = 0; i < 100; i++) say(log);
    await turn();
    await turn();
    expect(sender('b').taken.length).toBeGreaterThan(1);
    await pass(1);
    expect(sender('b').taken).toHaveLength(100);
    expect(sender('a').attempts).toEqual([1]);
  });

  it('for which too much waits loses the oldest, which is counted, and told once a minute', async () => {
    const { log, notifier } = open();
    sender('a').answers = [LATER];
    notifier.follow([receiver('a')]);
    for (let i = 0; i < 1500; i++) say(log);
    await turn();
    expect(notifier.status()[0]).toMatchObject({ pending: 1000, lost: 500 });
    const told = (): string[] =>
      log.after(0).records.flatMap(({ type, text }) => (type === 'notification-lost' ? [text] : []));
    expect(told()).toHaveLength(1);
    await pass(60_000);
    expect(told()[1]).toContain('499 events were given up: more than 1000 events wait');
  });

  it('is not told that it cannot be reached, nor anybody that something was lost', async () => {
    const { log, notifier } = open();
    notifier.follow([receiver('a', { on: undefined }), receiver('b', { on: undefined })]);
    log.tell({ type: 'warning-began', code: 'notify', about: 'a', detail: 'x' });
    log.tell({ type: 'notification-lost', receiver: 'a', count: 1, reason: 'x' });
    await turn();
    expect([sender('a').taken, sender('b').taken]).toEqual([[], [1]]);
  });
});

describe('the next manager', () => {
  it('delivers what the one before was killed with, and nothing twice', async () => {
    const before = open();
    before.notifier.follow([receiver('a'), receiver('b')]);
    say(before.log);
    await turn();
    sender('a').answers = ['hang'];
    for (let i = 0; i < 3; i++) say(before.log);
    await pass(1);
    const taken = sender('a');
    senders = { b: sender('b') };
    const after = open();
    say(after.log);
    after.notifier.follow([receiver('a'), receiver('b')]);
    await pass(1);
    expect([...taken.taken, ...sender('a').taken]).toEqual([1, 2, 3, 4, 5]);
    expect(sender('b').taken).toEqual([1, 2, 3, 4, 5]);
  });

  it('delivers what is older than what is kept', async () => {
    const before = open();
    sender('a').answers = [LATER];
    before.notifier.follow([receiver('a', { on: ['proxy'] })]);
    before.log.tell({ type: 'proxy', state: 'dead', reason: 'gone' });
    for (let i = 0; i < 3 * MOST_EVENTS; i++) say(before.log);
    senders = {};
    const after = open();
    expect(after.log.after(0).records[0]?.seq).toBeGreaterThan(1);
    after.notifier.follow([receiver('a', { on: ['proxy'] })]);
    await pass(1);
    expect(sender('a').taken).toEqual([1]);
  });

  it('knows what was lost before, and forgets who is no longer there', async () => {
    const before = open();
    sender('a').answers = [REFUSED, REFUSED, REFUSED, TAKEN];
    before.notifier.follow([receiver('a'), receiver('b')]);
    say(before.log);
    await pass(10_000);
    const after = open();
    after.notifier.follow([receiver('a')]);
    await pass(1);
    expect(after.notifier.status()).toMatchObject([{ receiver: 'a', lost: 1, pending: 0 }]);
    expect(after.log.receivers).toEqual(['a']);
  });

  it('does not take for news what was none for the receivers of a regular end', async () => {
    const before = open();
    before.notifier.follow([receiver('a', { on: ['proxy'] })]);
    for (let i = 0; i < 5; i++) say(before.log);
    await before.notifier.close();
    const after = open();
    after.notifier.follow([receiver('a', { on: ['manager'] })]);
    say(after.log);
    await pass(1);
    expect(sender('a').taken).toEqual([6]);
  });
});

describe('a reload', () => {
  it('leaves receivers alone that are the same', async () => {
    const { log, notifier } = open();
    sender('a').answers = [LATER];
    notifier.follow([receiver('a')]);
    say(log);
    await pass(10_000);
    const { length } = sender('a').attempts;
    notifier.follow([receiver('a'), receiver('b')]);
    await pass(1);
    expect(sender('a').attempts).toHaveLength(length);
  });

  it('delivers to the new place at once what waits for the old one, in order', async () => {
    const { log, notifier } = open();
    const old = sender('a');
    old.answers = ['hang'];
    notifier.follow([receiver('a')]);
    for (let i = 0; i < 3; i++) say(log);
    await turn();
    senders = {};
    notifier.follow([receiver('a', { timeout: milliseconds(7000) })]);
    say(log);
    await pass(1);
    expect(old.attempts).toEqual([1]);
    expect(sender('a').taken).toEqual([1, 2, 3, 4]);
  });

  it('forgets what waits for a receiver that is gone', async () => {
    const { log, notifier } = open();
    sender('a').answers = [LATER];
    notifier.follow([receiver('a')]);
    say(log);
    await pass(1);
    notifier.follow([]);
    notifier.follow([receiver('a')]);
    sender('a').answers = [TAKEN];
    say(log);
    await pass(100_000);
    expect(sender('a').taken).toEqual([2]);
  });
});

describe('a test', () => {
  const probe = record({ seq: 99, type: 'test' });

  it('is one attempt beside what waits, whose outcome is told', async () => {
    const { log, notifier } = open();
    sender('a').answers = [LATER];
    notifier.follow([receiver('a'), receiver('b')]);
    say(log);
    await pass(1);
    const answers = await notifier.test({ receiver: undefined, dry: false }, probe);
    expect(answers).toMatchObject([
      { receiver: 'a', result: 'failed', message: 'ECONNREFUSED' },
      { receiver: 'b', result: 'delivered', message: 'taken', sent: ['would send 99'] },
    ]);
    expect(notifier.status()[0]?.pending).toBe(1);
  });

  it('that is dry sends nothing, and of nobody there is none', async () => {
    const { notifier } = open();
    notifier.follow([receiver('a')]);
    expect(await notifier.test({ receiver: 'a', dry: true }, probe)).toMatchObject([{ result: 'dry' }]);
    expect(sender('a').attempts).toEqual([]);
    expect(await notifier.test({ receiver: 'x', dry: false }, probe)).toBeUndefined();
  });
});

describe('the end', () => {
  it('waits for what is under way', async () => {
    const { log, notifier } = open();
    sender('a').answers = [LATER, TAKEN];
    notifier.follow([receiver('a')]);
    say(log);
    let isOver = false;
    void notifier.close().then(() => (isOver = true));
    await turn();
    expect(isOver).toBe(false);
    await pass(1000);
    expect(isOver).toBe(true);
  });
});
