import type { Config, ProxyConfig } from '../config/config.ts';
import type { ApplyAnswer, ApplyQuestion, ApplyStatus, AppliesAnswer } from '../control/applies.ts';
import { now } from '../linux/clock.ts';
import { OpError } from '../linux/operror.ts';
import { Applier } from '../proxy/apply.ts';
import type { ApplyOptions } from '../proxy/apply.ts';
import { isGood } from '../proxy/request.ts';
import type { ApplyResult } from '../proxy/request.ts';
import { FrontModels } from '../proxy/frontmodel.ts';
import type { FrontModel, ServerModel } from '../proxy/model.ts';
import { Pace } from '../proxy/pace.ts';
import type { Profile } from '../proxy/profile.ts';
import { instant } from '../wire/units.ts';
import type { Instant } from '../wire/units.ts';
import { Causes } from './causes.ts';
import { Outcome } from './outcome.ts';
import type { OutcomeEvents } from './outcome.ts';
import { isTrouble } from './applywords.ts';

/** What the applying tells. */
export interface ApplyingEvents extends Pick<OutcomeEvents, 'onResult' | 'onApplied'> {
  readonly onTrouble: (words: string) => void;
  /** Where the proxy of a configuration is, and how it is rendered for. */
  readonly installation: (
    profile: Profile,
    proxy: ProxyConfig,
    how: { readonly label: string | undefined; readonly isShared: boolean },
  ) => ApplyOptions;
}

/**
 * Keeps the proxy in step with the configuration and the backends, where this program renders for it: there are
 * services. A burst of changes is one apply; after a rollback by hand nothing is applied until somebody asks for it.
 */
export class Applying {
  readonly #profiles: Readonly<Record<string, Profile>>;
  readonly #events: ApplyingEvents;
  #config: Config | undefined;
  #settings = '';
  #isShared = false;
  #label: string | undefined;
  #applier: Applier | undefined;
  #pace: Pace | undefined;
  /** By service. BOUNDED: by the configuration, and by what the sources allow. */
  #backends: ReadonlyMap<string, readonly ServerModel[]> = new Map();
  readonly #models = new FrontModels();
  readonly #causes = new Causes();
  #held: string | undefined;
  readonly #outcome: Outcome;
  /** One apply at a time, whoever asked for it. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(profiles: Readonly<Record<string, Profile>>, events: ApplyingEvents) {
    this.#profiles = profiles;
    this.#events = events;
    const { onResult, onApplied } = events;
    this.#outcome = new Outcome({ onResult, onApplied, onAgain: () => this.#again() });
  }

  /** Follows a configuration, applied after the quiet time. `node` is this host's name; see `installation`. */
  follow(config: Config, node: string, isShared = false): void {
    const before = this.#config;
    this.#config = config;
    this.#label = node;
    const settings = this.#settingsOf(config, isShared);
    if (settings !== this.#settings) this.#replace(settings, config, isShared);
    if (this.#pace === undefined) return;
    this.#held = undefined;
    this.#request(before === undefined ? 'start' : 'configuration');
  }

  /**
   * The servers of every service whose backends are known, and why they are told; nothing is applied before those of all
   * services are. Without a cause they belong to what was asked for already. The quiet time begins when a change was noticed.
   */
  setBackends(
    backends: ReadonlyMap<string, readonly ServerModel[]>,
    cause: string | undefined,
    noticedAt: Instant = now(),
  ): void {
    this.#backends = backends;
    if (this.#pace === undefined) return;
    if (cause !== undefined) this.#request(cause, noticedAt);
    else if (!this.#causes.isEmpty) this.#pace.request(noticedAt);
  }

  /** The profile that is applied with, and the socket of its run-time interface as far as an apply has seen it. */
  get runtime(): { readonly profile: Profile; readonly socket: string | undefined } | undefined {
    const profile = this.#profiles[this.#config?.proxy?.profile ?? ''];
    return this.#applier && profile && { profile, socket: this.#applier.runtimeSocket };
  }

  /** What is in force; `undefined` when that is not known. */
  get inForce(): FrontModel | undefined {
    return this.#applier?.model;
  }

  /** Applies now, by hand. `undefined` when this program renders nothing here. */
  apply(question: ApplyQuestion, progress: (words: string) => void): Promise<ApplyAnswer | undefined> {
    return this.#byHand((applier) => {
      const request = { model: this.model(), cause: 'by hand', isByHand: true, force: question.force, progress };
      if (question.dry) return applier.preview(request);
      this.#held = undefined;
      return applier.apply(request);
    }, !question.dry);
  }

  /**
   * Starts a managed proxy that does not run: with what it had last, which takes nothing but the files in place, and where
   * that does not help with what it is to have. Gives why it does not run; `undefined` when it does, or is not managed.
   */
  start(): Promise<string | undefined> {
    return this.#inTurn(async () => {
      const applier = this.#applier;
      if (applier === undefined) return undefined;
      const trouble = await applier.revive();
      if (trouble === undefined || this.#held !== undefined || this.#awaited !== undefined) return trouble;
      const result = await applier.apply({ model: this.model(), cause: 'start', isPlanned: true });
      this.#conclude(result, 'start');
      return isTrouble(result) ? result.message : undefined;
    });
  }

  /** Goes back; nothing is applied by itself from then on. */
  rollback(id: number | undefined, progress: (words: string) => void): Promise<ApplyAnswer | undefined> {
    return this.#byHand(async (applier) => {
      const cause = id === undefined ? 'rollback' : `rollback to ${id}`;
      const result = await applier.rollback(id, { cause, isByHand: true, progress });
      if (isGood(result)) this.#held = `rolled back by hand; "vipair apply" goes on with what the configuration says`;
      return result;
    }, true);
  }

  applies(): AppliesAnswer {
    return { inForce: this.#applier?.inForce ?? null, applies: this.#applier?.records ?? [] };
  }

  /** null when this program renders nothing here. With `isDue` a change is on its way here. */
  status(isDue = false): ApplyStatus | null {
    if (this.#applier === undefined) return null;
    const [newest] = this.#applier.records;
    const { trouble, waits } = this.#outcome;
    return {
      inForce: this.#applier.inForce ?? null,
      isBusy: isDue || this.#pace?.isBusy === true,
      held: this.#held ?? null,
      waits,
      trouble,
      last: newest ?? null,
    };
  }

  /** Waits for the apply that runs and lets none begin until the result is called, which may be done twice. */
  pause(): Promise<() => void> {
    return new Promise((resolve) => {
      void this.#inTurn(() => new Promise<void>((release) => resolve(release)));
    });
  }

  /** Makes the proxy open its sockets so that another may open them too; while paused. Gives why it is as before. */
  async share(): Promise<string | undefined> {
    const config = this.#config;
    if (config === undefined || this.#applier === undefined) return 'nothing is rendered here';
    const wasShared = this.#isShared;
    this.#replace(this.#settingsOf(config, true), config, true);
    const { result, message } = await this.#applier.apply({ model: this.model(), cause: 'switch', isByHand: true });
    if (result === 'effective' || result === 'unchanged') return undefined;
    this.#replace(this.#settingsOf(config, wasShared), config, wasShared);
    // What has waited so far went with the pace.
    this.#request('configuration');
    return message;
  }

  /** What a change of makes everything anew; empty when nothing is rendered here. */
  #settingsOf({ proxy, services }: Config, isShared: boolean): string {
    const isOurs = proxy !== undefined && services.length > 0;
    return isOurs ? JSON.stringify({ ...proxy, node: this.#label, isShared }) : '';
  }

  #replace(settings: string, { proxy }: Config, isShared: boolean): void {
    this.#pace?.close();
    this.#outcome.forget();
    [this.#pace, this.#applier, this.#settings] = [undefined, undefined, settings];
    this.#isShared = isShared;
    const profile = proxy === undefined ? undefined : this.#profiles[proxy.profile];
    if (settings === '' || proxy === undefined || profile === undefined) return;
    const applier = new Applier(this.#events.installation(profile, proxy, { label: this.#label, isShared }));
    try {
      const done = applier.recover();
      if (done !== undefined) this.#events.onTrouble(`apply: ${done}`);
    } catch (error) {
      if (!(error instanceof OpError)) throw error;
      this.#events.onTrouble(error.message);
    }
    this.#applier = applier;
    this.#pace = new Pace({
      ...{ quiet: proxy.apply.quiet, ceiling: proxy.apply.ceiling, now, run: () => this.#run(applier) },
      prepare: () => this.#prepare(applier),
      schedule: (run, delay) => {
        const timer = setTimeout(run, delay);
        return () => clearTimeout(timer);
      },
    });
  }

  #request(cause: string, at: Instant = now()): void {
    this.#causes.add(cause);
    this.#pace?.request(at);
  }

  /** Ahead of a run, which comes next unless something changes. */
  #prepare(applier: Applier): void {
    if (this.#held !== undefined || this.#awaited !== undefined) return;
    void this.#inTurn(() => (applier === this.#applier ? applier.prepare(this.model()) : undefined));
  }

  async #run(applier: Applier): Promise<Instant | undefined> {
    if (this.#held !== undefined || applier !== this.#applier || this.#awaited !== undefined) return undefined;
    const causes = this.#causes.take();
    const { cause, isPlanned } = causes.words;
    // Whoever had the turn before may have put another proxy in its place.
    const apply = (): Promise<ApplyResult> => applier.apply({ model: this.model(), cause, isPlanned });
    const result = await this.#inTurn(() => (applier === this.#applier ? apply() : undefined));
    if (result === undefined) return undefined;
    if (result.result === 'deferred') {
      this.#causes.giveBack(causes);
      this.#outcome.defer(result);
      return result.until;
    }
    this.#conclude(result, cause);
    return undefined;
  }

  #conclude(result: ApplyResult, cause: string): void {
    this.#outcome.conclude(result, cause, this.#config?.proxy?.apply.retry);
  }

  /** What has waited already need not be quiet. */
  #again(): void {
    this.#pace?.request(instant(now() - (this.#config?.proxy?.apply.quiet ?? 0)));
  }

  /** The first service whose backends are not known yet; a source that is silent holds up nothing for long. */
  get #awaited(): string | undefined {
    return this.#config?.services.find(({ name }) => !this.#backends.has(name))?.name;
  }

  async #byHand(run: (applier: Applier) => Promise<ApplyResult>, isKept: boolean): Promise<ApplyAnswer | undefined> {
    const applier = this.#applier;
    if (applier === undefined) return undefined;
    if (this.#awaited !== undefined)
      throw new OpError('apply', 'EAGAIN', { advice: `the backends of ${this.#awaited} are not known yet; ask again` });
    const result = await this.#inTurn(() => run(this.#applier ?? applier));
    if (isKept) this.#outcome.answer(result, this.#config?.proxy?.apply.retry);
    const { until: _, ...answer } = result;
    return { ...answer, id: result.id ?? null };
  }

  #inTurn<T>(run: () => Promise<T> | T): Promise<T> {
    const done = this.#turn.then(run);
    this.#turn = done.catch(() => undefined);
    return done;
  }

  /** What the proxy is to serve. */
  model(): FrontModel {
    return this.#models.of(this.#config?.services ?? [], this.#backends);
  }
}
