import { loadConfig } from '../config/load.ts';
import { parseConfig } from '../config/parse.ts';
import type { RunOptions } from '../control/runoptions.ts';
import type { Resume } from '../engine/messages.ts';
import { judgeServices } from '../proxy/judgement.ts';
import type { Profile } from '../proxy/profile.ts';
import { changesBetween, place } from './inforce.ts';
import type { InForce, Refused } from './inforce.ts';

/** The file of the configuration, and what a former manager had put in force of it. */
export class ConfigFile {
  readonly #options: Pick<RunOptions, 'config' | 'node'>;
  readonly #profiles: Readonly<Record<string, Profile>>;

  constructor(options: Pick<RunOptions, 'config' | 'node'>, profiles: Readonly<Record<string, Profile>>) {
    this.#options = options;
    this.#profiles = profiles;
  }

  get path(): string {
    return this.#options.config;
  }

  read(): InForce | Refused {
    const parsed = loadConfig(this.path, {
      profiles: Object.keys(this.#profiles),
      judge: (config) => judgeServices(config, this.#profiles),
    });
    return place(parsed, this.path, this.#options.node);
  }

  /**
   * What a former manager had put in force, and why that is not what the file says. A file that says something else by
   * now waits for a reload, as it would have without the restart.
   */
  resume({ text, node, loadedAt }: Resume): { readonly next: InForce | Refused; readonly errors: readonly string[] } {
    const read = this.read();
    const resumed = place(parseConfig(text, '<in force>', { profiles: [] }), this.path, node);
    if (!('config' in resumed)) return { next: resumed, errors: [] };
    if (!('config' in read)) return { next: { ...resumed, loadedAt }, errors: read.errors };
    if (changesBetween(resumed, read).length === 0) return { next: { ...read, loadedAt }, errors: [] };
    const changed = `"${this.path}" has changed since it was loaded; run \`vipair reload\``;
    return { next: { ...resumed, loadedAt }, errors: [changed] };
  }
}
