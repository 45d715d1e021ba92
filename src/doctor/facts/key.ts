import { readFileSync, statSync } from 'node:fs';
import { errorCode } from '../../linux/operror.ts';
import { forbidden, isForbidden } from '../forbidden.ts';
import type { Patient } from '../patient.ts';

/** The file with the key of the heartbeat. Its text is not kept. */
export interface KeyFacts {
  readonly file: string;
  /** The errno with which it cannot be looked at. */
  readonly refused: string | undefined;
  /** The permission bits (inode(7)). */
  readonly mode: number;
  /** Of the key itself, without white space around it. */
  readonly bytes: number;
}

/** `undefined` where no heartbeat is configured. Throws OpError where this user may not read it. */
export function lookAtKey({ config: { heartbeat } }: Pick<Patient, 'config'>): KeyFacts | undefined {
  if (heartbeat === undefined) return undefined;
  const file = heartbeat.keyFile;
  try {
    const { mode } = statSync(file);
    const bytes = Buffer.byteLength(readFileSync(file, 'utf8').trim());
    return { file, refused: undefined, mode: mode & 0o777, bytes };
  } catch (error) {
    const code = errorCode(error) ?? 'EIO';
    if (isForbidden(code)) throw forbidden(`read the key file "${file}"`, code);
    return { file, refused: code, mode: 0, bytes: 0 };
  }
}
