import type { ListenConfig } from './config.ts';
import { formatEndpoint } from './endpoint.ts';

/** Whether two services cannot both listen so: one port, and an address in common. */
export function overlap(a: ListenConfig, b: ListenConfig): boolean {
  if (a.port !== b.port) return false;
  return isWild(a) || isWild(b) || a.address === b.address;
}

/** As it is written: `80`, or `192.0.2.101:80`. */
export const formatListen = ({ address, port }: ListenConfig): string =>
  address === undefined ? `${port}` : formatEndpoint({ host: address, port });

const isWild = ({ address }: ListenConfig): boolean =>
  address === undefined || address === '0.0.0.0' || address === '::';
