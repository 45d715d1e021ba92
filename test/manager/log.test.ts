import { closeSync, fstatSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { now } from '../../src/linux/clock.ts';
import { isJournal } from '../../src/linux/journal.ts';
import { Log, wallClock } from '../../src/manager/log.ts';
import { instant } from '../../src/wire/units.ts';

let lines: string[];
let broken = false;

beforeEach(() => {
  lines = [];
  broken = false;
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    if (broken) throw Object.assign(new Error(), { code: 'EPIPE' });
    lines.push(String(text));
    return true;
  });
});

afterEach(() => {
  vi.restoreAllMocks();
});

const event = { type: 'proxy-exited', pid: 812, at: now() } as const;

describe('a log line', () => {
  it('is the time, the level and the sentence', () => {
    new Log('text').event(event, String);
    expect(lines.join('')).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z error proxy process 812 has exited\n$/);
  });

  it('carries the time of the event, not of its writing', () => {
    new Log('text').event({ ...event, at: instant(event.at - 60_000) }, String);
    const written = Date.parse(lines.join('').split(' ')[0] ?? '');
    expect(Math.abs(Date.now() - 60_000 - written)).toBeLessThan(5000);
  });

  it('is an object with the fields of the event', () => {
    new Log('json').event(event, String);
    const parsed = JSON.parse(lines.join('')) as object;
    expect(parsed).toMatchObject({
      type: 'proxy-exited',
      pid: 812,
      level: 'error',
      text: 'proxy process 812 has exited',
    });
    expect(Object.keys(parsed)).not.toContain('at');
    new Log('json').tell('notice', 'a "quoted"\nline');
    expect(JSON.parse(lines[1] ?? '')).toMatchObject({ type: 'manager', text: 'a "quoted"\nline' });
    expect(lines[1]?.split('\n')).toHaveLength(2);
  });

  it('that cannot be written ends nothing', () => {
    broken = true;
    expect(() => new Log('text').tell('info', 'x')).not.toThrow();
  });
});

describe('journald', () => {
  it('is recognised by the device and inode of the descriptor, which a redirected child does not have', () => {
    const folder = mkdtempSync(join(tmpdir(), 'log-'));
    const fd = openSync(join(folder, 'journal'), 'w');
    const { dev, ino } = fstatSync(fd);
    expect(isJournal(fd, `${dev}:${ino}`)).toBe(true);
    expect(isJournal(fd, `${dev}:${ino + 1}`)).toBe(false);
    expect(isJournal(fd, undefined)).toBe(false);
    closeSync(fd);
    expect(isJournal(fd, `${dev}:${ino}`)).toBe(false);
    rmSync(folder, { recursive: true });
  });

  it('is told the priority of each line', () => {
    const { dev, ino } = fstatSync(2);
    vi.stubEnv('JOURNAL_STREAM', `${dev}:${ino}`);
    const log = new Log('text');
    for (const level of ['error', 'warning', 'notice', 'info'] as const) log.tell(level, 'x');
    vi.unstubAllEnvs();
    expect(lines).toEqual(['<3>x\n', '<4>x\n', '<5>x\n', '<6>x\n']);
  });
});

describe('the wall clock', () => {
  it('reads the same for the same moment, however often it is asked', () => {
    const at = now();
    const first = wallClock(at);
    for (let i = 0; i < 100; i++) expect(wallClock(at)).toBe(first);
    expect(Math.abs(first - Date.now())).toBeLessThan(5000);
  });

  it('follows when it is set', () => {
    const at = now();
    const before = wallClock(at);
    const real = Date.now();
    vi.spyOn(Date, 'now').mockReturnValue(real + 3_600_000);
    expect(Math.abs(wallClock(at) - before - 3_600_000)).toBeLessThan(5000);
    vi.mocked(Date.now).mockRestore();
    wallClock(at);
  });
});
