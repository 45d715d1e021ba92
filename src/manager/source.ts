import { loadConfig } from '../config/load.ts';
import { parseConfig } from '../config/parse.ts';
import type { RunOptions } from '../control/runoptions.ts';
import type { Resume } from '../engine/messages.ts';
import { judgeServices } from '../proxy/judgement.ts';
import type { Profile } from '../proxy/profile.ts';
import { changesBetween, place } from './inforce.ts';
import type { InForce, Refused } from './inforce.ts';
import type { Switching } from './switching.ts';

/** What a new manager goes on with. */
export interface Resumed {
  readonly inForce: InForce | Refused;
  /** Why the file is not it; empty when it is. */
  readonly errors: readonly string[];
}

/** Where the configuration comes from: the file, what a former manager had put in force, and the last switch. */
export class ConfigSource {
  readonly #options: RunOptions;
  readonly #profiles: Readonly<Record<string, Profile>>;
  readonly #switching: Switching;

  constructor(options: RunOptions, profiles: Readonly<Record<string, Profile>>, switching: Switching) {
    this.#options = options;
    this.#profiles = profiles;
    this.#switching = switching;
  }

  /** The file, with the proxy that this host was switched to. */
  read(): InForce | Refused {
    const parsed = loadConfig(this.#options.config, {
      profiles: Object.keys(this.#profiles),
      judge: (config) => judgeServices(config, this.#profiles),
    });
    const placed = place(parsed, this.#options.config, this.#options.node);
    if (!('config' in placed)) return placed;
    this.#switching.noteFile(placed.config);
    return { ...placed, config: this.#switching.effective(placed.config) };
  }

  /**
   * What a former manager had put in force. A file that says something else by now waits for a reload, as it would have
   * without the restart.
   */
  resume({ text, node, loadedAt }: Resume, read: InForce | Refused): Resumed {
    const parsed = parseConfig(text, '<in force>', { profiles: [] });
    const placed = place(parsed, this.#options.config, node);
    if (!('config' in placed)) return { inForce: placed, errors: [] };
    const resumed = { ...placed, config: this.#switching.effective(placed.config), loadedAt };
    if ('config' in read && changesBetween(resumed, read).length === 0)
      return { inForce: { ...read, loadedAt }, errors: [] };
    const changed = `"${this.#options.config}" has changed since it was loaded; run \`vipair reload\``;
    return { inForce: resumed, errors: 'config' in read ? [changed] : read.errors };
  }
}
