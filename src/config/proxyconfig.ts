import type { IpAddress } from '../wire/address.ts';
import type { Milliseconds } from '../wire/units.ts';

/** The proxy on every host. */
export interface ProxyConfig extends ProxyOptions {
  /** A name from the profile registry. */
  readonly profile: string;
  /** `managed`: this program starts the proxy and owns its listening sockets. `adopted`: something else started it. */
  readonly mode: 'managed' | 'adopted';
  /** Ports whose listening socket's owner is the proxy, looked at when neither pid file nor name finds one. */
  readonly listen: readonly number[];
  /** What a switch to another profile finds there, by profile; the profile's own ways for those that are not listed. */
  readonly profiles: Readonly<Record<string, ProxyOptions>>;
  readonly switching: SwitchConfig;
  readonly apply: ApplyConfig;
  /** How it is asked whether it answers; `undefined` when it is not. */
  readonly probe: ProbeConfig | undefined;
  /** `undefined` in adopted mode. */
  readonly managed: ManagedConfig | undefined;
  /** What is done about a dead proxy, adopted mode only; `undefined` for nothing. */
  readonly restart: RestartConfig | undefined;
}

/** What may be different for each profile. */
export interface ProxyOptions {
  /** Overrides the profile's program; an absolute path. */
  readonly binary: string | undefined;
  /** Overrides the profile's systemd unit, adopted mode only. */
  readonly unit: string | undefined;
  /** Overrides the command that starts it where there is no systemd, adopted mode only; its program is absolute. */
  readonly start: readonly string[] | undefined;
  /** Where this program writes the proxy's configuration, absolute; `undefined` for the profile's place. */
  readonly directory: string | undefined;
  /** The user's own files that the rendered configuration includes, absolute paths. */
  readonly include: readonly string[];
  /** Overrides the profile's pid files. */
  readonly pidFile: string | undefined;
  /** Overrides the profile's process name. */
  readonly process: string | undefined;
}

/** How a switch to another profile is made. */
export interface SwitchConfig {
  /** How long the new proxy has to live and answer beside the old one. */
  readonly bake: Milliseconds;
  /** How long the old one may then finish what it has. */
  readonly drain: Milliseconds;
}

/** How a dead proxy is restarted. */
export interface RestartConfig {
  /** Before it is given up, 1 to 100. */
  readonly attempts: number;
  /** Before the second attempt; doubled each time. */
  readonly backoff: Milliseconds;
  /** How long after the command it may take to be well. */
  readonly verify: Milliseconds;
  /** How long it has to be well until its restarts are forgotten. */
  readonly settle: Milliseconds;
  /** How long the command may take. */
  readonly timeout: Milliseconds;
  /** An absolute path and its arguments; `undefined` for a restart of the proxy's unit. */
  readonly command: readonly string[] | undefined;
}

/** How the proxy is asked whether it answers. */
export interface ProbeConfig {
  /** What is asked instead of what follows from the services and the listeners; empty for that. */
  readonly urls: readonly ProbeUrl[];
  readonly period: Milliseconds;
  /** Not more than the period. */
  readonly timeout: Milliseconds;
  /** Good answers in a row that make it well again, 1 to 100. */
  readonly rise: number;
  /** Questions without an answer in a row that make it dead, 1 to 100. */
  readonly fall: number;
}

/** One thing to ask; `tcp` for a connection that is accepted, `tls` for a handshake. */
export interface ProbeUrl {
  readonly scheme: 'http' | 'https' | 'tcp' | 'tls';
  /** An address of this host: a name would have to be resolved four times a second. */
  readonly address: IpAddress;
  readonly port: number;
  /** `/` for `tcp` and `tls`, where it means nothing. */
  readonly path: string;
  /** The Host header and the TLS server name. */
  readonly host: string;
}

/** When changes of the proxy's configuration are put in force. */
export interface ApplyConfig {
  /** How long nothing must have changed. */
  readonly quiet: Milliseconds;
  /** How long the first of many changes waits at most; not less than `quiet`. */
  readonly ceiling: Milliseconds;
  /** The least time between two reloads. */
  readonly spacing: Milliseconds;
  /** So many reloads for changes of backends may follow each other at that pace, at least 1. */
  readonly reloads: number;
  /** After how long one of them is given back. */
  readonly refill: Milliseconds;
  /** After how long what did not succeed is tried again. */
  readonly retry: Milliseconds;
  /** How long the proxy's checker may take. */
  readonly checkTimeout: Milliseconds;
}

/** How a managed proxy is run. */
export interface ManagedConfig {
  /** Whom its workers run as; `undefined` for whom its packages take. */
  readonly user: string | undefined;
  /** How long it may finish what it has when another takes its place; at the end of the daemon 5 s of it. */
  readonly drain: Milliseconds;
}
