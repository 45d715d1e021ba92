import { writeFileSync } from 'node:fs';
import { now } from '../../../src/linux/clock.ts';
import { Applier } from '../../../src/proxy/apply.ts';
import { hostDisk } from '../../../src/proxy/disk.ts';
import type { Disk } from '../../../src/proxy/disk.ts';
import type { FrontModel } from '../../../src/proxy/model.ts';
import { adoptedRunner } from '../../../src/proxy/runner.ts';
import { milliseconds } from '../../../src/wire/units.ts';
import { profileOf } from '../../profiles/program.ts';

/** What the victim is to apply, and at which step it dies. */
export interface Order {
  readonly profile: string;
  readonly directory: string;
  readonly pidFile: string;
  readonly port: number;
  readonly model: FrontModel;
  /** Counted from 1: each change of the disk, and each signal. */
  readonly step: number;
}

/* A process of its own that applies a model and kills itself at a step, in the middle of a write if it is one. */
const order = JSON.parse(process.env['ORDER'] ?? '{}') as Order;
let steps = 0;
const die = (): void => {
  process.kill(process.pid, 'SIGKILL');
};
const step = (): boolean => ++steps === order.step;

const disk: Disk = {
  ...hostDisk,
  write(path, text) {
    if (step()) {
      writeFileSync(path, text.slice(0, text.length / 2));
      die();
    }
    hostDisk.write(path, text);
  },
  rename(from, to) {
    if (step()) die();
    hostDisk.rename(from, to);
  },
  link(from, to) {
    if (step()) die();
    hostDisk.link(from, to);
  },
  remove(path) {
    if (step()) die();
    hostDisk.remove(path);
  },
};

const profile = profileOf(order.profile);
const runner = adoptedRunner(profile, { pidFile: order.pidFile, process: undefined, listen: [order.port] });
const applier = new Applier({
  profile,
  ...{ binary: profile.steering.binary, directory: order.directory, label: 'lb1', pidFile: order.pidFile, disk },
  runner: {
    ...runner,
    signal(main, signal) {
      if (step()) die();
      runner.signal(main, signal);
      if (step()) die();
    },
  },
  budget: { spacing: milliseconds(0), reloads: 1000, refill: milliseconds(1000) },
  time: { now, sleep: (duration) => new Promise((resolve) => setTimeout(resolve, duration)) },
});
const { result } = await applier.apply({ model: order.model, cause: 'victim', isByHand: true });
process.stdout.write(`${result} after ${steps} steps\n`);
