import { createHash } from 'node:crypto';
import type { BackendConfig } from '../config/backendconfig.ts';

/** One backend in force, whoever said it. */
export interface Backend extends BackendConfig {
  /** Host and port, `192.0.2.21:8080` or `[2001:db8::21]:8080`: the same backend in every source, file and log. */
  readonly id: string;
  /** Unique in its service; letters, digits, `_`, `.`, `-`, at most 63, the first a letter or digit. */
  readonly name: string;
  /** `drain`: no new clients. `maint`: nobody. Only the command line, and `on_empty: refuse`, make it so. */
  readonly admin: Admin;
  /** Names of the sources that have it, the believed one first. At least one, at most the number of sources. */
  readonly sources: readonly string[];
}

export type Admin = 'ready' | 'drain' | 'maint';

/** The identity of a backend. */
export const idOf = ({ host, port }: Pick<BackendConfig, 'host' | 'port'>): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;

/**
 * The name of a backend that nobody named: its host and port in characters that every proxy takes for a name. Of a long
 * host name the end is a digest of the whole. The same for the same host and port, on every node and after a restart.
 */
export function nameOf({ host, port }: Pick<BackendConfig, 'host' | 'port'>): string {
  const plain = `${host.replaceAll(':', '-')}_${port}`;
  const name = /^[a-z0-9]/i.test(plain) ? plain : `s${plain}`;
  if (name.length <= 63) return name;
  const digest = createHash('sha256').update(name).digest('hex').slice(0, 8);
  return `${name.slice(0, 48).replace(/[.-]+$/, '')}-${digest}`;
}

const WRITTEN = Object.keys({
  name: true,
  host: true,
  port: true,
  weight: true,
  backup: true,
  maxConnections: true,
  slowStart: true,
} satisfies Record<keyof BackendConfig, true>) as readonly (keyof BackendConfig)[];

/** Whether two lists say the same in the same order. It ends with the first difference, and makes nothing. */
export const sameBackends = (a: readonly BackendConfig[], b: readonly BackendConfig[]): boolean =>
  a === b || (a.length === b.length && a.every((one, index) => isSame(one, b[index])));

const isSame = (a: BackendConfig, b: BackendConfig | undefined): boolean =>
  b !== undefined && WRITTEN.every((key) => a[key] === b[key]);
