/** Marks a text; what is painted has the same words. */
export type Paint = (text: string, tone: 'good' | 'bad' | 'warn' | 'dim' | 'bold') => string;

/** For whatever is no terminal. */
export const paintNone: Paint = (text) => text;

const CODES = { good: 32, bad: 31, warn: 33, dim: 2, bold: 1 } as const;

/** ECMA-48 colours. */
export const paintAnsi: Paint = (text, tone) => `\u001b[${CODES[tone]}m${text}\u001b[0m`;

/** A duration in the largest unit that says enough. */
export function ago(ms: number): string {
  const s = ms / 1000;
  if (s < 10) return `${s.toFixed(1)} s`;
  if (s < 120) return `${Math.round(s)} s`;
  if (s < 7200) return `${Math.round(s / 60)} min`;
  if (s < 172_800) return `${Math.round(s / 3600)} h`;
  return `${Math.round(s / 86_400)} d`;
}
