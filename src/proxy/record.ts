import { readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { parseAddress } from '../wire/address.ts';
import type { Disk } from './disk.ts';
import type { Seat } from './sockets.ts';

/** What is written down of a proxy that this program has started, so that the next run finds it. */
export interface Recorded {
  /** The profile's name. */
  readonly profile: string;
  readonly pid: number;
  readonly startTime: number;
  /** The program and its arguments. */
  readonly command: readonly string[];
  /** Its sockets, in the order of their descriptors. */
  readonly seats: readonly Seat[];
  /** Whether it is the one that serves; the others are on trial, or on their way out. */
  readonly isCurrent: boolean;
}

/**
 * The file that outlives this program but not the host: pids mean nothing after a boot, which is told by the kernel's
 * boot id. A file that cannot be read, or is not one of ours, records nothing.
 */
export class RecordFile {
  readonly #disk: Disk;
  readonly #path: string;

  constructor(disk: Disk, path: string) {
    this.#disk = disk;
    this.#path = path;
  }

  read(): readonly Recorded[] {
    try {
      const { boot, proxies } = JSON.parse(this.#disk.read(this.#path) ?? '{}') as { boot?: string; proxies?: unknown };
      return boot === bootId() && Array.isArray(proxies) ? proxies.filter(isRecorded) : [];
    } catch {
      return [];
    }
  }

  /** Replaces it as one step. Throws OpError when the disk does not allow it. */
  write(proxies: readonly Recorded[]): void {
    this.#disk.makeDirectory(posix.dirname(this.#path));
    this.#disk.write(`${this.#path}.new`, `${JSON.stringify({ boot: bootId(), proxies })}\n`);
    this.#disk.rename(`${this.#path}.new`, this.#path);
  }
}

function isRecorded(value: unknown): value is Recorded {
  const { profile, pid, startTime, command, seats } = value as Partial<Recorded>;
  const isSeat = ({ address, port }: Partial<Seat>): boolean =>
    typeof address === 'string' && parseAddress(address) === address && Number.isInteger(port);
  return (
    typeof profile === 'string' &&
    Array.isArray(command) &&
    command.every((word) => typeof word === 'string') &&
    Number.isInteger(startTime) &&
    Number.isInteger(pid) &&
    Number(pid) > 1 &&
    Array.isArray(seats) &&
    (seats as Partial<Seat>[]).every(isSeat)
  );
}

function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return '';
  }
}
