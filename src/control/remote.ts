import { request as requestPlain } from 'node:http';
import { request as requestTls } from 'node:https';
import { errorCode, OpError } from '../linux/operror.ts';
import { fetchStatus } from './client.ts';
import { statusTrouble } from './statusshape.ts';
import type { Status } from './status.ts';

/** Where a daemon can be asked for its status: `http://192.0.2.11:9650`, or `unix:/run/vipair/control.sock`. */
export type Place = string;

/** Between asking and giving up: what watches from outside has a time-out of its own, often 10 s. */
const TIMEOUT_MS = 3000;

/** The status of the largest configuration has less than a megabyte. */
const MOST_CHARACTERS = 1 << 24;

/** Why a place is none, in words; `undefined` when it is one. */
export function placeTrouble(place: Place): string | undefined {
  if (place.startsWith('unix:/')) return undefined;
  try {
    const { protocol, search, hash } = new URL(place);
    if (['http:', 'https:'].includes(protocol) && search === '' && hash === '') return undefined;
  } catch {
    // Told below.
  }
  return `"${place}" is no place; write http://ADDRESS:PORT as in "control: { listen }", or unix:/PATH`;
}

/** Asks a daemon for its status, wherever it is. Throws OpError when it cannot be reached, or is none of ours. */
export async function fetchStatusAt(place: Place): Promise<Status> {
  const status = place.startsWith('unix:') ? await fetchStatus(place.slice('unix:'.length)) : await ask(place);
  const advice = statusTrouble(status);
  if (advice === undefined) return status;
  throw new OpError(`ask ${place} for its status`, 'EPROTO', { advice });
}

function ask(place: Place): Promise<Status> {
  const url = new URL(`${place.replace(/\/+$/, '')}/v1/status`);
  const request = url.protocol === 'https:' ? requestTls : requestPlain;
  return new Promise((resolve, reject) => {
    const fail = (code: string, advice: string): void =>
      reject(new OpError(`ask ${place} for its status`, code, { advice }));
    const failed = (error: Error): void => {
      const code = error.name === 'AbortError' ? 'ETIMEDOUT' : (errorCode(error) ?? 'EIO');
      fail(code, 'is the daemon running, and "control: { listen }" in force there?');
    };
    const outgoing = request(url, { agent: false, signal: AbortSignal.timeout(TIMEOUT_MS) }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        body += chunk;
        if (body.length > MOST_CHARACTERS) outgoing.destroy();
      });
      response.on('error', failed);
      response.on('end', () => {
        const value = parse(body);
        if (response.statusCode === 200 && value !== undefined) resolve(value as Status);
        else fail('EPROTO', `it answers with ${response.statusCode ?? 0}, as no vipair does`);
      });
    });
    outgoing.on('error', failed);
    outgoing.end();
  });
}

function parse(body: string): object | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
