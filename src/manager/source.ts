import type { RunOptions } from '../control/runoptions.ts';
import type { Resume } from '../engine/messages.ts';
import type { Profile } from '../proxy/profile.ts';
import { readConfigFile } from './configfile.ts';
import { resumed } from './inforce.ts';
import type { InForce, Refused } from './inforce.ts';
import type { Switching } from './switching.ts';

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
    const placed = readConfigFile(this.#options, this.#profiles);
    if (!('config' in placed)) return placed;
    this.#switching.chosen.noteFile(placed.config);
    return { ...placed, config: this.#switching.chosen.effective(placed.config) };
  }

  /** What a former manager had put in force. */
  resume(resume: Resume, read: InForce | Refused): ReturnType<typeof resumed> {
    return resumed(resume, read, this.#options.config, (config) => this.#switching.chosen.startingPoint(config));
  }
}
