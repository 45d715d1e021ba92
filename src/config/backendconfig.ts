import type { Milliseconds } from '../wire/units.ts';

/** A backend, wherever it was written: in the configuration, in a file of backends, in an answer of a source. */
export interface BackendConfig {
  /** What the proxy calls it; `undefined` for a name made of host and port. Unique in its service. */
  readonly name: string | undefined;
  /** A canonical address, or a host name in lower case without a final dot. */
  readonly host: string;
  readonly port: number;
  /** The backend's share of the load, 1 to 256. */
  readonly weight: number;
  /** Used only while no other is well. */
  readonly backup: boolean;
  /** `undefined` for no limit. */
  readonly maxConnections: number | undefined;
  /** Over how long a backend that is well again gets its full share; `undefined` for at once. */
  readonly slowStart: Milliseconds | undefined;
}

/** Where backends come from, beside the configuration itself and the command line. */
export type BackendSourceConfig = FileSourceConfig | DnsSourceConfig | UrlSourceConfig | EtcdSourceConfig;

export interface FileSourceConfig {
  readonly kind: 'file';
  /** Absolute: a file, a directory (its `*.yaml`, `*.yml` and `*.json`), or a directory and a pattern of file names. */
  readonly path: string;
}

export interface DnsSourceConfig {
  readonly kind: 'dns';
  /** Without a final dot. */
  readonly name: string;
  readonly type: 'A' | 'AAAA' | 'SRV';
  /** The backends' port; `undefined` with SRV, which brings it. */
  readonly port: number | undefined;
  /** Name servers as `address:port`; `undefined` for the system's. */
  readonly resolver: readonly string[] | undefined;
}

export interface UrlSourceConfig {
  readonly kind: 'url';
  /** http or https, without user name and password. */
  readonly url: string;
  readonly interval: Milliseconds;
  /** Certificates that are trusted, PEM; `undefined` for the system's. */
  readonly ca: string | undefined;
}

export interface EtcdSourceConfig {
  readonly kind: 'etcd';
  /** URLs of its members, at least one. */
  readonly endpoints: readonly string[];
  /** Every key that begins so is a backend. */
  readonly prefix: string;
  readonly ca: string | undefined;
  /** The client's certificate and key, both or none. */
  readonly cert: string | undefined;
  readonly key: string | undefined;
  /** Both or none. */
  readonly user: string | undefined;
  readonly password: string | undefined;
}
