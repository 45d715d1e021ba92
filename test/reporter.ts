import type { Reporter } from 'vitest/node';

/** How a run went. What failed outside any test, such as a file that does not load, counts as one failure each. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** What is read of Vitest's report on one file. */
export interface FileReport {
  /** Whether the file loaded and all of its tests and hooks went well. */
  ok(): boolean;
  readonly children: { allTests(): Iterable<{ result(): { readonly state: string } }> };
}

/** Counts the tests of a run; `strays` is the number of errors that no test was there to catch. */
export function countTests(files: readonly FileReport[], strays: number): Counts {
  const counts = { passed: 0, failed: strays, skipped: 0 };
  for (const file of files) {
    let failedHere = 0;
    for (const test of file.children.allTests()) {
      const { state } = test.result();
      if (state === 'passed') counts.passed++;
      else if (state === 'failed') failedHere++;
      else counts.skipped++;
    }
    counts.failed += failedHere > 0 || file.ok() ? failedHere : 1;
  }
  return counts;
}

/** The closing line, in the plain form that any reader of logs knows. */
export const closingLine = ({ passed, failed, skipped }: Counts): string =>
  `${passed} passed, ${failed} failed, ${skipped} skipped`;

/**
 * Prints the closing line as the very last one, after the summary of the other reporters and whatever closing down has
 * to say. A run in which no test ran has not shown anything, and fails.
 */
export class ClosingLine implements Reporter {
  private counts: Counts = { passed: 0, failed: 0, skipped: 0 };

  onInit(): void {
    process.once('exit', () => {
      const { passed, failed } = this.counts;
      if (passed + failed === 0 || failed > 0) process.exitCode ||= 1;
      process.stdout.write(`${closingLine(this.counts)}\n`);
    });
  }

  onTestRunEnd(files: readonly FileReport[], errors: readonly unknown[]): void {
    this.counts = countTests(files, errors.length);
  }
}
