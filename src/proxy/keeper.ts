/**
 * Keeping proxies: whoever starts them, holds their listening sockets, and knows them again after a crash of its own.
 * There is one keeper in a daemon, for every profile, because the sockets are the same for all.
 *
 * The one way to change what serves is a successor: it is started beside the running proxy on the same sockets (and new
 * ones), and seen to have come up; whoever asked may look further, by a request, or for a while; then it is committed,
 * and the former proxies finish what they have, or it is abandoned, and nothing has happened. Both accept from the same
 * queues meanwhile, so that no connection is refused or lost at any point.
 *
 * Every step is recorded before the next is taken. After a crash `recover` takes the sockets back from the processes
 * that have them and goes on with the proxy that was committed last; what was on trial is ended.
 *
 * It knows no configuration, no model and no VRRP, and it decides nothing: when to start, to commit, or to start again
 * what has died is for its callers.
 */
import { OpError } from '../linux/operror.ts';
import { milliseconds } from '../wire/units.ts';
import type { Milliseconds } from '../wire/units.ts';
import { startCharge, takeCharge } from './charge.ts';
import type { Disk } from './disk.ts';
import type { Time } from './effect.ts';
import { familyOfCharge, provenUp } from './proof.ts';
import type { Found } from './family.ts';
import type { Profile } from './profile.ts';
import { RecordFile } from './record.ts';
import type { Recorded } from './record.ts';
import { Sockets } from './sockets.ts';
import type { Seat } from './sockets.ts';
import type { Failure, Kept, Plan, Succession } from './succession.ts';
import { findingWords } from './validate.ts';

export interface KeeperOptions {
  /** Where the record is kept, absolute: on a file system that outlives this program, such as /run. */
  readonly record: string;
  readonly disk: Disk;
  readonly time: Time;
  /** Told when the proxy has ended that nobody has drained or stopped: how, in words. */
  readonly onLoss: (kept: Kept, words: string) => void;
  /** Told when another proxy is the current one. */
  readonly onCommit?: () => void;
}

export class Keeper {
  readonly #options: KeeperOptions;
  readonly #record: RecordFile;
  readonly #sockets = new Sockets();
  #current: Kept | undefined;
  /** Those on trial and those on their way out. BOUNDED: each is drained within a limit or abandoned. */
  readonly #others: Set<Kept> = new Set();
  #isSealed = false;

  constructor(options: KeeperOptions) {
    this.#options = options;
    this.#record = new RecordFile(options.disk, options.record);
  }

  /** The proxy that was committed last; also when it has died, until it is started again. */
  get current(): Kept | undefined {
    return this.#current;
  }

  /** All that may still run: the current one and those on trial or on their way out. */
  get all(): readonly Kept[] {
    return [...(this.#current === undefined ? [] : [this.#current]), ...this.#others];
  }

  /**
   * Takes over what a former run has left; to be called once, before anything else. The committed proxy goes on
   * untouched, everything else is ended. Says what was found, for the log; `undefined` when there was nothing. Throws
   * OpError when the kernel does not give the sockets back: a proxy whose sockets are not ours cannot be followed by
   * another, so it is drained, which frees them for the next one.
   */
  recover(profiles: Readonly<Record<string, Profile>>, limit: Milliseconds): string | undefined {
    const left = this.#record.read().flatMap((recorded) => {
      const profile = profiles[recorded.profile];
      const charge = profile && takeCharge(profile, recorded, this.#options.time);
      return charge === undefined
        ? []
        : [{ recorded, kept: { charge, command: recorded.command, seats: recorded.seats } }];
    });
    try {
      for (const { kept } of left) {
        const pids = kept.charge.processes().map(({ pid }) => pid);
        this.#sockets.recover(kept.seats, pids);
      }
    } catch (error) {
      this.#sockets.close();
      for (const { kept } of left) void this.#end(kept, limit);
      throw error;
    }
    const [first] = left.filter(({ recorded }) => recorded.isCurrent);
    if (first !== undefined) this.#install(first.kept);
    const rest = left.filter((each) => each !== first);
    for (const { kept } of rest) void this.#end(kept, limit);
    this.#write();
    if (left.length === 0) return undefined;
    const { title } = (first ?? left[0])?.kept.charge.profile ?? { title: 'the proxy' };
    const ended = rest.length === 0 ? '' : `; ${rest.length} more of an unfinished change are ended`;
    return first === undefined
      ? `${title} of an unfinished change is ended`
      : `${title} main process ${first.kept.charge.main.pid} still runs and is kept${ended}`;
  }

  /**
   * The descriptors of a plan's sockets, for a checker that needs them as the proxy will. What is opened for it is
   * closed by `release`, unless a successor has got it meanwhile. Throws OpError when one cannot be opened.
   */
  descriptors(seats: readonly Seat[]): number[] {
    return this.#sockets.open(seats);
  }

  /** Closes the sockets that no proxy of ours has. */
  release(): void {
    this.#sockets.keep(this.all.flatMap(({ seats }) => seats));
  }

  /**
   * Closes the sockets when no process of ours has them: for a while connections wait for a proxy that is started again,
   * but then to be refused is better than to hang. The next plan opens them.
   */
  refuse(): void {
    if (this.all.every(({ charge }) => charge.processes().length === 0)) this.#sockets.close();
  }

  /**
   * Starts a successor and waits until it has come up: its workers run and stay, it has its sockets, and its main
   * process says so where it can. When it has not, it is ended, and why is given in words. Throws OpError when it cannot
   * be started at all.
   */
  async succeed(plan: Plan): Promise<Succession | Failure> {
    const { profile, seats } = plan;
    this.#refuseWhenSealed(`start ${profile.title}`);
    const before = this.#current;
    let kept: Kept;
    try {
      const charge = await startCharge({ ...plan, ...this.#options, descriptors: this.#sockets.open(seats) });
      kept = { charge, command: plan.start.command, seats };
    } catch (error) {
      this.release();
      throw error;
    }
    this.#others.add(kept);
    const abandon = async (): Promise<void> => {
      await kept.charge.stop();
      this.#forget(kept);
    };
    try {
      this.#write();
      const proof = await provenUp(kept.charge, plan, profile.steering.patience, this.#options.time);
      if ('trouble' in proof) {
        await abandon();
        const findings = profile.steering.findings(kept.charge.said());
        const [first] = findings;
        const { trouble } = proof;
        return { trouble: first === undefined ? trouble : `${trouble}: ${findingWords(first)}`, findings };
      }
      return { kept, found: proof.found, before, commit: (limit) => this.#commit(kept, limit), abandon };
    } catch (error) {
      await abandon();
      throw error;
    }
  }

  /**
   * From now on nothing is started, and nothing takes the place of another, whoever asks: what is started at the end of
   * this program would stay behind it. `succeed` and a commit throw OpError then.
   */
  seal(): void {
    this.#isSealed = true;
  }

  /** Drains whatever runs, and closes the sockets: clients are refused at once. For the end of the daemon. */
  async close(limit: Milliseconds): Promise<void> {
    const all = this.all;
    this.#current = undefined;
    for (const kept of all) this.#others.add(kept);
    this.#sockets.close();
    await Promise.all(all.map((kept) => this.#end(kept, limit)));
  }

  /** The processes of the current proxy; `undefined` when its main process is gone. */
  find(): Found | undefined {
    return this.#current && familyOfCharge(this.#current.charge);
  }

  #commit(kept: Kept, limit: Milliseconds): { readonly drained: Promise<number> } {
    const { title } = kept.charge.profile;
    this.#refuseWhenSealed(`let ${title} main process ${kept.charge.main.pid} serve`);
    const before = this.#current;
    const former = this.all.filter((each) => each !== kept);
    const change = (from: readonly Kept[], current: Kept | undefined, others: readonly Kept[]): void => {
      for (const each of from) this.#others.delete(each);
      for (const each of others) this.#others.add(each);
      this.#current = current;
    };
    change([kept], kept, former);
    try {
      this.#write();
    } catch (error) {
      // What is not recorded has not happened: after a crash the former one would be taken for the proxy.
      change(before === undefined ? [] : [before], before, [kept]);
      throw error;
    }
    this.#install(kept);
    this.#sockets.keep(kept.seats);
    this.#options.onCommit?.();
    const ends = former.map((each) => this.#end(each, limit));
    return { drained: countStopped(ends) };
  }

  #refuseWhenSealed(op: string): void {
    if (this.#isSealed) throw new OpError(op, 'ECANCELED', { advice: 'this program is ending' });
  }

  #install(kept: Kept): void {
    this.#current = kept;
    void this.#awaitLoss(kept);
  }

  async #awaitLoss(kept: Kept): Promise<void> {
    const words = await kept.charge.ended;
    if (this.#current === kept) this.#options.onLoss(kept, words);
  }

  async #end(kept: Kept, limit: Milliseconds): Promise<'drained' | 'stopped'> {
    this.#others.add(kept);
    const how = await kept.charge.drain(limit);
    this.#forget(kept);
    return how;
  }

  #forget(kept: Kept): void {
    this.#others.delete(kept);
    this.release();
    try {
      this.#write();
    } catch (error) {
      // A record that still has one that has ended hurts nobody: it is not found again, and the next write leaves it out.
      if (!(error instanceof OpError)) throw error;
    }
  }

  #write(): void {
    this.#record.write(
      this.all.map((kept): Recorded => {
        const { charge, command, seats } = kept;
        const places = seats.map(({ address, port }) => ({ address, port }));
        const isCurrent = kept === this.#current;
        return { profile: charge.profile.name, ...charge.main, command, seats: places, isCurrent };
      }),
    );
  }
}

const countStopped = async (ends: readonly Promise<string>[]): Promise<number> =>
  (await Promise.all(ends)).filter((how) => how === 'stopped').length;

/** How long a proxy may finish its connections unless told otherwise. */
export const DRAIN_LIMIT: Milliseconds = milliseconds(30_000);
