import { describe, expect, it } from 'vitest';
import { closingLine, countTests, type FileReport } from './reporter.ts';

const file = (...states: readonly string[]): FileReport => ({
  ok: () => states.length > 0 && !states.includes('failed'),
  children: { allTests: () => states.map((state) => ({ result: () => ({ state }) })) },
});

describe('the closing line', () => {
  it('counts every test of every file', () => {
    const counts = countTests([file('passed', 'failed', 'passed'), file('passed', 'skipped', 'failed')], 0);
    expect(counts).toEqual({ passed: 3, failed: 2, skipped: 1 });
    expect(closingLine(counts)).toBe('3 passed, 2 failed, 1 skipped');
  });

  it('counts a file that does not load, and an error outside any test, as a failure', () => {
    expect(countTests([file('passed'), file()], 2)).toEqual({ passed: 1, failed: 3, skipped: 0 });
  });
});
