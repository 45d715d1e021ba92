import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { errorCode, OpError } from '../../linux/operror.ts';

/**
 * Writes a file beside the old one, brings it to the disk and puts it in the old one's place: after a crash there is one
 * or the other, whole. For root's eyes only. Throws OpError.
 */
export function writeWhole(file: string, text: string): void {
  const temporary = `${file}.new`;
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o755 });
    const descriptor = openSync(temporary, 'w', 0o600);
    try {
      writeFileSync(descriptor, text);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(temporary, file);
    const directory = openSync(dirname(file), 'r');
    try {
      fsyncSync(directory);
    } finally {
      closeSync(directory);
    }
  } catch (cause) {
    throw new OpError(`write "${file}"`, errorCode(cause) ?? 'EIO', { cause });
  }
}
