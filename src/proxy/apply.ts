/**
 * Apply: making what a proxy serves what a model says, safely. Render; compare by content; stage beside; let the
 * proxy's own checker look at the whole real configuration; replace the files as one step; change the running proxy by
 * its run-time interface when that can do all of it, and by a reload otherwise; see that it is in force; record it.
 * Whatever fails, the last good configuration stays or is put back, and the checker's words are passed on.
 *
 * What follows from a model alone may be made ahead of time (`prepare`); what is on the disk and what runs is looked at when
 * it is applied.
 *
 * A change that the run-time interface makes is made before the checker has looked at the file, because the proxy
 * judges each command itself; it is taken back when the checker refuses the file.
 *
 * It knows the profile's interface and no proxy, and nothing of VRRP, of where models come from, or of when to apply:
 * `pace.ts` says when. One apply runs at a time; the caller sees to that.
 */
import type { Instant } from '../wire/units.ts';
import { OpError } from '../linux/operror.ts';
import { ReloadBudget } from './budget.ts';
import type { BudgetLimits } from './budget.ts';
import { hostDisk } from './disk.ts';
import type { Disk } from './disk.ts';
import type { Time } from './effect.ts';
import { History, isInForce } from './history.ts';
import type { ApplyRecord } from './history.ts';
import { look } from './look.ts';
import type { Installation, Look } from './look.ts';
import type { FrontModel } from './model.ts';
import type { ApplyRequest, ApplyResult } from './request.ts';
import { enforce, runtimePlan } from './enforce.ts';
import type { Known, Outcome } from './enforce.ts';
import { isSame } from './process.ts';
import { recover } from './swap.ts';
import { changedFiles, diffOf, digestBefore, renderOptions, takenFiles, targetOf } from './target.ts';
import type { Target } from './target.ts';
import { elapsed, inexpressible, notKept, toldOf } from './told.ts';

export interface ApplyOptions extends Installation {
  /** How often it reloads unless somebody asks for it by hand. */
  readonly budget: BudgetLimits;
  readonly time: Time;
  readonly disk?: Disk;
}

export class Applier {
  readonly #options: ApplyOptions;
  readonly #disk: Disk;
  #history: History;
  /** What the proxy is known to serve; `undefined` when that is not known. */
  #known: Known | undefined;
  readonly #budget: ReloadBudget;
  #seen: Look | undefined;

  constructor(options: ApplyOptions) {
    this.#options = options;
    this.#disk = options.disk ?? hostDisk;
    this.#budget = new ReloadBudget(options.budget);
    this.#history = new History(this.#disk, options.directory);
  }

  /**
   * Finishes what an interrupted run began; to be called once, before anything else. Says what was done. Throws OpError
   * when the disk does not allow it.
   */
  recover(): string | undefined {
    const done = recover(this.#disk, this.#options.directory);
    // How far the interrupted run has got with the proxy itself is not known.
    if (done !== undefined) this.#history.forget();
    return done;
  }

  /** What was applied, the newest first. */
  get records(): readonly ApplyRecord[] {
    return this.#history.records;
  }

  /** The id of the apply in force; `undefined` when that is not known. */
  get inForce(): number | undefined {
    return this.#history.inForce?.id;
  }

  /** What is in force; `undefined` when that is not known, or not kept. */
  get model(): FrontModel | undefined {
    return this.inForce === undefined ? undefined : this.#history.model(this.inForce);
  }

  /** The socket of the proxy's run-time interface, as it was last seen to be started; `undefined` when it has none. */
  get runtimeSocket(): string | undefined {
    const { runtime } = this.#options.profile.steering;
    return this.#seen && runtime?.socket(this.#seen.launch, this.#disk);
  }

  /**
   * The proxy was started with what the last apply has written; that is in force then. Throws OpError when the proxy
   * cannot be looked at.
   */
  async started(model: FrontModel): Promise<void> {
    const seen = await this.#look();
    const found = this.#target(model, seen);
    const { inForce } = this.#history;
    if ('result' in found || seen.found === undefined || inForce?.digest !== digestBefore(found)) return;
    const { pid, startTime } = seen.found.main;
    this.#known = { id: inForce.id, model };
    this.#history.runsIn({ pid, startTime });
  }

  /**
   * Does what an apply of a model begins with and what touches nothing, while nobody waits for it; the apply finds what
   * follows from the model alone (`draft.ts`), and looks at the disk and the proxy anew. What is in the way is the
   * apply's to tell, so this does not throw OpError.
   */
  async prepare(model: FrontModel): Promise<void> {
    try {
      const seen = await this.#look();
      const target = this.#target(model, seen);
      if (!('result' in target)) runtimePlan(this.#context(target, seen, { model, cause: '' }));
    } catch (error) {
      if (!(error instanceof OpError)) throw error;
    }
  }

  /** Applies a model. Does not throw OpError: what fails is told in the result. */
  async apply(request: ApplyRequest): Promise<ApplyResult> {
    const { time } = this.#options;
    const startedAt = time.now();
    let outcome: Outcome;
    let target: Target | undefined;
    try {
      const seen = await this.#look();
      const found = this.#target(request.model, seen);
      if ('result' in found) outcome = found;
      else {
        target = found;
        outcome = await this.#decide(target, seen, request);
      }
    } catch (error) {
      if (!(error instanceof OpError)) throw error;
      outcome = { result: 'failed', method: 'none', message: error.message };
    }
    return this.#conclude(request, outcome, target, startedAt);
  }

  /**
   * Starts the proxy with what was last in force and lies on the disk, when none runs: nothing is rendered or validated,
   * so that it serves again at once. Gives why it could not, `undefined` when it runs. Does not throw OpError.
   */
  async revive(): Promise<string | undefined> {
    try {
      const seen = await this.#look();
      const { inForce } = this.#history;
      const model = this.model;
      const { managing } = this.#options.runner;
      if (managing === undefined || seen.found !== undefined) return undefined;
      if (inForce === undefined || model === undefined) return 'nothing is known to be in force';
      const target = this.#target(model, seen);
      if ('result' in target) return target.message;
      if (digestBefore(target) !== inForce.digest) return 'the files are not those that were last in force';
      const started = await managing.start(model);
      if ('trouble' in started) return started.trouble;
      const { pid, startTime } = started.found.main;
      this.#history.runsIn({ pid, startTime });
      return undefined;
    } catch (error) {
      if (!(error instanceof OpError)) throw error;
      return error.message;
    }
  }

  /** What an apply would do: the diff, whether the checker takes it, and how it would be put in force. */
  async preview(request: ApplyRequest): Promise<ApplyResult> {
    const startedAt = this.#options.time.now();
    let outcome: Outcome;
    let diff = '';
    try {
      const seen = await this.#look();
      const found = this.#target(request.model, seen);
      if ('result' in found) outcome = found;
      else {
        diff = diffOf(found);
        outcome = await enforce({ ...this.#context(found, seen, request), isDry: true });
      }
    } catch (error) {
      if (!(error instanceof OpError)) throw error;
      outcome = { result: 'failed', method: 'none', message: error.message };
    }
    return { ...toldOf(outcome), diff, durationMs: elapsed(this.#options.time, startedAt), id: undefined };
  }

  /** Goes back to an earlier good apply, the last one before the one in force unless another is named. */
  async rollback(id: number | undefined, request: Omit<ApplyRequest, 'model'>): Promise<ApplyResult> {
    const record = id === undefined ? this.#history.before(this.inForce) : this.records.find((one) => one.id === id);
    const model = record === undefined ? undefined : this.#history.model(record.id);
    if (record !== undefined && model !== undefined) return this.apply({ ...request, model });
    return { ...toldOf(notKept(id, this.records)), diff: '', durationMs: 0, id: undefined };
  }

  async #look(): Promise<Look> {
    const seen = await look(this.#options, this.#disk, this.#seen);
    // Another program may accept less.
    if (seen.features !== this.#seen?.features) this.#known = undefined;
    this.#seen = seen;
    return seen;
  }

  /** The files for a model, or why there are none. */
  #target(model: FrontModel, seen: Look): Target | Outcome {
    const { profile } = this.#options;
    const refusals = profile.refuse(model, seen.features);
    if (refusals.length > 0) return inexpressible(profile.title, refusals);
    const options = renderOptions({ ...this.#options, ...seen, render: this.#options.render ?? {} });
    return targetOf(profile, model, options, this.#disk);
  }

  async #decide(target: Target, seen: Look, request: ApplyRequest): Promise<Outcome> {
    const taken = takenFiles(target);
    if (taken.length > 0 && request.force !== true) {
      const names = taken.map(({ path, ownership }) => `${path} (${ownership === 'edited' ? 'edited' : 'not ours'})`);
      const message = `somebody else wrote ${names.join(', ')}; look at the difference, then "vipair apply --force"`;
      return { result: 'refused', method: 'none', message };
    }
    const context = this.#context(target, seen, request);
    const outcome = await enforce(context);
    if (outcome.result !== 'rolled-back' || changedFiles(target).length > 0) return outcome;
    // The files were in place already, so that nothing was put back: a run that was interrupted had left them.
    const record = this.#history.before(undefined);
    const model = record && this.#history.model(record.id);
    if (model === undefined) return { ...outcome, result: 'failed' };
    const last = this.#target(model, seen);
    if (!('result' in last)) await enforce(this.#context(last, seen, request));
    return outcome;
  }

  #context(target: Target, seen: Look, request: ApplyRequest): Parameters<typeof enforce>[0] {
    const { time } = this.#options;
    const isByHand = request.isByHand === true;
    const isPlanned = isByHand || request.isPlanned === true;
    return {
      ...this.#options,
      target,
      seen,
      disk: this.#disk,
      known: this.#knownOf(target, seen),
      isInForce: isInForce(this.#history.inForce, target.digest, seen.found?.main),
      wait: isByHand ? undefined : this.#budget.wait(time.now(), isPlanned),
      onReload: () => this.#budget.spend(time.now(), isPlanned),
      progress: request.progress ?? ((): void => undefined),
      isDry: false,
    };
  }

  /**
   * What the running proxy serves, as far as that is known: from this run, or from the history of the last one. Files
   * that are not those of the history were changed by somebody, or by a run that did not come to an end.
   */
  #knownOf(target: Target, { found, features }: Look): Known | undefined {
    const { inForce } = this.#history;
    if (inForce?.digest !== digestBefore(target)) return undefined;
    const isSameMain = found !== undefined && inForce?.main !== undefined && isSame(inForce.main, found.main);
    if (!isSameMain || inForce === undefined) return undefined;
    if (this.#known !== undefined && this.#known.id === inForce.id) return this.#known;
    const model = this.#history.model(inForce.id);
    // What an earlier version of this program, or of the proxy, accepted may be refused now.
    if (model === undefined || this.#options.profile.refuse(model, features).length > 0) return undefined;
    this.#known = { id: inForce.id, model };
    return this.#known;
  }

  #conclude(request: ApplyRequest, outcome: Outcome, target: Target | undefined, startedAt: Instant): ApplyResult {
    const told = toldOf(outcome);
    const durationMs = elapsed(this.#options.time, startedAt);
    const diff = target === undefined || request.isByHand !== true ? '' : diffOf(target);
    const { result, method, message } = told;
    if (result === 'unchanged') this.#history.refresh(request.model);
    if (result === 'unchanged' || result === 'deferred') return { ...told, diff, durationMs, id: undefined };
    const isGood = result === 'effective' || result === 'written';
    const [newest] = this.records;
    // What is tried again and again would leave no room for anything else.
    const isKnown = !isGood && newest?.result === result && newest.message === message;
    const id = isKnown ? newest.id : this.#history.nextId;
    const at = new Date().toISOString();
    const main = outcome.main && { pid: outcome.main.pid, startTime: outcome.main.startTime };
    const inForce = isGood && target !== undefined ? { id, digest: target.digest, main } : undefined;
    if (isGood) this.#known = { id, model: request.model };
    // What a failure on the way has left is not known.
    else if (outcome.isUncertain === true) this.#history.forget();
    if (isKnown) return { ...told, diff, durationMs, id };
    try {
      this.#history.add(
        { id, at, cause: request.cause, durationMs, method, result, message },
        isGood ? request.model : undefined,
        inForce,
      );
    } catch (error) {
      if (!(error instanceof OpError)) throw error;
      return { ...told, message: `${message}; the history was not written: ${error.message}`, diff, durationMs, id };
    }
    return { ...told, diff, durationMs, id };
  }
}
