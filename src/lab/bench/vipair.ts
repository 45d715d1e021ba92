import { startDaemon } from '../daemon.ts';
import type { Host } from '../host.ts';
import type { Lab } from '../lab.ts';
import type { PairOptions } from '../pairfile.ts';
import { pairFile } from '../pairfile.ts';
import type { Contender } from './contender.ts';
import { stopFamily } from './family.ts';

/**
 * This program as a contender, with the pair file that `options` make; `note` tells set-ups of it apart in tables, and
 * `argv` are further arguments of `vipair run`.
 */
export const vipair = (options: PairOptions, note = 'default', argv: readonly string[] = []): Contender => ({
  name: `vipair, ${note}`,
  process: 'daemon',
  async start(lab: Lab, host: Host): Promise<void> {
    await startDaemon(host, { config: pairFile(lab, options), argv });
  },
  stop: (host) => stopFamily(host, 'daemon'),
});
