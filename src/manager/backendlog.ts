import type { Verdict } from '../backends/rise.ts';
import type { ServiceSnapshot } from '../backends/service.ts';
import type { Clock } from '../backends/clock.ts';
import { milliseconds } from '../wire/units.ts';
import type { LogLevel } from './sentence.ts';

/** Lines about backends in one period; the rest of a crowd is told as a number. */
const MOST_LINES = 20;
const PERIOD = milliseconds(5000);

/**
 * What the log says of backends: each that goes down or comes up, each source that fails or recovers, and a set that is
 * too small. A thousand that die together are not a thousand lines.
 */
export class BackendLog {
  readonly #tell: (level: LogLevel, text: string) => void;
  readonly #clock: Clock;
  /** What was told last, by service and subject. BOUNDED by the services, their sources, and one for the supply. */
  readonly #told = new Map<string, string>();
  #isCounting = false;
  #lines = 0;
  #untold = 0;

  constructor(tell: (level: LogLevel, text: string) => void, clock: Clock) {
    this.#tell = tell;
    this.#clock = clock;
  }

  /** A backend's state has changed. The first good result of a new one is no news. */
  turn(service: string, id: string, { state, last }: Verdict, before: Verdict['state']): void {
    if (state === 'up' && before === 'unknown') return;
    if (!this.#hasRoom()) return void this.#untold++;
    const reason = last === undefined ? '' : `: ${last.reason}`;
    this.#tell(state === 'down' ? 'warning' : 'notice', `${service}: backend ${id} is ${state}${reason}`);
  }

  /** Something about a service may have changed. */
  service({ service, set, sources }: ServiceSnapshot): void {
    for (const { name, error } of sources) {
      this.#news(`${service}\0${name}`, error, {
        bad: `${service}: ${name}: ${error}; its last good answer stays in force`,
        good: `${service}: ${name} is well again`,
      });
    }
    this.#news(`${service}\0`, set.reason, {
      bad: `${service}: ${set.reason}: on_empty decides, the supply is "${set.supply}"`,
      good: `${service}: the sources say enough backends again`,
    });
  }

  /** The services that there are; what was told of others is forgotten. */
  only(services: readonly string[]): void {
    const wanted = new Set(services);
    for (const key of this.#told.keys()) if (!wanted.has(key.split('\0')[0] ?? '')) this.#told.delete(key);
  }

  #news(key: string, trouble: string | undefined, words: { readonly bad: string; readonly good: string }): void {
    if (this.#told.get(key) === trouble) return;
    if (trouble === undefined) this.#told.delete(key);
    else this.#told.set(key, trouble);
    if (!this.#hasRoom()) return void this.#untold++;
    if (trouble === undefined) this.#tell('notice', words.good);
    else this.#tell('warning', words.bad);
  }

  #hasRoom(): boolean {
    if (!this.#isCounting) {
      this.#isCounting = true;
      this.#clock.after(PERIOD, () => this.#endPeriod());
    }
    return this.#lines++ < MOST_LINES;
  }

  #endPeriod(): void {
    if (this.#untold > 0)
      this.#tell('warning', `and ${this.#untold} more changes of backends; see \`vipair backends list\``);
    [this.#isCounting, this.#lines, this.#untold] = [false, 0, 0];
  }
}
