import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { profiles } from '../../profiles/registry.ts';
import type { Config } from '../../src/config/config.ts';
import { Chosen } from '../../src/manager/chosen.ts';
import { hostDisk } from '../../src/proxy/disk.ts';
import type { Phase } from '../../src/proxy/switch/state.ts';
import { SwitchJournal } from '../../src/proxy/switch/journal.ts';
import { configOf, CROSSED } from './configured.ts';

let directory: string;
beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'vipair-chosen-'))));
afterEach(() => rmSync(directory, { recursive: true }));

const journal = (): SwitchJournal => new SwitchJournal(hostDisk, directory);
const file = (profile: string): Config => configOf(`${CROSSED}\nproxy: { profile: ${profile} }\n`);
const switched = { profile: 'haproxy', instead: 'nginx', since: '2026-01-02T03:04:05.000Z' };

/** After a start of the program; `alive` are the profiles whose proxies run. */
function started(...alive: string[]): Chosen {
  const isAlive = ({ profile }: { readonly profile: string }): boolean => alive.includes(profile);
  return new Chosen({ profiles, journal: journal(), isAlive, onTrouble: (words) => expect.fail(words) });
}

const profileOf = ({ proxy }: Config): string | undefined => proxy?.profile;

describe('the proxy that a host is to run', () => {
  it('is the one of the file before any switch', () => {
    expect(profileOf(started('nginx').effective(file('nginx')))).toBe('nginx');
    expect(profileOf(started('nginx').startingPoint(file('nginx')))).toBe('nginx');
  });

  it('is what the host was switched to while the file says what it said then', () => {
    journal().conclude(switched);
    expect(profileOf(started('haproxy').effective(file('nginx')))).toBe('haproxy');
    expect(profileOf(started('haproxy').startingPoint(file('nginx')))).toBe('haproxy');
  });

  it('is the one of the file again when the file has agreed once', () => {
    journal().conclude(switched);
    const chosen = started('haproxy');
    chosen.noteFile(file('haproxy'));
    expect(chosen.configured).toBe('haproxy');
    expect(profileOf(chosen.effective(file('nginx')))).toBe('nginx');
  });

  it('is at the start the one that runs, also when the file has changed meanwhile', () => {
    journal().conclude({ ...switched, instead: 'haproxy' });
    expect(profileOf(started('haproxy').startingPoint(file('nginx')))).toBe('haproxy');
    expect(profileOf(started().startingPoint(file('nginx')))).toBe('nginx');
    expect(profileOf(started('nginx', 'haproxy').startingPoint(file('nginx')))).toBe('nginx');
  });

  it('leaves an unfinished switch to be finished when the file agrees with what ran before', () => {
    journal().conclude({ ...switched, profile: 'nginx', instead: 'haproxy' });
    const unfinished = { from: 'nginx', to: 'haproxy', phase: 'baking', old: undefined, new: undefined } as const;
    journal().begin(unfinished);
    started('nginx').noteFile(file('nginx'));
    const { runs, unfinished: left } = journal();
    expect([runs?.instead, left]).toEqual(['nginx', unfinished]);
  });

  it.each([
    { phase: 'baking', alive: ['nginx', 'haproxy'], is: 'nginx' },
    { phase: 'draining', alive: ['nginx', 'haproxy'], is: 'haproxy' },
    { phase: 'draining', alive: ['nginx'], is: 'nginx' },
  ] as const)('after an end in the phase $phase with $alive alive is $is', ({ phase, alive, is }) => {
    journal().begin({ from: 'nginx', to: 'haproxy', phase: phase satisfies Phase, old: undefined, new: undefined });
    expect(profileOf(started(...alive).startingPoint(file('nginx')))).toBe(is);
  });
});
