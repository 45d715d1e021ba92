import { runProgram } from '../../proxy/checker.ts';
import { hostDisk } from '../../proxy/disk.ts';
import { adoptedRunner } from '../../proxy/runner.ts';
import { findingWords, resolve } from '../../proxy/validate.ts';
import { milliseconds } from '../../wire/units.ts';
import { forbidden, isForbidden } from '../forbidden.ts';
import type { Patient } from '../patient.ts';

/** The installed proxy, as its own program sees itself. */
export interface ProxyFacts {
  readonly binary: string;
  readonly isThere: boolean;
  /** Why it cannot be used; `undefined` when it can. */
  readonly unusable: string | undefined;
  /** What its checker says of its configuration, the first line; `undefined` when it is content, or was not asked. */
  readonly refused: string | undefined;
}

const LIMIT = milliseconds(4000);

/**
 * Starts the proxy's program to ask for its version, and where it is adopted for its opinion on its configuration. Throws
 * OpError where this user may not read all of that.
 */
export async function lookAtProxy({ config, profile }: Patient): Promise<ProxyFacts | undefined> {
  const { proxy } = config;
  if (proxy === undefined || profile === undefined) return undefined;
  const { steering } = profile;
  const runner = adoptedRunner(profile, proxy);
  const running = proxy.managed === undefined ? runner.find() : undefined;
  const binary = proxy.binary ?? steering.binary;
  if (hostDisk.stamp(binary) === '') return { binary, isThere: false, unusable: undefined, refused: undefined };
  const inspected = await runProgram(profile.inspection(binary), { limit: LIMIT });
  const { unusable } = profile.features(inspected.output);
  const facts = { binary, isThere: true, unusable, refused: undefined };
  // A managed one has no configuration but the one that the daemon checks before each start.
  if (unusable !== undefined || proxy.managed !== undefined) return facts;
  const surroundings = running === undefined ? undefined : runner.surroundings(running.main);
  const launch = resolve(steering.launch(running?.main.commandLine), surroundings?.directory);
  const validation = steering.validation(binary, launch, new Map(), hostDisk);
  if ('untaken' in validation || validation.files.length > 0) return facts;
  const { status, output } = await runProgram(validation.command, { limit: LIMIT, ...surroundings });
  if (status === 0) return facts;
  // It opens what its configuration names: certificates, logs, its pid file.
  if (/Permission denied|Operation not permitted/i.test(output) && isForbidden('EACCES'))
    throw forbidden(`ask "${binary}" for its opinion on its configuration`, 'EACCES');
  const [first] = steering.findings(output);
  const said = first === undefined ? output.trim().split('\n').at(-1) : findingWords(first);
  return { ...facts, refused: said ?? `the checker ended with status ${status}` };
}
