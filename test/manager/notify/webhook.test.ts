import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { WebhookReceiver } from '../../../src/config/notifyconfig.ts';
import { secretTroubles } from '../../../src/manager/notify/secret.ts';
import { webhookSender } from '../../../src/manager/notify/webhook.ts';
import { milliseconds } from '../../../src/wire/units.ts';
import { record } from '../record.ts';

let server: Server;
let url: string;
let folder: string;
let seen: { readonly request: IncomingMessage; readonly body: string }[];
let answer: (response: ServerResponse) => void;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'webhook-'));
  seen = [];
  answer = (response) => response.writeHead(204).end();
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      seen.push({ request, body });
      answer(response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
});

afterEach(() => {
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true });
});

const receiver = (more: Partial<WebhookReceiver> = {}): WebhookReceiver => ({
  ...{ name: 'hook', kind: 'webhook', on: undefined, severity: 'notice', timeout: milliseconds(5000) },
  ...{ url, tokenFile: undefined, secretFile: undefined, caFile: undefined },
  ...more,
});

const file = (name: string, text: string, mode = 0o600): string => {
  const path = join(folder, name);
  writeFileSync(path, text, { mode });
  return path;
};

const send = (one = receiver(), signal = new AbortController().signal) => webhookSender(one).send(record(), signal);

describe('a post', () => {
  it('is the event as JSON, with its id', async () => {
    expect(await send()).toEqual({ kind: 'delivered', detail: `${url} answered 204` });
    expect(JSON.parse(seen[0]?.body ?? '')).toEqual(record());
    expect(seen[0]?.request.method).toBe('POST');
    expect(seen[0]?.request.headers).toMatchObject({
      'content-type': 'application/json',
      'x-vipair-event': 'transition',
      'x-vipair-id': 'lb1-1b9d6bcd-7',
    });
  });

  it('is signed with its time, and carries the token', async () => {
    const tokenFile = file('token', 't0ken\n');
    const secretFile = file('secret', 'k3y');
    expect(await send(receiver({ tokenFile, secretFile }))).toMatchObject({ kind: 'delivered' });
    const { request, body } = seen[0]!;
    const stamp = String(request.headers['x-vipair-timestamp']);
    expect(Math.abs(Number(stamp) - Date.now() / 1000)).toBeLessThan(60);
    const expected = createHmac('sha256', 'k3y').update(`${stamp}.${body}`).digest('hex');
    expect(request.headers).toMatchObject({
      authorization: 'Bearer t0ken',
      'x-vipair-signature': `sha256=${expected}`,
    });
    const shown = webhookSender(receiver({ tokenFile, secretFile })).describe(record()).join('\n');
    expect(shown).not.toMatch(/t0ken|k3y/);
    expect(shown).toContain('authorization: Bearer ***');
  });

  it.each([
    ['missing', undefined, 'ENOENT'],
    ['empty', '\n', 'is empty'],
    ['of two lines', 'a\r\nX-Evil: 1', 'more than one line'],
  ])('is not sent while a secret is %s', async (_, text, why) => {
    const tokenFile = text === undefined ? join(folder, 'none') : file('token', text);
    expect(await send(receiver({ tokenFile }))).toMatchObject({ kind: 'later', reason: expect.stringContaining(why) });
    expect(seen).toEqual([]);
  });
});

describe('an answer', () => {
  it.each([
    [200, 'delivered'],
    [301, 'refused'],
    [400, 'refused'],
    [404, 'refused'],
    [408, 'later'],
    [429, 'later'],
    [500, 'later'],
    [503, 'later'],
  ])('of %d is %s', async (status, kind) => {
    answer = (response) => response.writeHead(status, { location: `${url}/elsewhere` }).end();
    expect(await send()).toMatchObject({ kind });
    expect(seen).toHaveLength(1);
  });

  it('that never comes is waited for until the signal, and one that does not end not at all', async () => {
    answer = () => undefined;
    const stop = new AbortController();
    setTimeout(() => stop.abort('no end within 1 s'), 100);
    expect(await send(receiver(), stop.signal)).toEqual({ kind: 'later', reason: `${url}: no end within 1 s` });
    answer = (response) => response.writeHead(200).write('...');
    expect(await send()).toMatchObject({ kind: 'delivered' });
  });

  it('of nobody is told', async () => {
    server.close();
    server.closeAllConnections();
    expect(await send()).toEqual({ kind: 'later', reason: `${url}: ECONNREFUSED` });
    expect(await send(receiver({ url: 'https://127.0.0.1:1/', caFile: join(folder, 'none') }))).toMatchObject({
      kind: 'later',
      reason: expect.stringContaining('ENOENT'),
    });
  });
});

describe('a secret', () => {
  it('that everybody may read is a warning', () => {
    const open = receiver({ tokenFile: file('open', 'x', 0o644), secretFile: file('closed', 'x') });
    expect(secretTroubles(open)).toMatchObject([{ code: 'notify-secret', text: expect.stringContaining('chmod o-r') }]);
  });
});
