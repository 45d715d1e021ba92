import { parseDuration } from '../config/duration.ts';
import type { Profile } from '../proxy/profile.ts';
import type { RestartPolicy } from '../track/restart.ts';
import { parseAddress } from '../wire/address.ts';
import { milliseconds } from '../wire/units.ts';
import type { Milliseconds } from '../wire/units.ts';
import { splitCommand } from './argv.ts';
import { optionRows } from './options.ts';
import type { Given } from './options.ts';
import type { Target, UrlTarget } from './target.ts';

/** Everything that a watchdog was told, checked. */
export interface Settings {
  readonly target: Target;
  readonly policy: RestartPolicy;
  readonly restart: readonly string[] | undefined;
  readonly lastResort: readonly string[] | undefined;
  readonly back: readonly string[] | undefined;
  readonly interval: Milliseconds;
  readonly timeout: Milliseconds;
  readonly commandTimeout: Milliseconds;
  readonly rise: number;
  readonly fall: number;
  /** Where the verdict is left; `undefined` for the usual place. */
  readonly directory: string | undefined;
}

/** Whom a user's name means, and what is known of a process by its name. */
export interface Knowledge {
  readonly uidOf: (name: string) => Promise<number | undefined>;
  readonly profileOf: (process: string) => Promise<Profile | undefined>;
}

/** A restart that is tried for longer than this apart is not an attempt any more but a coincidence. */
const LONGEST_BACKOFF = milliseconds(60_000);

/** Reads the options. What is wrong is thrown as one `Refused` with a sentence. */
export async function readSettings(given: Given, knowledge: Knowledge): Promise<Settings> {
  const restart = commandOf(given, 'restart');
  const lastResort = commandOf(given, 'last-resort');
  const back = commandOf(given, 'back');
  const attempts = restart === undefined ? 0 : countOf(given, 'attempts', 0);
  if (back !== undefined && lastResort === undefined)
    throw new Refused('--back without --then: there is nothing to come back from');
  const policy: RestartPolicy = {
    attempts,
    backoff: timeOf(given, 'backoff'),
    longestBackoff: LONGEST_BACKOFF,
    verify: timeOf(given, 'verify'),
    settle: timeOf(given, 'settle'),
    lastResort: lastResort !== undefined,
    back: back !== undefined,
  };
  return {
    target: await targetOf(given, knowledge),
    policy,
    restart,
    lastResort,
    back,
    interval: timeOf(given, 'interval', 100),
    timeout: timeOf(given, 'timeout', 1),
    commandTimeout: timeOf(given, 'command-timeout', 1),
    rise: countOf(given, 'rise', 1),
    fall: countOf(given, 'fall', 1),
    directory: given.directory,
  };
}

/** A wrong command line, in one sentence. */
export class Refused extends Error {}

async function targetOf(given: Given, { uidOf, profileOf }: Knowledge): Promise<Target> {
  const { process, user } = given;
  const pidFile = given['pid-file'];
  const ports = (given.port ?? []).map(portOf);
  const urls = (given.url ?? []).map(urlOf);
  if (process === undefined && pidFile === undefined && ports.length === 0 && urls.length === 0)
    throw new Refused('nothing to look at; give --process, --pid-file, --port or --url');
  if (process === '' || process?.includes('/') === true)
    throw new Refused(
      `--process "${process}" is a path; give the name that ps -o comm shows, such as "${process.split('/').at(-1) ?? ''}"`,
    );
  if (user !== undefined && process === undefined && pidFile === undefined)
    throw new Refused('--user without --process or --pid-file: there is no process to be of that user');
  const uid = user === undefined ? undefined : await uidOf(user);
  if (user !== undefined && uid === undefined) throw new Refused(`--user "${user}": no such user`);
  const name = given.name ?? nameOf(process, pidFile, ports, urls);
  if (!/^[A-Za-z0-9_][\w.-]{0,63}$/.test(name))
    throw new Refused(`--name "${name}": give letters, digits, and . _ - after the first, at most 64`);
  return {
    name,
    process,
    user: user === undefined || uid === undefined ? undefined : { name: user, uid },
    pidFile,
    ports,
    urls,
    profile: process === undefined ? undefined : await profileOf(process),
  };
}

function nameOf(
  process: string | undefined,
  file: string | undefined,
  ports: readonly number[],
  urls: readonly UrlTarget[],
): string {
  const own =
    process ??
    file
      ?.split('/')
      .at(-1)
      ?.replace(/\.pid$/, '');
  const name = own ?? (ports.length > 0 ? `port-${ports[0]}` : `${urls[0]?.host}-${urls[0]?.port}`);
  return name.replaceAll(/[^\w.-]/g, '_').slice(0, 64);
}

/** With the scheme, as curl takes it; without a password, which ps would show to everybody. */
function urlOf(text: string): UrlTarget {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const scheme = url?.protocol.slice(0, -1);
  if (url === undefined || (scheme !== 'http' && scheme !== 'https'))
    throw new Refused(`--url "${text}" is no address; write it as http://127.0.0.1/healthz`);
  if (url.username !== '' || url.password !== '')
    throw new Refused(`--url "${text}" has a user name, which is not supported`);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const port = url.port === '' ? (scheme === 'http' ? 80 : 443) : Number(url.port);
  const address = parseAddress(host);
  return { text, scheme, host, authority: url.host, address, port, path: `${url.pathname}${url.search}` };
}

function portOf(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port < 1 || port > 65_535) throw new Refused(`--port "${text}" is no port; give a number from 1 to 65535`);
  return port;
}

function commandOf(given: Given, name: 'restart' | 'last-resort' | 'back'): readonly string[] | undefined {
  const text = given[name];
  if (text === undefined) return undefined;
  if (given.shell === true && text.trim() !== '') return ['/bin/sh', '-c', text];
  const split = splitCommand(text);
  const option = name === 'last-resort' ? 'then' : name;
  if ('refused' in split) throw new Refused(`--${option} "${text}" ${split.refused}`);
  return split.argv;
}

const presetOf = (name: string): string => optionRows.find((row) => row.name === name)?.preset ?? '';

type Timed = 'interval' | 'timeout' | 'backoff' | 'verify' | 'settle' | 'command-timeout';

function timeOf(given: Given, name: Timed, least = 0): Milliseconds {
  const text = given[name] ?? presetOf(name);
  const time = parseDuration(text);
  if (time === undefined || time < least || time > 86_400_000) {
    const from = least === 0 ? '0s' : `${least}ms`;
    throw new Refused(
      `--${name} "${text}" is no time; give a number with its unit, such as "${presetOf(name)}", from ${from} to 1440m`,
    );
  }
  return time;
}

function countOf(given: Given, name: 'attempts' | 'rise' | 'fall', least: number): number {
  const text = given[name] ?? presetOf(name);
  const count = /^\d{1,3}$/.test(text) ? Number(text) : -1;
  if (count < least || count > 100)
    throw new Refused(`--${name} "${text}" is no count; give a number from ${least} to 100`);
  return count;
}
