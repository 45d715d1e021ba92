import { milliseconds } from '../wire/units.ts';
import type { Milliseconds } from '../wire/units.ts';
import { quote } from './report.ts';

/**
 * Durations as the user writes them: a number and its unit, `200ms`, `1s`, `1.5s`, `2m`. A bare number is refused,
 * because one program's 200 is another's 3 minutes, and an interval in the wrong unit is a dual active pair.
 */

const FORM = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m)$/;
const SCALE: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000 };

/** The accepted form as a regular expression for the JSON Schema. */
export const DURATION_PATTERN: string = FORM.source;

/** Reads a duration; `undefined` when the text is none. Exact to a microsecond. */
export function parseDuration(text: string): Milliseconds | undefined {
  const [, digits, unit] = FORM.exec(text) ?? [];
  if (digits === undefined || unit === undefined) return undefined;
  // Rounded, because 1.001 x 1000 is 1000.9999999999999 in floating point.
  return milliseconds(Math.round(Number(digits) * (SCALE[unit] ?? 1) * 1000) / 1000);
}

/** The shortest text that `parseDuration` reads back as the same duration. */
export function formatDuration(duration: Milliseconds): string {
  const inSeconds = duration >= 1000 && Number.isInteger(duration);
  return inSeconds ? `${duration / 1000}s` : `${duration}ms`;
}

/** Why a value is no duration, and what to write instead. */
export function durationComplaint(value: unknown, example: string): string {
  if (typeof value === 'number') return `${value} has no unit; write "${value}ms" or "${value}s"`;
  const spaced = typeof value === 'string' ? value.replaceAll(/\s+/g, '').toLowerCase() : '';
  if (parseDuration(spaced) !== undefined) return `${quote(value)} is no duration; write "${spaced}"`;
  if (typeof value === 'string' && /^[\d.]+$/.test(value)) return durationComplaint(Number(value), example);
  return `is no duration; write a number with its unit (ms, s or m), such as "${example}"`;
}
