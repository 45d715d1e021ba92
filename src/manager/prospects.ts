import { proxyAs } from '../config/proxy.ts';
import type { Config, ProxyConfig } from '../config/config.ts';
import type { SwitchAnswer } from '../control/switching.ts';
import { bindsOf } from '../proxy/bind.ts';
import type { Profile } from '../proxy/profile.ts';
import { isGood } from '../proxy/request.ts';
import { mechanismHere } from '../proxy/switch/mechanism.ts';
import type { Mechanism } from '../proxy/switch/mechanism.ts';
import type { Side } from '../proxy/switch/side.ts';
import type { Care } from './care.ts';
import { sidesOf, starterOf } from './side.ts';
import type { SidePlan } from './side.ts';
import { stepWords } from './switchwords.ts';

export interface ProspectsOptions {
  readonly profiles: Readonly<Record<string, Profile>>;
  /** The state directory. */
  readonly state: string;
  readonly care: Pick<Care, 'applying' | 'installation'>;
  /** What this host is called; `undefined` while the daemon starts. */
  readonly node: () => string | undefined;
}

/** What a switch from the proxy of a configuration to another profile would be. It begins none. */
export class Prospects {
  readonly #options: ProspectsOptions;

  constructor(options: ProspectsOptions) {
    this.#options = options;
  }

  /** How both proxies share the sockets. */
  mechanism(config: Config): Mechanism {
    return mechanismHere(config.proxy?.mode ?? 'adopted', bindsOf(this.#options.care.applying.model()));
  }

  /** What is done, in order and in words. */
  steps(from: ProxyConfig, to: string, mechanism: Mechanism): string[] {
    const { profiles, state } = this.#options;
    const next = proxyAs(from, to);
    const [old, target] = [profiles[from.profile], profiles[to]];
    if (old === undefined || target === undefined) return [];
    const how = next.mode === 'managed' ? 'with the same sockets' : starterOf(target, next, state).how;
    return stepWords({ old: old.title, next: target.title, how, mechanism, switching: from.switching });
  }

  /** Both sides; `undefined` when there is no such profile. */
  sides({ proxy }: Config, to: string): { readonly from: Side; readonly to: Side } | undefined {
    const [old, target] = [proxy && this.#planOf(proxy), proxy && this.#planOf(proxyAs(proxy, to))];
    return old === undefined || target === undefined ? undefined : sidesOf(old, target, this.#options.state);
  }

  /** Whether the new one could be started: whether its checker takes the configuration, and none of it runs already. */
  async preview(config: Config, to: string): Promise<Omit<SwitchAnswer, 'mechanism' | 'steps'>> {
    const side = this.sides(config, to)?.to;
    if (side === undefined) throw new Error(`${to} cannot be run here`);
    const running = side.find();
    const previewed = await side.preview(this.#options.care.applying.model());
    const { message, findings, diff, durationMs } = previewed;
    if (running !== undefined) {
      const words = `${side.profile.title} runs already (main process ${running.main.pid}); stop it first`;
      return { result: 'refused', message: words, findings, diff, durationMs };
    }
    return isGood(previewed)
      ? { result: 'possible', message: `${side.profile.title} accepts the configuration`, findings, diff, durationMs }
      : { result: 'refused', message, findings, diff, durationMs };
  }

  /** Whether a proxy of these settings runs. */
  isAlive(proxy: ProxyConfig): boolean {
    return this.#planOf(proxy)?.installation.runner.find() !== undefined;
  }

  #planOf(proxy: ProxyConfig): SidePlan | undefined {
    const { profiles, care, node } = this.#options;
    const profile = profiles[proxy.profile];
    if (profile === undefined) return undefined;
    return { profile, proxy, installation: care.installation(profile, proxy, { label: node(), isShared: true }) };
  }
}
