import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { OpError } from '../../src/linux/operror.ts';
import { hostDisk } from '../../src/proxy/disk.ts';
import type { Disk } from '../../src/proxy/disk.ts';
import { recover, Swap } from '../../src/proxy/swap.ts';

let directory: string;
const path = (name: string): string => join(directory, name);
const shown = (): Record<string, string> =>
  Object.fromEntries(readdirSync(directory).map((name) => [name, readFileSync(path(name), 'utf8')]));

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'vipair-swap-'));
  writeFileSync(path('a'), 'old a');
  writeFileSync(path('b'), 'old b');
});
afterEach(() => rmSync(directory, { recursive: true }));

const old = { a: 'old a', b: 'old b' };
const next = { a: 'new a', b: 'new b', c: 'new c' };

const swapOn = (disk: Disk): Swap =>
  new Swap(disk, directory, [
    { path: path('a'), text: 'new a', isNew: false },
    { path: path('b'), text: 'new b', isNew: false },
    { path: path('c'), text: 'new c', isNew: true },
  ]);

/** Thrown where a process would have been killed. */
class Killed extends Error {}

/** A disk of which nothing reaches the ground from some change on; `how` is what the process then notices. */
function dyingDisk(steps: number, how: () => Error): Disk & { readonly hasDied: boolean } {
  let left = steps;
  const spend = (): void => {
    if (--left < 0) throw how();
  };
  return {
    ...hostDisk,
    get hasDied() {
      return left < 0;
    },
    write(file, text) {
      if (left === 0) writeFileSync(file, text.slice(0, 3));
      spend();
      hostDisk.write(file, text);
    },
    rename(from, to) {
      spend();
      hostDisk.rename(from, to);
    },
    link(from, to) {
      spend();
      hostDisk.link(from, to);
    },
    remove(file) {
      spend();
      hostDisk.remove(file);
    },
  };
}

const killedAt = (run: (swap: Swap) => void, steps: number): boolean => {
  const disk = dyingDisk(steps, () => new Killed());
  try {
    run(swapOn(disk));
  } catch (error) {
    if (!(error instanceof Killed)) throw error;
  }
  return disk.hasDied;
};

describe('several files replaced as one step', () => {
  it('are all new after a commit, and nothing else is left', () => {
    const swap = swapOn(hostDisk);
    swap.stage();
    expect(readFileSync(path('a'), 'utf8')).toBe('old a');
    swap.commit();
    swap.finish();
    expect(shown()).toEqual(next);
  });

  it('are all old after an undo, whenever it comes', () => {
    const staged = swapOn(hostDisk);
    staged.stage();
    staged.undo();
    expect(shown()).toEqual(old);
    const swap = swapOn(hostDisk);
    swap.stage();
    swap.commit();
    swap.undo();
    expect(shown()).toEqual(old);
  });

  it('are all old or all new after the next start, wherever the process was killed', () => {
    const ends = new Set<string>();
    for (let steps = 0; ; steps++) {
      for (const name of readdirSync(directory)) rmSync(path(name));
      for (const [name, text] of Object.entries(old)) writeFileSync(path(name), text);
      const hasDied = killedAt((swap) => {
        swap.stage();
        swap.commit();
        swap.finish();
      }, steps);
      if (!hasDied) break;
      recover(hostDisk, directory);
      expect([old, next], `killed after ${steps} steps`).toContainEqual(shown());
      ends.add(shown()['a'] ?? '');
    }
    expect(ends).toEqual(new Set(['old a', 'new a']));
  });

  it('are all old after the next start when the process was killed while it put them back', () => {
    const steps = (count: number): boolean =>
      killedAt((swap) => {
        swap.stage();
        swap.commit();
        swap.undo();
      }, count);
    let total = 0;
    while (steps(total)) {
      recover(hostDisk, directory);
      for (const name of readdirSync(directory)) rmSync(path(name));
      for (const [name, text] of Object.entries(old)) writeFileSync(path(name), text);
      total++;
    }
    // The commit alone takes this many.
    const commit = 3 + 2 + 3 + 2 + 3;
    expect(total).toBeGreaterThan(commit);
    for (let count = commit + 2; count < total; count++) {
      for (const name of readdirSync(directory)) rmSync(path(name));
      for (const [name, text] of Object.entries(old)) writeFileSync(path(name), text);
      steps(count);
      recover(hostDisk, directory);
      expect(shown(), `killed after ${count} steps`).toEqual(old);
    }
  });

  it('are as before when the disk is full', () => {
    for (let steps = 0; ; steps++) {
      const disk = dyingDisk(steps, () => new OpError('write', 'ENOSPC'));
      let isFull = true;
      // Room is only needed for writing; going back needs none.
      const full: Disk = { ...hostDisk, write: (file, text) => disk.write(file, text) };
      const swap = swapOn(full);
      try {
        swap.stage();
        swap.commit();
        isFull = false;
      } catch (error) {
        expect(error).toBeInstanceOf(OpError);
        swap.discard();
      }
      if (!isFull) break;
      expect(shown()).toEqual(old);
    }
  });

  it('does not follow a journal that somebody else has written', () => {
    writeFileSync(path('.vipair-journal'), JSON.stringify([{ path: '/etc/passwd', isNew: true }]));
    recover(hostDisk, directory);
    expect(shown()).toEqual(old);
  });

  it('says what it did at the start', () => {
    expect(recover(hostDisk, directory)).toBeUndefined();
    swapOn(hostDisk).stage();
    expect(recover(hostDisk, directory)).toBe('removed what an interrupted run had staged');
    const swap = swapOn(hostDisk);
    swap.stage();
    swap.commit();
    expect(recover(hostDisk, directory)).toMatch(/^finished putting .*\/a, .*\/b, .*\/c in force/);
  });
});
