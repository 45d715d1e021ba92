import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { WebhookReceiver } from '../../config/notifyconfig.ts';
import type { EventRecord } from '../../control/event.ts';
import { VERSION } from '../../control/version.ts';
import { errorCode } from '../../linux/operror.ts';
import { readSecret } from './secret.ts';
import type { Outcome, Sender } from './sender.ts';

/**
 * Posts each event as JSON. `X-Vipair-Id` is the same for every attempt, so a receiver can tell a repetition;
 * `X-Vipair-Signature` is the HMAC-SHA256 of the time stamp, a dot and the body, so it can tell an old request that
 * somebody has recorded. Redirections are not followed: a notification goes where it was told to.
 */
export function webhookSender(receiver: WebhookReceiver): Sender {
  return {
    async send(record, signal) {
      const secrets = secretsOf(receiver);
      return 'refused' in secrets
        ? { kind: 'later', reason: secrets.refused }
        : post(receiver, JSON.stringify(record), { ...headersOf(record), ...signed(record, secrets) }, signal);
    },
    describe(record) {
      const { tokenFile, secretFile } = receiver;
      const masked = {
        ...headersOf(record),
        ...(tokenFile === undefined ? {} : { authorization: `Bearer *** (${tokenFile})` }),
        ...(secretFile === undefined ? {} : { 'x-vipair-signature': `sha256=*** (${secretFile})` }),
      };
      const lines = Object.entries(masked).map(([key, value]) => `${key}: ${value}`);
      return [`POST ${receiver.url}`, ...lines, '', JSON.stringify(record)];
    },
  };
}

interface Secrets {
  readonly token?: string;
  readonly key?: string;
}

function secretsOf({ tokenFile, secretFile }: WebhookReceiver): Secrets | { readonly refused: string } {
  const token = tokenFile === undefined ? undefined : readSecret(tokenFile);
  if (token !== undefined && 'refused' in token) return token;
  const key = secretFile === undefined ? undefined : readSecret(secretFile);
  if (key !== undefined && 'refused' in key) return key;
  return { ...(token && { token: token.secret }), ...(key && { key: key.secret }) };
}

const headersOf = ({ id, type }: EventRecord): Record<string, string> => ({
  'content-type': 'application/json',
  'user-agent': `vipair/${VERSION}`,
  'x-vipair-event': type,
  'x-vipair-id': id,
});

function signed(record: EventRecord, { token, key }: Secrets): Record<string, string> {
  const stamp = String(Math.floor(Date.now() / 1000));
  const sign = (secret: string): string =>
    createHmac('sha256', secret)
      .update(`${stamp}.${JSON.stringify(record)}`)
      .digest('hex');
  return {
    'x-vipair-timestamp': stamp,
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    ...(key === undefined ? {} : { 'x-vipair-signature': `sha256=${sign(key)}` }),
  };
}

function post(
  { url, caFile }: WebhookReceiver,
  body: string,
  headers: Record<string, string>,
  signal: AbortSignal,
): Promise<Outcome> {
  return new Promise((resolve) => {
    const fail = (error: Error): void => {
      const stopped = typeof signal.reason === 'string' ? signal.reason : 'ended with the daemon';
      const why = signal.aborted ? stopped : (errorCode(error) ?? error.message);
      resolve({ kind: 'later', reason: `${url}: ${why}` });
    };
    try {
      const isTls = url.startsWith('https:');
      const ca = caFile === undefined ? {} : { ca: readFileSync(caFile) };
      const options = {
        method: 'POST',
        agent: false,
        signal,
        headers: { ...headers, 'content-length': Buffer.byteLength(body) },
      };
      const outgoing = isTls ? requestHttps(url, { ...options, ...ca }) : requestHttp(url, options);
      outgoing.on('response', (response) => {
        // The answer is its status; a body that does not end must not hold the queue.
        resolve(outcomeOf(url, response.statusCode ?? 0));
        response.destroy();
      });
      outgoing.on('error', fail);
      outgoing.end(body);
    } catch (error) {
      fail(error instanceof Error ? error : new Error(String(error)));
    }
  });
}

/** What a server answers that will hear the same again differently: time-out, too early, too many, and its own faults. */
function outcomeOf(url: string, status: number): Outcome {
  if (status >= 200 && status < 300) return { kind: 'delivered', detail: `${url} answered ${status}` };
  const isLater = status === 408 || status === 425 || status === 429 || status >= 500;
  return { kind: isLater ? 'later' : 'refused', reason: `${url} answered ${status}` };
}
