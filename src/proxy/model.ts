import type { CheckConfig } from '../config/checkconfig.ts';
import type { IpAddress } from '../wire/address.ts';
import type { Milliseconds } from '../wire/units.ts';

/**
 * What the proxy of a host is to serve, independent of any proxy: the services of the configuration with the backends
 * that the sources brought and what is known of their health. A profile renders it to files, and refuses what it
 * cannot express. It is plain data that survives JSON, and it knows neither files nor processes nor VRRP.
 *
 * A model may come from outside, so a profile asks `refuseModel` before it renders anything.
 */
export interface FrontModel {
  readonly services: readonly ServiceModel[];
}

export interface ServiceModel {
  /** `[A-Za-z0-9][A-Za-z0-9_.-]{0,62}`, unique. */
  readonly name: string;
  readonly mode: 'http' | 'tcp';
  /** At least one; no two services share one. */
  readonly listen: readonly ListenModel[];
  readonly balance: 'roundrobin' | 'leastconn' | 'source' | 'uri' | 'random';
  /** What ties a client to a server; a cookie's value is the server's name. http only for the cookie. */
  readonly stickiness: { readonly kind: 'cookie'; readonly name: string } | { readonly kind: 'source' } | undefined;
  /** TLS to the servers; `caFile` is absolute, `undefined` for the system's certificates. */
  readonly serverTls:
    | { readonly verify: boolean; readonly caFile: string | undefined; readonly serverName: string | undefined }
    | undefined;
  /** The version of the PROXY protocol that is sent to the servers. */
  readonly proxyProtocol: 1 | 2 | undefined;
  /** Answered with 200 by the proxy itself; http only. */
  readonly healthPath: string | undefined;
  /** Whether X-Forwarded-For, -Proto and -Host are set; http only. */
  readonly forwarded: boolean;
  readonly timeouts: { readonly connect: Milliseconds; readonly client: Milliseconds; readonly server: Milliseconds };
  /** Idle connections kept to the servers of the service, 0 for none; http only. */
  readonly keepAlive: number;
  /** `undefined` when nobody checks the servers. */
  readonly check: CheckConfig | undefined;
  /** What answers when no server can; a page is http only and answered with 503. */
  readonly sorry:
    | { readonly kind: 'page'; readonly text: string }
    | { readonly kind: 'server'; readonly host: string; readonly port: number }
    | undefined;
  /** When there are none the `sorry` answers, or the proxy's own error; a service is never left out. */
  readonly servers: readonly ServerModel[];
}

export interface ListenModel {
  /** `undefined` for all addresses of both families. */
  readonly address: IpAddress | undefined;
  readonly port: number;
}

export interface ServerModel {
  /** Of the service's alphabet, unique in the service. */
  readonly name: string;
  /** A canonical address or a DNS name. */
  readonly host: string;
  readonly port: number;
  /** 1 to 256. */
  readonly weight: number;
  /** Used only while no other server is well. */
  readonly backup: boolean;
  readonly maxConnections: number | undefined;
  /** Over how long a server that is well again gets its full share. */
  readonly slowStart: Milliseconds | undefined;
  /** `drain`: nothing new; clients that are tied to it stay where the proxy can tell them. `maint`: nothing at all. */
  readonly admin: 'ready' | 'drain' | 'maint';
  /** What is known; the profile decides what to do with it. */
  readonly health: 'up' | 'down' | 'unknown';
}

/** Whether a server takes new clients. What nobody knows is taken to be well. */
export const isLive = ({ admin, health }: ServerModel): boolean => admin === 'ready' && health !== 'down';
