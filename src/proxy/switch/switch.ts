/**
 * Switching a live host from one proxy to another: what the state machine (`machine.ts`) says is done here, with the two
 * proxies as `Side`s. Each phase is on the disk before anything is done for it, so that whoever is started next, this
 * program or its successor after a kill at any point, knows what to finish: `resume`.
 *
 * The new proxy is started with files that its own checker has accepted, seeded with what is known of the backends. It is
 * asked through the real listener, and what counts is an answer whose connection the kernel says belongs to it.
 *
 * It knows nothing of VRRP, of who asked, and of how proxies are started.
 */
import { OpError } from '../../linux/operror.ts';
import { milliseconds } from '../../wire/units.ts';
import type { Found } from '../family.ts';
import { isSame } from '../process.ts';
import type { FrontModel } from '../model.ts';
import { abandon, INITIAL, resume, step } from './machine.ts';
import type { SwitchAction, SwitchEvent, SwitchPlan, SwitchState, SwitchStep } from './state.ts';
import type { SwitchOptions, SwitchResult } from './order.ts';
import { baselineOf, probeRound } from './round.ts';
import type { Baseline } from './round.ts';
import type { Side } from './side.ts';
import { outcomeWords, phaseWords } from './words.ts';

const LOOK = milliseconds(20);
const BETWEEN_ROUNDS = milliseconds(200);

/** An event without its time. */
type News = SwitchEvent extends infer E ? (E extends SwitchEvent ? Omit<E, 'at'> : never) : never;

export class Switch {
  readonly #options: SwitchOptions;
  #old: Found | undefined;
  #new: Found | undefined;
  #findings: readonly string[] = [];
  /** BOUNDED: one for each action that is under way. */
  readonly #news: News[] = [];
  #baseline: Baseline = new Map();
  #unsettled: string | undefined;
  #plan: SwitchPlan;
  /** One and the same from the validation to the start. */
  readonly #model: FrontModel;

  constructor(options: SwitchOptions) {
    this.#options = options;
    this.#plan = options.plan;
    this.#model = options.model;
  }

  /** Switches. Does not throw OpError: what fails is told in the result. */
  async run(): Promise<SwitchResult> {
    const { from, to, time } = this.#options;
    this.#old = from.find();
    this.#plan = { ...this.#plan, hasOld: this.#old !== undefined };
    const running = to.find();
    if (running !== undefined) {
      this.#old = undefined;
      return this.#conclude({ phase: 'done', result: 'refused', reason: runsAlready(to, running) });
    }
    return this.#drive(step(this.#plan, INITIAL, { type: 'begin', at: time.now() }));
  }

  /** Finishes what an interrupted run has begun; `undefined` when there is nothing. */
  async resume(): Promise<SwitchResult | undefined> {
    const { from, to, journal, time } = this.#options;
    const { unfinished } = journal;
    if (unfinished === undefined) return undefined;
    const { phase } = unfinished;
    const old = from.find();
    this.#new = to.find();
    const isOther = old !== undefined && unfinished.old !== undefined && !isSame(old.main, unfinished.old);
    this.#old = phase === 'restoring' && !isOther ? undefined : old;
    const alive = { old: this.#old !== undefined, new: this.#new !== undefined, isOther };
    // The one that was told to leave is ended before another is started in its place.
    if (phase === 'restoring' && !alive.old) this.#old = old;
    return this.#drive(resume(this.#plan, phase, alive, time.now()));
  }

  async #drive(first: SwitchStep): Promise<SwitchResult> {
    let { state, actions } = first;
    for (;;) {
      const unwritten = this.#write(state);
      const back = unwritten === undefined ? undefined : abandon(state, unwritten);
      if (back !== undefined) ({ state, actions } = back);
      for (const action of actions) this.#perform(action, state);
      if (state.phase === 'done') return this.#conclude(state);
      ({ state, actions } = await this.#next(state));
    }
  }

  /** The first step that changes something. */
  async #next(state: SwitchState): Promise<SwitchStep> {
    const { time, listener, from, to } = this.#options;
    for (;;) {
      if (this.#news.length === 0) await time.sleep(LOOK);
      for (const news of [...this.#news.splice(0, 1), ...this.#lost(), { type: 'tick' } as const]) {
        const next = step(this.#plan, state, { ...news, at: time.now() });
        const [before, words] = [state, next.state].map((each) => phaseWords(each, this.#plan, from, to));
        if (words !== undefined && words !== before) listener.progress(words);
        if (next.state !== state || next.actions.length > 0) return next;
      }
    }
  }

  /** Which of the two have gone. */
  #lost(): News[] {
    const { from, to } = this.#options;
    const sides = [['new', to, this.#new] as const, ['old', from, this.#old] as const];
    return sides.flatMap(([who, side, found]): News[] => {
      const again = found && side.again(found);
      if (again !== undefined && who === 'new') this.#new = again;
      // What does not run yet cannot be lost; what never ran is.
      if (again !== undefined || (who === 'new' && found === undefined)) return [];
      const which = found === undefined ? '' : ` main process ${found.main.pid}`;
      return [{ type: 'gone', who, detail: `${side.profile.title}${which} has ended` }];
    });
  }

  /** Why the journal could not be written; `undefined` when it was. */
  #write(state: SwitchState): string | undefined {
    const { journal, from, to } = this.#options;
    const { unfinished } = journal;
    const [old, next] = [mainOf(this.#old), mainOf(this.#new)];
    if (state.phase === 'done' || (unfinished?.phase === state.phase && unfinished.new?.pid === next?.pid))
      return undefined;
    try {
      journal.begin({ from: from.profile.name, to: to.profile.name, phase: state.phase, old, new: next });
      return undefined;
    } catch (error) {
      return messageOf(error);
    }
  }

  #perform(action: SwitchAction, state: SwitchState): void {
    const { from, to, listener } = this.#options;
    switch (action) {
      case 'watch-both':
        return listener.watchBoth();
      case 'hand-over':
        return listener.handOver();
      case 'hand-back':
        return listener.handBack();
      case 'commit':
        return;
      case 'validate':
        listener.progress(phaseWords(state, this.#plan, from, to) ?? '');
        return this.#begin('validated', () => this.#validate());
      case 'share':
        return this.#begin('shared', () => this.#options.share());
      case 'start':
        return this.#begin('started', () => this.#start(to));
      case 'probe':
        return void this.#probe(state.phase === 'probing' && state.good === 0 && state.wrong === 0);
      case 'commit-new':
        return this.#begin('committed', () => to.commit());
      case 'end-new':
        return this.#begin('ended', () => this.#dismiss());
      case 'restore-old':
        return this.#begin('restored', () => this.#restore());
      case 'drain-old':
        return this.#quietly(() => (this.#old === undefined ? Promise.resolve() : from.drain(this.#old)));
      case 'end-old':
        return this.#quietly(() => this.#end(from, this.#old));
    }
  }

  /** Begins an action; its end is news. */
  #begin(
    type: 'validated' | 'shared' | 'started' | 'committed' | 'ended' | 'restored',
    run: () => Promise<string | undefined>,
  ): void {
    run().then(
      (trouble) => this.#news.push({ type, trouble }),
      (error: unknown) => this.#news.push({ type, trouble: messageOf(error) }),
    );
  }

  /** Begins an action whose effect is seen in the processes. What goes wrong is told with the result. */
  #quietly(run: () => Promise<unknown>): void {
    run().catch((error: unknown) => {
      this.#unsettled = messageOf(error);
      this.#options.listener.progress(this.#unsettled);
    });
  }

  async #validate(): Promise<string | undefined> {
    const { trouble, findings } = await this.#options.to.validate(this.#model);
    this.#findings = findings;
    return trouble;
  }

  /** Starts one, and waits until it runs. */
  async #start(side: Side): Promise<string | undefined> {
    const { to } = this.#options;
    if (side === to && this.#old !== undefined) this.#baseline = await baselineOf(this.#model);
    const found = await side.start(this.#model);
    if (side === to) this.#new = found;
    else this.#old = found;
    return undefined;
  }

  /** `isFirst`: at once. */
  async #probe(isFirst: boolean): Promise<void> {
    const { time } = this.#options;
    if (!isFirst) await time.sleep(BETWEEN_ROUNDS);
    const pids = (): number[] => (this.#new === undefined ? [] : [this.#new.main.pid, ...this.#new.children]);
    const round = await probeRound(this.#model, this.#baseline, pids);
    this.#news.push({ type: 'probed', ...round });
  }

  /** Ends the new one, which has clients of its own by now: they are served to their end. */
  async #dismiss(): Promise<undefined> {
    const { to, time } = this.#options;
    const found = this.#new ?? to.find();
    if (found !== undefined) {
      await to.drain(found);
      const deadline = time.now() + this.#plan.drain;
      while (to.again(found) !== undefined && time.now() < deadline) await time.sleep(LOOK);
    }
    return this.#end(to, found);
  }

  async #end(side: Side, found: Found | undefined): Promise<undefined> {
    // One that was started and not found yet is not left behind.
    const now = found ?? side.find();
    if (now !== undefined) await side.end(now);
    // Its unit may be about to start it once more.
    else await side.starter?.stop();
    await side.settle();
    return undefined;
  }

  async #restore(): Promise<string | undefined> {
    const { from, to } = this.#options;
    await this.#end(to, this.#new);
    this.#new = undefined;
    await this.#end(from, this.#old);
    this.#old = undefined;
    return this.#start(from);
  }

  /** What else has to be done so that the next boot does not undo it. */
  async #bootAdvice(): Promise<string[]> {
    const { from, to } = this.#options;
    if (from.starter === undefined || to.starter === undefined) return [];
    try {
      return [(await to.starter.bootAdvice(from.starter)) ?? []].flat();
    } catch (error) {
      return [messageOf(error)];
    }
  }

  async #conclude({ result, reason }: SwitchState & { phase: 'done' }): Promise<SwitchResult> {
    const { from, to, journal } = this.#options;
    const trouble: string[] = this.#unsettled === undefined ? [] : [this.#unsettled];
    for (const side of [from, to]) {
      try {
        await side.settle();
      } catch (error) {
        trouble.push(messageOf(error));
      }
    }
    if (result === 'switched') trouble.push(...(await this.#bootAdvice()));
    try {
      journal.conclude(this.#options.runs(result));
    } catch (error) {
      trouble.push(messageOf(error));
    }
    return {
      result,
      message: [outcomeWords(result, reason, from, to), ...trouble].join('; '),
      findings: this.#findings,
    };
  }
}

const runsAlready = ({ profile }: Side, { main }: Found): string =>
  `${profile.title} runs already (main process ${main.pid}); stop it first, it has a configuration of its own`;

const mainOf = (found: Found | undefined): { readonly pid: number; readonly startTime: number } | undefined =>
  found && { pid: found.main.pid, startTime: found.main.startTime };

/** What is no failure of the host is a mistake of this program, and must not be told as one. */
function messageOf(error: unknown): string {
  if (error instanceof OpError) return error.message;
  throw error;
}
