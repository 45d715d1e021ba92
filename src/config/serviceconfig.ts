import type { IpAddress } from '../wire/address.ts';
import type { Milliseconds } from '../wire/units.ts';
import type { BackendConfig, BackendSourceConfig } from './backendconfig.ts';
import type { CheckConfig } from './checkconfig.ts';

/** One thing the proxy serves on the VIPs, and the backends it balances over. */
export interface ServiceConfig {
  readonly name: string;
  /** At least one; no two services share one. */
  readonly listen: readonly ListenConfig[];
  readonly mode: 'http' | 'tcp';
  readonly balance: Balance;
  /** What ties a client to a backend; `undefined` for nothing. */
  readonly stick: StickConfig | undefined;
  /** TLS to the backends; `undefined` for none. */
  readonly tls: BackendTlsConfig | undefined;
  /** The version of the PROXY protocol that is sent to the backends; `undefined` for none. */
  readonly proxyProtocol: 1 | 2 | undefined;
  /** Answered with 200 by the proxy itself, http only. */
  readonly healthPath: string | undefined;
  /** Whether X-Forwarded-For, -Proto and -Host are set; never in tcp mode. */
  readonly forwarded: boolean;
  readonly timeouts: TimeoutsConfig;
  /** Idle connections kept to the backends of the service, 0 for none; always 0 in tcp mode. */
  readonly keepAlive: number;
  /** `undefined` when the backends are not checked. */
  readonly check: CheckConfig | undefined;
  /** With fewer than this many backends from all sources together, `onEmpty` holds; 0 to 1000. */
  readonly minBackends: number;
  readonly onEmpty: OnEmpty;
  /** What answers when no backend can; `undefined` for the proxy's own error. */
  readonly sorry: SorryConfig | undefined;
  /** Where more backends come from, in the order of the file. */
  readonly sources: readonly BackendSourceConfig[];
  /** Those of the file itself, in its order. No address and port twice; empty when there are sources or a sorry. */
  readonly backends: readonly BackendConfig[];
}

/** Where a service listens. */
export interface ListenConfig {
  /** `undefined` for all addresses of both families. */
  readonly address: IpAddress | undefined;
  readonly port: number;
}

export type Balance = 'roundrobin' | 'leastconn' | 'source' | 'uri' | 'random';

export type StickConfig = { readonly kind: 'cookie'; readonly name: string } | { readonly kind: 'source' };

export interface BackendTlsConfig {
  readonly verify: boolean;
  /** Certificates that are trusted, PEM; `undefined` for the system's. */
  readonly caFile: string | undefined;
  /** The name that is asked for (SNI) and that a verified certificate must have. */
  readonly serverName: string | undefined;
}

export interface TimeoutsConfig {
  readonly connect: Milliseconds;
  readonly client: Milliseconds;
  readonly server: Milliseconds;
}

/**
 * Too few backends: `keep` the last good set; let the `sorry` answer; or `refuse`, the proxy's own error to everybody.
 */
export type OnEmpty = 'keep' | 'sorry' | 'refuse';

export type SorryConfig =
  | { readonly kind: 'page'; readonly text: string }
  | { readonly kind: 'server'; readonly host: string; readonly port: number };
