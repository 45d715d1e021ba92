import { Audit } from '../../src/sim/audit.ts';
import type { Fault, Occurrence } from '../../src/sim/occurrence.ts';
import { requireSettled } from '../../src/sim/settle.ts';
import { Simulation } from '../../src/sim/simulation.ts';
import { milliseconds } from '../../src/wire/units.ts';
import type { Milliseconds } from '../../src/wire/units.ts';
import { crossed, pair } from './crossed.ts';
import type { Crossing } from './crossed.ts';

/** A simulation under audit, with what happened in it. */
export class World {
  readonly sim: Simulation;
  readonly audit: Audit;
  readonly history: Occurrence[] = [];

  constructor(crossing: Partial<Crossing> = {}, seed = 1, heartbeat?: Milliseconds) {
    const hosts = crossed({ ...pair, ...crossing });
    const travel = { delay: milliseconds(0.1), jitter: milliseconds(0.2) };
    const observer = (occurrence: Occurrence): void => {
      this.history.push(occurrence);
      this.audit.observe(occurrence);
    };
    this.sim = new Simulation({ seed, hosts, travel, lateness: milliseconds(0.5), heartbeat }, observer);
    this.audit = new Audit(this.sim);
  }

  /** Starts all hosts and waits until they have found their places. */
  up(): this {
    this.sim.start();
    return this.pass(1000);
  }

  pass(duration: number): this {
    this.sim.advance(milliseconds(duration), () => this.audit.check());
    return this;
  }

  inflict(...faults: Fault[]): this {
    for (const fault of faults) this.sim.inflict(fault);
    return this;
  }

  /** Cuts or heals both directions between two hosts. */
  partition(a: string, b: string, loss = 1): this {
    return this.inflict({ type: 'path', from: a, to: b, loss }, { type: 'path', from: b, to: a, loss });
  }

  settled(): this {
    requireSettled(this.sim);
    return this;
  }

  /** The holders of each VIP, `lb1,lb2` when there are two. */
  get holders(): Record<string, string> {
    const vips = this.sim.hosts[0]?.members.map(({ config }) => config.vip) ?? [];
    return Object.fromEntries(vips.map((vip) => [vip, this.sim.holders(vip).join(',')]));
  }

  /** Passes time in small steps until a condition holds, and tells how long it took. */
  until(condition: () => boolean, limit = 60_000): number {
    const start = this.sim.now;
    while (!condition()) {
      if (this.sim.now - start > limit) throw new Error(`Not within ${limit} ms: ${JSON.stringify(this.holders)}`);
      this.pass(0.1);
    }
    return this.sim.now - start;
  }

  /** How many times a host became active since a point in time. */
  takeoversSince(start: number): number {
    return this.history.filter(
      (o) => o.type === 'transition' && o.at >= start && o.to.name === 'active' && o.from.name !== 'active',
    ).length;
  }

  announcementsSince(start: number, vip: string): string[] {
    return this.history.flatMap((o) => (o.type === 'announced' && o.at >= start && o.vip === vip ? [o.host] : []));
  }
}
