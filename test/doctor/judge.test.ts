import { describe, expect, it } from 'vitest';
import { CODES } from '../../src/doctor/code.ts';
import { firewallCases } from './case/firewall.ts';
import { hostCases } from './case/host.ts';
import { pairCases } from './case/pair.ts';
import { segmentCases } from './case/segment.ts';
import { systemCases } from './case/system.ts';
import { lineOf } from './case/case.ts';

const cases = [...hostCases, ...firewallCases, ...segmentCases, ...systemCases, ...pairCases];
const seen = new Set<string>();

describe('the doctor', () => {
  it.each(cases)('says of $says', async ({ findings, expected }) => {
    const found = await findings();
    for (const { code } of found) seen.add(code);
    const lines = found.map(lineOf);
    expect(lines.length, lines.join('\n')).toBe(expected.length);
    for (const [at, pattern] of expected.entries()) expect(lines[at]).toMatch(pattern);
    for (const { text, fix } of found) {
      expect(text).toMatch(/^\S.*[^.\s]$/s);
      expect(fix).not.toBe('');
    }
  });

  it('has a case for every code', () => {
    expect(Object.keys(CODES).filter((code) => !seen.has(code))).toEqual([]);
  });
});
