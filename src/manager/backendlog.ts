import type { Verdict } from '../backends/rise.ts';
import type { ServiceSnapshot } from '../backends/service.ts';
import type { Clock } from '../backends/clock.ts';
import { milliseconds } from '../wire/units.ts';
import { SUPPLY } from './backendstatus.ts';
import type { UnstampedManagerEvent } from './event.ts';

/** Events of backends in one period; the rest of a crowd is told as a number. */
const MOST_EVENTS = 20;
const PERIOD = milliseconds(5000);

/**
 * What is told of backends: each that goes down or comes up, each source that fails or recovers, and a set that is too
 * small. A thousand that die together are not a thousand events.
 */
export class BackendLog {
  readonly #tell: (event: UnstampedManagerEvent) => void;
  readonly #clock: Clock;
  /** What was told last, by service and subject. BOUNDED by the services, their sources, and one for the supply. */
  readonly #told = new Map<string, string>();
  #isCounting = false;
  #lines = 0;
  #untold = 0;

  constructor(tell: (event: UnstampedManagerEvent) => void, clock: Clock) {
    this.#tell = tell;
    this.#clock = clock;
  }

  /** A backend's state has changed. The first good result of a new one is no news. */
  turn(service: string, id: string, { state, last }: Verdict, before: Verdict['state']): void {
    if (state === 'up' && before === 'unknown') return;
    if (!this.#hasRoom()) return void this.#untold++;
    if (state === 'unknown') return;
    this.#tell({ type: 'backend', service, backend: id, state, reason: last?.reason ?? 'known from elsewhere' });
  }

  /** Something about a service may have changed. */
  service({ service, set, sources }: ServiceSnapshot): void {
    for (const { name, error } of sources) {
      this.#news(service, name, error, {
        bad: `${name}: ${error}; its last good answer stays in force`,
        good: `${name} is well again`,
      });
    }
    this.#news(service, '', set.reason, {
      bad: `${set.reason}; ${SUPPLY[set.supply]}`,
      good: 'the sources say enough backends again',
    });
  }

  /** The services that there are; what was told of others is forgotten. */
  only(services: readonly string[]): void {
    const wanted = new Set(services);
    for (const key of this.#told.keys()) if (!wanted.has(key.split('\0')[0] ?? '')) this.#told.delete(key);
  }

  #news(
    service: string,
    subject: string,
    trouble: string | undefined,
    words: { readonly bad: string; readonly good: string },
  ): void {
    const key = `${service}\0${subject}`;
    if (this.#told.get(key) === trouble) return;
    if (trouble === undefined) this.#told.delete(key);
    else this.#told.set(key, trouble);
    if (!this.#hasRoom()) return void this.#untold++;
    const detail = trouble === undefined ? words.good : words.bad;
    this.#tell({ type: 'service', service, severity: trouble === undefined ? 'notice' : 'warning', detail });
  }

  #hasRoom(): boolean {
    if (!this.#isCounting) {
      this.#isCounting = true;
      this.#clock.after(PERIOD, () => this.#endPeriod());
    }
    return this.#lines++ < MOST_EVENTS;
  }

  #endPeriod(): void {
    const detail = `and ${this.#untold} more changes of backends; see \`vipair backends list\``;
    if (this.#untold > 0) this.#tell({ type: 'manager', severity: 'warning', detail });
    [this.#isCounting, this.#lines, this.#untold] = [false, 0, 0];
  }
}
