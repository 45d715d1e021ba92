import type { Config } from '../config/config.ts';
import type { RunOptions } from '../control/runoptions.ts';
import type { SwitchAnswer, SwitchQuestion, SwitchStatus } from '../control/switching.ts';
import { now } from '../linux/clock.ts';
import { hostDisk } from '../proxy/disk.ts';
import type { Profile } from '../proxy/profile.ts';
import { runsAfter, SwitchJournal } from '../proxy/switch/journal.ts';
import type { SwitchListener, SwitchResult } from '../proxy/switch/order.ts';
import { Switch } from '../proxy/switch/switch.ts';
import { between, milliseconds } from '../wire/units.ts';
import type { Care } from './care.ts';
import { Chosen } from './chosen.ts';
import type { UnstampedManagerEvent } from './event.ts';
import { messageOf } from './exit.ts';
import { Guard } from './guard.ts';
import { Prospects } from './prospects.ts';

/** What the switching needs of the manager. */
export interface SwitchingOptions {
  readonly profiles: Readonly<Record<string, Profile>>;
  readonly run: Pick<RunOptions, 'state'>;
  readonly care: Care;
  /** What is in force; `undefined` while the daemon starts. */
  readonly inForce: () => { readonly config: Config; readonly node: string } | undefined;
  /** Another proxy is in force from now on, with everything else as it is. */
  readonly onHandOver: (config: Config) => void;
  /** Runs when no reload is under way, and lets none begin until it is done. */
  readonly inTurn: <R>(run: () => Promise<R>) => Promise<R>;
  readonly tell: (event: Extract<UnstampedManagerEvent, { type: 'switch' | 'manager' }>) => void;
}

/** Why a reload is refused that would pull the ground from under a switch. */
export const UNDER_WAY = 'a switch of the proxy is under way; reload again when it is over, see `vipair status`';

/** How long a new proxy may take until it answers. */
const PATIENCE = milliseconds(10_000);

/** How this host's proxy is switched for another: `vipair switch`, and a reload of a file that names another profile. */
export class Switching {
  readonly #options: SwitchingOptions;
  readonly #journal: SwitchJournal;
  /** Which proxy this host is to run. */
  readonly chosen: Chosen;
  #underWay: { readonly to: string; doing: string } | undefined;
  readonly #guard = new Guard();
  readonly #prospects: Prospects;

  constructor(options: SwitchingOptions) {
    this.#options = options;
    const { profiles, care, run, inForce } = options;
    this.#journal = new SwitchJournal(hostDisk, run.state);
    this.#prospects = new Prospects({ profiles, care, state: run.state, node: () => inForce()?.node });
    this.chosen = new Chosen({
      ...{ profiles, journal: this.#journal },
      isAlive: (proxy) => this.#prospects.isAlive(proxy),
      onTrouble: (detail) => options.tell({ type: 'manager', severity: 'warning', detail }),
    });
  }

  get isUnderWay(): boolean {
    return this.#underWay !== undefined;
  }

  /** Whether the proxy opens its sockets so that another may open them too: once a switch is prepared or was made. */
  isShared({ proxy }: Config): boolean {
    if (proxy?.mode !== 'adopted') return false;
    return this.isUnderWay || this.#journal.runs !== undefined || Object.keys(proxy.profiles).length > 0;
  }

  /** null when no proxy is watched. */
  status(): SwitchStatus | null {
    const runs = this.#options.inForce()?.config.proxy?.profile;
    if (runs === undefined) return null;
    return {
      runs,
      configured: this.chosen.configured ?? runs,
      since: this.#journal.runs?.profile === runs ? this.#journal.runs.since : null,
      underWay: this.#underWay === undefined ? null : { ...this.#underWay },
    };
  }

  /** What an operator should mend. */
  warnings(): string[] {
    const status = this.status();
    if (status === null || status.runs === status.configured || status.underWay !== null) return [];
    const since = status.since === null ? '' : ` since ${status.since}`;
    return [
      `this host runs ${status.runs}${since}, and the file says "profile: ${status.configured}"; ` +
        `write "profile: ${status.runs}" in it, on every host, or run "vipair switch ${status.configured}"`,
    ];
  }

  /**
   * The daemon ends: nothing of a switch is carried on, and none begins. The journal stays as it is, so that the next
   * start goes on from there; whoever waits for the switch waits until this program has ended.
   */
  abort(): void {
    this.#guard.close();
  }

  /** Finishes what an interrupted run has begun. Does not reject: what fails is told. */
  async resume(): Promise<void> {
    const { unfinished } = this.#journal;
    const config = this.#options.inForce()?.config;
    if (unfinished === undefined || config?.proxy === undefined) return;
    const { from, to } = unfinished;
    const work = this.#run(
      this.chosen.as(config, from),
      to,
      () => undefined,
      (each) => each.resume(),
    );
    await work.catch(this.#tells(`the switch to ${to} that had begun is not finished`));
  }

  /**
   * Switches to the profile of a file that names another one than runs; nothing when it is the same. To be called while
   * that file is the one in force, before another reload.
   */
  follow({ proxy }: Config): void {
    const runs = this.#options.inForce()?.config.proxy;
    if (proxy === undefined || runs === undefined || proxy.profile === runs.profile || this.isUnderWay) return;
    const done = this.#switch({ to: proxy.profile, dry: false }, () => undefined);
    done.catch(this.#tells('the proxy is not switched'));
  }

  /**
   * Switches, or says what would be done, from what the reloads before have put in force. It has its place among them
   * only for the moment in which it begins; those that come while it is under way are refused. Refuses with an Error in
   * words.
   */
  async switch(question: SwitchQuestion, progress: (words: string) => void): Promise<SwitchAnswer> {
    if (this.#options.inForce() === undefined) throw new Error('the daemon is still starting; ask again');
    const begun = await this.#options.inTurn(() => Promise.resolve({ done: this.#switch(question, progress) }));
    return begun.done;
  }

  /** What it begins with is done at once: it is under way, and reads what is in force, when this returns. */
  async #switch({ to, dry }: SwitchQuestion, progress: (words: string) => void): Promise<SwitchAnswer> {
    const { profiles, inForce } = this.#options;
    const config = inForce()?.config;
    if (config === undefined || this.#guard.isOver)
      throw new Error(`the daemon is ${this.#guard.isOver ? 'ending' : 'still starting'}; ask again`);
    const from = config.proxy;
    if (from === undefined || config.services.length === 0)
      throw new Error('there is no proxy with services; vipair switches only what it renders');
    if (profiles[to] === undefined)
      throw new Error(`"${to}" is no profile; choose ${Object.keys(profiles).join(' or ')}`);
    const mechanism = this.#prospects.mechanism(config);
    const about = { mechanism, steps: this.#prospects.steps(from, to, mechanism) };
    const nothing = { ...about, findings: [], diff: '', durationMs: 0 };
    if (this.#underWay !== undefined)
      return { ...nothing, result: 'refused', message: `a switch to ${this.#underWay.to} is under way; wait for it` };
    if (from.profile === to) return { ...nothing, result: 'unchanged', message: `this host runs ${to} already` };
    if (dry) return { ...about, ...(await this.#prospects.preview(config, to)) };
    for (const missing of mechanism.missing) progress(missing);
    const startedAt = now();
    const result = await this.#run(config, to, progress, (work) => work.run());
    const durationMs = Math.round(between(startedAt, now()));
    return {
      ...about,
      ...(result ?? { result: 'refused', message: 'nothing to do', findings: [] }),
      diff: '',
      durationMs,
    };
  }

  /** Runs one switch from what `config` says. Changes of the backends wait until one proxy has taken over. */
  async #run(
    config: Config,
    to: string,
    progress: (words: string) => void,
    run: (work: Switch) => Promise<SwitchResult | undefined>,
  ): Promise<SwitchResult | undefined> {
    const { care, onHandOver, tell } = this.#options;
    const { applying, vitals: watches } = care;
    const next = this.chosen.as(config, to);
    const sides = this.#prospects.sides(config, to);
    if (config.proxy === undefined || sides === undefined) return undefined;
    const from = config.proxy.profile;
    const { unshared } = this.#prospects.mechanism(config);
    const underWay = { to, doing: 'begins' };
    this.#underWay = underWay;
    const release = await applying.pause();
    const startedAt = now();
    let proven = config;
    const settle = (winner: Config): void => {
      proven = winner;
      watches.settle(winner);
      onHandOver(winner);
    };
    try {
      const work = new Switch({
        ...{ ...sides, journal: this.#journal, model: applying.model() },
        time: { now, sleep: (duration) => this.#guard.sleep(duration) },
        plan: {
          ...{ hasOld: true, sharing: unshared.length > 0, patience: PATIENCE, ...config.proxy.switching },
          isKept: config.proxy.mode === 'managed',
        },
        share: () => applying.share(),
        runs: (result) =>
          runsAfter(result, { from, to, configured: this.chosen.configured ?? from, before: this.#journal.runs }),
        listener: this.#listener(underWay, progress, {
          watchBoth: () => watches.watchBeside(next),
          handOver() {
            settle(next);
            release();
          },
          handBack: () => settle(config),
        }),
      });
      const result = await run(work);
      const durationMs = between(startedAt, now());
      if (result !== undefined)
        tell({ type: 'switch', from, to, result: result.result, message: result.message, durationMs });
      return result;
    } catch (error) {
      // One proxy is the one of this host, also after a mistake, and it alone is watched.
      if (!this.#guard.isOver) settle(proven);
      throw error;
    } finally {
      this.#underWay = undefined;
      release();
    }
  }

  /** Hears of a switch, until the daemon ends. */
  #listener(
    underWay: { doing: string },
    progress: (words: string) => void,
    { watchBoth, handOver, handBack }: Omit<SwitchListener, 'progress'>,
  ): SwitchListener {
    const guard = this.#guard;
    const told = (words: string): void => {
      underWay.doing = words;
      progress(words);
      this.#options.tell({ type: 'manager', severity: 'info', detail: `switch: ${words}` });
    };
    return {
      ...{ progress: guard.call(told), watchBoth: guard.call(watchBoth) },
      ...{ handOver: guard.call(handOver), handBack: guard.call(handBack) },
    };
  }

  #tells(what: string): (error: unknown) => void {
    return (error) =>
      this.#options.tell({ type: 'manager', severity: 'error', detail: `${what}: ${messageOf(error)}` });
  }
}
