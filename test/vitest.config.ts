import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { ClosingLine } from './reporter.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * Two projects: `unit` needs no privilege and no system package; `lab` needs root, network namespaces and the real
 * peers, and runs one file at a time because its timings share the machine.
 */
export default defineConfig({
  root,
  test: {
    reporters: ['default', new ClosingLine()],
    projects: [
      {
        root,
        test: { name: 'unit', include: ['test/**/*.test.ts'], exclude: ['test/lab/**'], testTimeout: 30_000 },
      },
      {
        root,
        test: {
          name: 'lab',
          include: ['test/lab/**/*.test.ts'],
          fileParallelism: false,
          sequence: { groupOrder: 1 },
          // A shared machine may keep a host of the lab from its processor for longer than a test allows. What fails
          // twice is broken; what needed its second chance is marked in the output.
          retry: process.env['CI'] === undefined ? 0 : 1,
          testTimeout: 90_000,
          hookTimeout: 90_000,
        },
      },
    ],
  },
});
