import { readFileSync } from 'node:fs';

/** The version of this program, from its package. */
export const VERSION: string = readVersion();

function readVersion(): string {
  // Compiled files lie one directory deeper than the sources, below `dist`.
  for (const up of ['../../package.json', '../../../package.json']) {
    try {
      return (JSON.parse(readFileSync(new URL(up, import.meta.url), 'utf8')) as { version: string }).version;
    } catch {
      continue;
    }
  }
  return 'unknown';
}
