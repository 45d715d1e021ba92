import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { hostDisk } from '../../../proxy/disk.ts';
import type { Profile } from '../../../proxy/profile.ts';
import { instant } from '../../../wire/units.ts';
import type { Instant } from '../../../wire/units.ts';
import { failure } from '../../failure.ts';
import type { Front } from '../../front.ts';
import { programCommand } from '../../program.ts';
import type { Station } from './rig.ts';

/** One change by hand. */
export interface HandChange {
  readonly begun: Instant;
  /** When the file was in its place. */
  readonly written: Instant;
  /** When the checker had ended, and the signal was sent. */
  readonly checked: Instant;
  /** Whether the checker had nothing against it; there was no signal otherwise. */
  readonly isTaken: boolean;
}

/**
 * A proxy that is changed as it was before there was this program: write the file, ask the checker, send the signal. It
 * serves what another station's proxy serves, from the same text with its own paths, so that both have the same work.
 */
export class Hand {
  readonly station: Station;
  readonly #front: Front;
  readonly #child: ChildProcess;
  readonly #path: string;
  /** BOUNDED: one change at a time is asked for. */
  #answers: ((line: string) => void)[] = [];

  constructor(station: Station, profile: Profile) {
    const { front, host } = station;
    const { steering } = profile;
    this.station = station;
    this.#front = front;
    this.#path = `${front.directory}/${steering.mainName}`;
    const main = front.main();
    if (main === undefined) throw failure(`find the proxy of "${host.name}"`, 'it does not run');
    const commandLine = readFileSync(`/proc/${main.pid}/cmdline`, 'utf8').replace(/\0+$/, '').split('\0');
    const asked = steering.validation(steering.binary, steering.launch(commandLine), new Map(), hostDisk);
    if ('untaken' in asked) throw failure(`check ${this.#path}`, asked.untaken);
    const order = { path: this.#path, check: asked.command, pid: main.inside, signal: steering.reloadSignal };
    this.#child = host.spawn(programCommand('byhand', order));
    const { stdout } = this.#child;
    if (stdout !== null) createInterface({ input: stdout }).on('line', (line) => this.#answers.shift()?.(line));
  }

  /** Makes the proxy serve what another one's file says now, with something changed in it. */
  async take(other: Front, change = (text: string): string => text): Promise<HandChange> {
    const text = readFileSync(`${other.directory}/${this.#path.slice(this.#front.directory.length + 1)}`, 'utf8')
      .replaceAll(other.directory, this.#front.directory)
      .replaceAll(other.pidFile, this.#front.pidFile);
    const answered = new Promise<string>((resolve) => this.#answers.push(resolve));
    this.#child.stdin?.write(`${JSON.stringify(change(text))}\n`);
    const { begun, written, checked, status } = JSON.parse(await answered) as Record<string, number>;
    return {
      ...{ begun: instant(begun ?? 0), written: instant(written ?? 0), checked: instant(checked ?? 0) },
      isTaken: status === 0,
    };
  }

  async close(): Promise<void> {
    this.#child.stdin?.end();
    if (this.#child.exitCode === null && this.#child.signalCode === null) await once(this.#child, 'exit');
  }
}
