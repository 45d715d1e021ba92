import { statSync } from 'node:fs';
import { errorCode } from '../../linux/operror.ts';
import type { Patient } from '../patient.ts';

/** The file with the key of the heartbeat. Its text is not read. */
export interface KeyFacts {
  readonly file: string;
  /** The errno with which it cannot be looked at. */
  readonly refused: string | undefined;
  /** The permission bits (inode(7)). */
  readonly mode: number;
  readonly bytes: number;
}

/** `undefined` where no heartbeat is configured. */
export function lookAtKey({ config: { heartbeat } }: Patient): KeyFacts | undefined {
  if (heartbeat === undefined) return undefined;
  const file = heartbeat.keyFile;
  try {
    const { mode, size } = statSync(file);
    return { file, refused: undefined, mode: mode & 0o777, bytes: size };
  } catch (error) {
    return { file, refused: errorCode(error) ?? 'EIO', mode: 0, bytes: 0 };
  }
}
