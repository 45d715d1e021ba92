import { fstatSync } from 'node:fs';

/**
 * Whether a descriptor is connected to journald: JOURNAL_STREAM names its device and inode (systemd.exec(5)). The
 * variable alone says little, since children inherit it wherever their output goes.
 */
export function isJournal(fd: number, stream: string | undefined = process.env['JOURNAL_STREAM']): boolean {
  if (stream === undefined) return false;
  try {
    const { dev, ino } = fstatSync(fd, { bigint: true });
    return stream === `${dev}:${ino}`;
  } catch {
    return false;
  }
}
