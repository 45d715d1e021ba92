import { connect, isIP } from 'node:net';
import type { BackendConfig } from '../../config/backendconfig.ts';
import { errorCode, OpError } from '../../linux/operror.ts';
import { endpoint } from '../../proxy/bind.ts';
import { milliseconds } from '../../wire/units.ts';
import { ask } from '../program.ts';
import type { Patient } from '../patient.ts';

/** The backends of one service that are written in the file, before a daemon checks them. */
export interface BackendFacts {
  readonly service: string;
  /** Those that were tried, and why they could not be reached; `undefined` for those that could. */
  readonly tried: readonly { readonly backend: string; readonly refused: string | undefined }[];
}

const LIMIT = milliseconds(1500);

/** Of one service; the rest tells nothing new. */
const MOST = 32;

/** Opens a TCP connection to each and closes it again. A running daemon knows better, and is asked instead. */
export async function lookAtBackends({ config, status }: Pick<Patient, 'config' | 'status'>): Promise<BackendFacts[]> {
  if (status !== undefined) return [];
  return Promise.all(
    config.services.map(async ({ name, backends }) => ({
      service: name,
      tried: await Promise.all(backends.slice(0, MOST).map(reach)),
    })),
  );
}

/** By any of its addresses. */
async function reach({ host, port }: BackendConfig): Promise<BackendFacts['tried'][number]> {
  const addresses = await addressesOf(host);
  const refusals = await Promise.all(addresses.map((address) => refusalAt(address, port)));
  const refused = refusals.length === 0 ? 'its name is not resolved' : refusals[0];
  return { backend: endpoint(host, port), refused: refusals.includes(undefined) ? undefined : refused };
}

function refusalAt(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: LIMIT });
    const end = (refused: string | undefined): void => {
      socket.destroy();
      resolve(refused);
    };
    socket.once('connect', () => end(undefined));
    socket.once('timeout', () => end('ETIMEDOUT'));
    socket.once('error', (error) => end(errorCode(error) ?? 'EIO'));
  });
}

/**
 * The addresses of a host, none where its name is not resolved in time. getent(1) asks all that the host asks, and can be
 * ended: getaddrinfo(3) cannot, and would keep this process from ending for as long as a resolver hangs. BOUNDED: 4.
 */
async function addressesOf(host: string): Promise<string[]> {
  if (isIP(host) !== 0) return [host];
  try {
    const printed = await ask(['getent', 'ahosts', host]);
    if (printed === undefined) return [host];
    return [...new Set(printed.stdout.match(/^\S+/gm) ?? [])].slice(0, 4);
  } catch (error) {
    if (!(error instanceof OpError)) throw error;
    return [];
  }
}
