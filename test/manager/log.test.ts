import { closeSync, fstatSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SEVERITIES } from '../../src/config/eventname.ts';
import { now } from '../../src/linux/clock.ts';
import { isJournal } from '../../src/linux/journal.ts';
import { Log, wallClock } from '../../src/manager/log.ts';
import { record } from './record.ts';

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

const exited = record({
  type: 'proxy-exited',
  severity: 'error',
  text: 'proxy process 812 has exited',
  fields: { pid: 812 },
});

describe('a log line', () => {
  it('is the time, the level and the sentence', () => {
    new Log('text').write(exited);
    expect(lines).toEqual(['2026-01-02T03:04:05.678Z error proxy process 812 has exited\n']);
  });

  it('is an object with the fields of the event', () => {
    new Log('json').write({ ...exited, text: 'a "quoted"\nline' });
    expect(JSON.parse(lines.join(''))).toEqual({
      type: 'proxy-exited',
      pid: 812,
      seq: 7,
      time: exited.time,
      level: 'error',
      text: 'a "quoted"\nline',
    });
    expect(lines.join('').split('\n')).toHaveLength(2);
  });

  it('that cannot be written ends nothing', () => {
    broken = true;
    expect(() => new Log('text').write(exited)).not.toThrow();
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
    for (const severity of SEVERITIES) log.write({ ...exited, severity, text: 'x' });
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
