import type { Config } from '../config/config.ts';
import type { Profile } from '../proxy/profile.ts';
import { ReportFollower } from '../proxy/reports.ts';
import type { Applying } from './applying.ts';
import type { Supply } from './supply.ts';

/**
 * The checks that the proxy makes itself. Where it does, its results are the truth: they are followed, and ours rest, so
 * that no backend is asked twice. They are kept warm by the proxy's results, and begin within a second when these stop:
 * the proxy is dead or silent, or another is to take its place.
 */
export class ProxyChecks {
  readonly #applying: Applying;
  readonly #supply: Supply;
  #services: readonly string[] = [];
  #followed: { readonly key: string; readonly follower: ReportFollower } | undefined;
  #trouble: string | undefined;

  constructor(applying: Applying, supply: Supply) {
    this.#applying = applying;
    this.#supply = supply;
  }

  /** Follows a configuration. */
  follow({ services }: Config, profile: Profile | undefined): void {
    const own = services.filter(({ check }) => check !== undefined && profile?.checksItself(check) === true);
    this.#services = own.map(({ name }) => name);
    if (this.#followed !== undefined) this.#leave(this.#trouble === undefined);
    this.look();
  }

  /** After an apply: there may be other servers, another worker, or now a socket. */
  look(): void {
    const { profile, socket } = this.#applying.runtime ?? {};
    const runtime = profile?.steering.runtime;
    const isWanted = this.#services.length > 0 && runtime?.reports !== undefined;
    const key = isWanted && socket !== undefined ? `${profile?.name} ${socket}` : '';
    if (this.#followed?.key === key) return this.#followed.follower.look();
    this.close();
    if (!isWanted || socket === undefined) return;
    const follower = new ReportFollower(socket, {
      runtime,
      services: () => this.#services,
      known: (service) => this.#supply.healthOf(service),
      onReports: (reports) => this.#supply.take(reports),
      onTrouble: (trouble) => {
        this.#trouble = trouble;
        this.#leave(trouble === undefined);
      },
      schedule: (run, delay) => {
        const timer = setTimeout(run, delay);
        return () => clearTimeout(timer);
      },
    });
    this.#followed = { key, follower };
  }

  /** What needs attention. */
  warnings(): string[] {
    if (this.#trouble === undefined || this.#followed === undefined) return [];
    return [`the proxy's own checks cannot be followed, so vipair checks the backends too: ${this.#trouble}`];
  }

  close(): void {
    this.#followed?.follower.close();
    [this.#followed, this.#trouble] = [undefined, undefined];
    this.#leave(false);
  }

  #leave(isFollowed: boolean): void {
    this.#supply.leave(new Set(isFollowed ? this.#services : []));
  }
}
