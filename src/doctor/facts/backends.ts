import { connect } from 'node:net';
import type { BackendConfig } from '../../config/backendconfig.ts';
import { errorCode } from '../../linux/operror.ts';
import { endpoint } from '../../proxy/bind.ts';
import { milliseconds } from '../../wire/units.ts';
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
export async function lookAtBackends({ config, status }: Patient): Promise<BackendFacts[]> {
  if (status !== undefined) return [];
  return Promise.all(
    config.services.map(async ({ name, backends }) => ({
      service: name,
      tried: await Promise.all(backends.slice(0, MOST).map(reach)),
    })),
  );
}

function reach({ host, port }: BackendConfig): Promise<BackendFacts['tried'][number]> {
  const backend = endpoint(host, port);
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: LIMIT });
    const end = (refused: string | undefined): void => {
      socket.destroy();
      resolve({ backend, refused });
    };
    socket.once('connect', () => end(undefined));
    socket.once('timeout', () => end('ETIMEDOUT'));
    socket.once('error', (error) => end(errorCode(error) ?? 'EIO'));
  });
}
