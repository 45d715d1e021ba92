import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { OpError } from '../../../src/linux/operror.ts';
import { hostDisk } from '../../../src/proxy/disk.ts';
import { SwitchJournal } from '../../../src/proxy/switch/journal.ts';
import type { Unfinished } from '../../../src/proxy/switch/journal.ts';

let directory: string;
beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'vipair-switch-'))));
afterEach(() => rmSync(directory, { recursive: true }));

const open = (): SwitchJournal => new SwitchJournal(hostDisk, join(directory, 'state'));
const unfinished: Unfinished = {
  ...{ from: 'nginx', to: 'haproxy', phase: 'baking' },
  ...{ old: { pid: 10, startTime: 100 }, new: { pid: 20, startTime: 200 } },
};
const runs = { profile: 'haproxy', instead: 'nginx', since: '2026-01-02T03:04:05.000Z' };

describe('the journal of a switch', () => {
  it('says nothing before the first one', () => {
    expect([open().runs, open().unfinished]).toEqual([undefined, undefined]);
  });

  it('is found by the next run, with what is unfinished and what the host runs', () => {
    const journal = open();
    journal.conclude(runs);
    journal.begin(unfinished);
    expect([open().runs, open().unfinished]).toEqual([runs, unfinished]);
    open().conclude();
    expect([open().runs, open().unfinished]).toEqual([runs, undefined]);
    expect(readdirSync(join(directory, 'state'))).toEqual(['switch.json']);
  });

  it.each(['', 'no JSON', '[]', '{"unfinished":{"phase":"toString"}}', '{"runs":{"profile":1}}'])(
    'of other content is none: %s',
    (text) => {
      open().conclude(runs);
      writeFileSync(join(directory, 'state', 'switch.json'), text);
      expect([open().runs, open().unfinished]).toEqual([undefined, undefined]);
    },
  );

  it('stays as it was when the disk does not take it', () => {
    open().conclude(runs);
    const full = {
      ...hostDisk,
      write: () => {
        throw new OpError('write', 'ENOSPC');
      },
    };
    const journal = new SwitchJournal(full, join(directory, 'state'));
    expect(() => journal.begin(unfinished)).toThrow('ENOSPC');
    expect([journal.unfinished, open().unfinished, open().runs]).toEqual([undefined, undefined, runs]);
  });
});
