import { CODES } from './code.ts';
import type { Code } from './code.ts';

/** `error`: something does not work, or will not. `warning`: it works, and will fail some day. `note`: good to know. */
export type Severity = 'error' | 'warning' | 'note';

/** One thing that was found. */
export interface Finding {
  /** Stable: scripts and `vipair explain CODE` go by it. */
  readonly code: Code;
  readonly severity: Severity;
  /** What it is about: an interface, a VIP, a sysctl, a program. */
  readonly subject: string;
  /** What is the matter, in one sentence, with the values. */
  readonly text: string;
  /** What to do about it; a command where there is one. */
  readonly fix: string;
}

/** Something that could not be examined, and why. */
export interface Unlooked {
  readonly examination: string;
  readonly reason: string;
}

/** What an examination of a host, or of a pair, came to. Plain data. */
export interface Diagnosis {
  /** The worst first; within a severity in the order of the examinations. */
  readonly findings: readonly Finding[];
  readonly unlooked: readonly Unlooked[];
}

/** A finding of a code, with the severity of that code unless another is given. */
export const finding = (code: Code, subject: string, text: string, fix: string, severity?: Severity): Finding => ({
  ...{ code, severity: severity ?? CODES[code].severity, subject, text, fix },
});

/** The verdict on a diagnosis as a whole: `unknown` when nothing bad was found, and not everything could be looked at. */
export type Verdict = 'well' | 'warning' | 'error' | 'unknown';

/** Notes do not count. */
export function verdictOf({ findings, unlooked }: Diagnosis): Verdict {
  const has = (severity: Severity): boolean => findings.some((each) => each.severity === severity);
  if (has('error')) return 'error';
  if (has('warning')) return 'warning';
  return unlooked.length > 0 ? 'unknown' : 'well';
}

const RANKS: Readonly<Record<Severity, number>> = { error: 0, warning: 1, note: 2 };

/** The worst first; what is alike in everything but its wording counts once. */
export function ordered(findings: readonly Finding[]): Finding[] {
  const seen = new Set<string>();
  const unique = findings.filter(({ code, subject, text }) => {
    const key = JSON.stringify([code, subject, text]);
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
  return unique.toSorted((a, b) => RANKS[a.severity] - RANKS[b.severity]);
}
