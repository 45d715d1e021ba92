import type { IpAddress } from '../wire/address.ts';
import type { Profile } from '../proxy/profile.ts';

/** What is watched. At least one of process, pid file, ports and addresses is given. */
export interface Target {
  /** Names it in the report, and its verdict for others. Letters, digits and `. _ -`, at most 64. */
  readonly name: string;
  /** A command name, as pidof(8) and ps -C take it. */
  readonly process: string | undefined;
  /** Only processes of this user count. */
  readonly user: { readonly name: string; readonly uid: number } | undefined;
  readonly pidFile: string | undefined;
  /** TCP ports that must be listening, by the process where one is given. */
  readonly ports: readonly number[];
  /** What must be answered. */
  readonly urls: readonly UrlTarget[];
  /** What is known of that process, when it is a proxy of ours: its master and its workers. */
  readonly profile: Profile | undefined;
}

export interface UrlTarget {
  readonly text: string;
  readonly scheme: 'http' | 'https';
  /** A name or an address, IPv6 without brackets. */
  readonly host: string;
  /** The Host header: with the port where it is not the scheme's own. */
  readonly authority: string;
  /** The host as an address where it is one already. */
  readonly address: IpAddress | undefined;
  readonly port: number;
  /** With the query. */
  readonly path: string;
}

/** What two watchdogs may not both have. The first is that of the verdict, the second of what is looked at. */
export function identitiesOf(target: Target, restart: readonly string[] | undefined): string[] {
  const { name, process, user, pidFile, ports, urls } = target;
  const seen = pidFile ?? (process === undefined ? undefined : `${process} ${user?.uid ?? ''}`);
  const what = seen ?? (ports.length > 0 ? ports.join(' ') : urls.map(({ text }) => text).join(' '));
  // Two that restart the same thing are two on one target, whatever each of them looks at.
  return [`name ${name}`, `target ${what}`, ...(restart === undefined ? [] : [`restart ${JSON.stringify(restart)}`])];
}
