import { request } from 'node:http';
import { errorCode, OpError } from '../linux/operror.ts';
import type { ReloadResult, Status } from './status.ts';

/** Between asking the daemon and giving up. */
const TIMEOUT_MS = 5000;

/** Asks the daemon for its status. Throws OpError when it cannot be reached or refuses. */
export const fetchStatus = (socket: string): Promise<Status> => ask<Status>(socket, 'GET', '/v1/status');

/** Asks the daemon to read its configuration again. Throws OpError when it cannot be reached. */
export const requestReload = (socket: string): Promise<ReloadResult> => ask<ReloadResult>(socket, 'POST', '/v1/reload');

/**
 * Whether a daemon listens on the socket. A socket file that nobody listens on is no daemon. Throws OpError when the
 * permission to find out is missing.
 */
export async function isAnswering(socket: string): Promise<boolean> {
  try {
    await exchange(socket, 'GET', '/v1/alive');
    return true;
  } catch (error) {
    const code = errorCode(error) ?? '';
    if (code === 'EACCES' || code === 'EPERM') throw error;
    return !['ENOENT', 'ECONNREFUSED', 'ENOTSOCK', 'ENOTDIR'].includes(code);
  }
}

async function ask<T>(socket: string, method: string, path: string): Promise<T> {
  const { code, body } = await exchange(socket, method, path);
  const value = JSON.parse(body) as T & { readonly error?: string };
  if (code !== 200)
    throw new OpError(`ask the daemon for ${path}`, 'EPROTO', { advice: value.error ?? `it answered ${code}` });
  return value;
}

function exchange(socket: string, method: string, path: string): Promise<{ code: number; body: string }> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => {
      const code = errorCode(error) ?? 'EIO';
      reject(new OpError(`reach the daemon on "${socket}"`, code, { cause: error, advice: adviceFor(code) }));
    };
    const outgoing = request({ socketPath: socket, method, path, timeout: TIMEOUT_MS, agent: false }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (body += chunk));
      response.on('end', () => resolve({ code: response.statusCode ?? 0, body }));
      response.on('error', fail);
    });
    outgoing.on('timeout', () => outgoing.destroy(Object.assign(new Error('timed out'), { code: 'ETIMEDOUT' })));
    outgoing.on('error', fail);
    outgoing.end();
  });
}

function adviceFor(code: string): string {
  switch (code) {
    case 'ENOENT':
    case 'ECONNREFUSED':
      return 'is `vipair run` running, and with this --socket?';
    case 'EACCES':
    case 'EPERM':
      return 'run as root or as a member of the group that owns the socket';
    default:
      return 'see the log of the daemon';
  }
}
