import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SmtpReceiver } from '../../../src/config/notifyconfig.ts';
import { smtpSender } from '../../../src/manager/notify/smtp.ts';
import { milliseconds } from '../../../src/wire/units.ts';
import { record } from '../record.ts';
import { Mailbox } from './mailbox.ts';

let relay: Mailbox;
let port: number;
let folder: string;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'smtp-'));
  relay = new Mailbox();
  port = await relay.open();
});

afterEach(async () => {
  await relay.close();
  rmSync(folder, { recursive: true });
});

const receiver = (more: Partial<SmtpReceiver> = {}): SmtpReceiver => ({
  ...{ name: 'mail', kind: 'smtp', on: undefined, severity: 'notice', timeout: milliseconds(5000) },
  ...{ host: '127.0.0.1', port, from: 'vipair@example.net', to: ['ops@example.net', 'noc@example.net'] },
  ...{ tls: 'none', user: undefined, passwordFile: undefined },
  ...more,
});

const send = (one = receiver(), event = record(), signal = new AbortController().signal) =>
  smtpSender(one).send(event, signal);

describe('a mail', () => {
  it('says what has happened, to all of them, with the id of the event', async () => {
    expect(await send()).toMatchObject({ kind: 'delivered', detail: expect.stringContaining('queued as 4711') });
    expect(relay.mails).toHaveLength(1);
    const [mail] = relay.mails;
    expect(mail).toMatchObject({ from: 'vipair@example.net', to: ['ops@example.net', 'noc@example.net'] });
    const [head = '', ...body] = mail?.data.split('\n\n') ?? [];
    const unfolded = head.replaceAll(/\n[ \t]+/g, ' ');
    expect(unfolded).toMatch(/^Subject: \[lb1\] web-1\/ipv4: backup -> active: lb2 resigned; priority 254$/m);
    expect(unfolded).toMatch(/^Message-ID: <lb1-1b9d6bcd-7@vipair>$/im);
    expect(unfolded).toMatch(/^Date: Fri, 02 Jan 2026 03:04:05 \+0000$/im);
    expect(unfolded).toMatch(/^Auto-Submitted: auto-generated$/im);
    expect(body.join('\n\n')).toContain('Event:     transition (notice)');
  });

  it('whose text tries to be more than text is text', async () => {
    const text = 'a\r\nBcc: victim@example.net\r\n\r\n.\r\nMAIL FROM:<x>é';
    await send(receiver(), record({ text }));
    expect(relay.mails).toHaveLength(1);
    expect(relay.mails[0]?.to).toEqual(['ops@example.net', 'noc@example.net']);
    expect(relay.mails[0]?.data.split('\n\n')[0]).not.toMatch(/^Bcc:/m);
  });

  it('of an event with a very long text has a subject that is not', async () => {
    await send(receiver(), record({ text: 'x'.repeat(5000) }));
    expect(smtpSender(receiver()).describe(record({ text: 'x'.repeat(5000) }))[3]).toHaveLength(209);
    expect(relay.mails[0]?.data.split('\n').every((line) => line.length < 998)).toBe(true);
  });

  it('logs in with the password of the file, which is nowhere else', async () => {
    const passwordFile = join(folder, 'password');
    writeFileSync(passwordFile, 'hunter2\n');
    const one = receiver({ user: 'vipair', passwordFile });
    expect(await send(one)).toMatchObject({ kind: 'delivered' });
    expect(relay.commands.find((line) => line.startsWith('AUTH'))).toContain(
      Buffer.from('\0vipair\0hunter2').toString('base64'),
    );
    expect(smtpSender(one).describe(record()).join()).not.toContain('hunter2');
    rmSync(passwordFile);
    expect(await send(one)).toMatchObject({ kind: 'later', reason: expect.stringContaining('ENOENT') });
  });
});

describe('a relay', () => {
  it('that refuses is told apart from one that is not there, is busy, or hangs', async () => {
    relay.answers = { MAIL: '550 no' };
    expect(await send()).toMatchObject({ kind: 'refused', reason: expect.stringContaining('550') });
    relay.answers = { MAIL: '451 later' };
    expect(await send()).toMatchObject({ kind: 'later', reason: expect.stringContaining('451') });
    relay.answers = { GREETING: 'hang' };
    const stop = new AbortController();
    setTimeout(() => stop.abort('no end within 1 s'), 100);
    expect(await send(receiver(), record(), stop.signal)).toEqual({
      kind: 'later',
      reason: `127.0.0.1:${port}: no end within 1 s`,
    });
    await relay.close();
    expect(await send()).toMatchObject({ kind: 'later', reason: expect.stringContaining('127.0.0.1') });
  });

  it('without TLS gets no mail that is to be sent with it', async () => {
    expect(await send(receiver({ tls: 'starttls' }))).toMatchObject({ kind: expect.stringMatching(/later|refused/) });
    expect(relay.mails).toEqual([]);
  });
});
