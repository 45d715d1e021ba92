import { loadConfig } from '../config/load.ts';
import type { RunOptions } from '../control/runoptions.ts';
import { judgeServices } from '../proxy/judgement.ts';
import type { Profile } from '../proxy/profile.ts';
import { place } from './inforce.ts';
import type { InForce, Refused } from './inforce.ts';

/** Reads the file of the configuration, with everything that must be right before it may be in force. */
export function readConfigFile(
  { config: file, node }: Pick<RunOptions, 'config' | 'node'>,
  profiles: Readonly<Record<string, Profile>>,
): InForce | Refused {
  const parsed = loadConfig(file, {
    profiles: Object.keys(profiles),
    judge: (config) => judgeServices(config, profiles),
  });
  return place(parsed, file, node);
}
