import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { ClosingLine } from './reporter.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/** What counts processes by name on the whole machine, or measures how fast something is. */
const alone = ['backends/load', 'keepalived', 'linux/realtime', 'watchdog/watchdog'].map(
  (name) => `test/lab/${name}.test.ts`,
);

/** What every test of the lab is run with. */
const lab = {
  // A shared machine may keep a host of the lab from its processor for longer than a test allows. What fails twice is
  // broken; what needed its second chance is marked in the output.
  retry: process.env['CI'] === undefined ? 0 : 1,
  testTimeout: 90_000,
  hookTimeout: 90_000,
};

/**
 * Three projects: `unit` needs no privilege and no system package; `lab` and `lab-alone` need root, network namespaces
 * and the real peers. A lab waits more than it works, so three files run at a time, each in labs of its own.
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
          ...lab,
          name: 'lab',
          include: ['test/lab/**/*.test.ts'],
          exclude: alone,
          maxWorkers: 3,
          sequence: { groupOrder: 1 },
        },
      },
      {
        root,
        test: { ...lab, name: 'lab-alone', include: alone, fileParallelism: false, sequence: { groupOrder: 2 } },
      },
    ],
  },
});
