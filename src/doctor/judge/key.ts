import type { KeyFacts } from '../facts/key.ts';
import { finding } from '../finding.ts';
import type { Finding } from '../finding.ts';

/** Shorter keys can be guessed; the daemon refuses them, and longer ones. */
const LEAST_BYTES = 16;
const MOST_BYTES = 4096;

/** The key of the heartbeat, as the daemon will judge it. Pure. */
export function judgeKey(facts: KeyFacts | undefined): Finding[] {
  if (facts === undefined) return [];
  const { file, refused, mode, bytes } = facts;
  const say = (text: string, fix: string): Finding[] => [
    finding('HEARTBEAT-KEY', file, `the key file "${file}" ${text}: the heartbeat will not be in force`, fix),
  ];
  const make = `run \`(umask 077; openssl rand -base64 32 > ${file})\` on one host, and copy it to the others`;
  if (refused !== undefined) return say(`cannot be read (${refused})`, make);
  if ((mode & 0o007) !== 0) return say(`is open to everybody (mode ${mode.toString(8)})`, `run \`chmod 600 ${file}\``);
  if (bytes > MOST_BYTES) return say(`has ${bytes} bytes, more than ${MOST_BYTES}`, make);
  return bytes < LEAST_BYTES ? say(`has ${bytes} bytes, fewer than ${LEAST_BYTES}`, make) : [];
}
