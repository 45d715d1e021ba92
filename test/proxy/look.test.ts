import { expect, it } from 'vitest';
import { hostDisk } from '../../src/proxy/disk.ts';
import type { Found } from '../../src/proxy/family.ts';
import { look } from '../../src/proxy/look.ts';
import type { Profile } from '../../src/proxy/profile.ts';
import type { Runner } from '../../src/proxy/runner.ts';
import { front, process } from './scripted.ts';

const profile: Profile = {
  ...front,
  steering: {
    ...front.steering,
    launch: (words) => ({
      files: words === undefined ? ['/default'] : [...words],
      arguments: [],
      mainSocket: undefined,
    }),
  },
};

const foundWith = (commandLine: readonly string[]): Found => ({
  main: process(10, 'main', { commandLine }),
  ...{ workers: [], leaving: [], children: [], alone: false, by: 'name' },
});

/** What is known of the launch after looks at these command lines, one after the other; `undefined` for no process. */
async function filesAfter(...commandLines: readonly (readonly string[] | undefined)[]): Promise<readonly string[]> {
  let seen: Awaited<ReturnType<typeof look>> | undefined;
  for (const commandLine of commandLines) {
    const found = commandLine && foundWith(commandLine);
    const runner: Runner = {
      find: () => found,
      again: () => found,
      signal: () => undefined,
      surroundings: () => ({ directory: undefined, environment: undefined }),
      listensOn: () => true,
    };
    const installation = {
      profile,
      binary: '/bin/true',
      directory: '/etc/front',
      label: undefined,
      pidFile: undefined,
    };
    seen = await look({ ...installation, runner }, hostDisk, seen);
  }
  return seen?.launch.files ?? [];
}

it('knows how the proxy was started, also while its process shows no command line, and when it has ended', async () => {
  expect(await filesAfter(undefined)).toEqual(['/default']);
  expect(await filesAfter([])).toEqual(['/default']);
  expect(await filesAfter(['/a'])).toEqual(['/a']);
  expect(await filesAfter(['/a'], [], undefined)).toEqual(['/a']);
  expect(await filesAfter(['/a'], [], ['/b'])).toEqual(['/b']);
});
