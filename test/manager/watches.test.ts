import { describe, expect, it } from 'vitest';
import type { Config } from '../../src/config/config.ts';
import type { ConfiguredWatch } from '../../src/manager/proxywatch.ts';
import { ProxyWatches } from '../../src/manager/watches.ts';
import { configOf, CROSSED } from './configured.ts';

const file = (profile: string): Config => configOf(`${CROSSED}\nproxy: { profile: ${profile} }\n`);

/** Watches of proxies that run with some pids. */
function watches(): { both: ProxyWatches; allowed: (() => readonly number[])[]; closed: string[] } {
  const allowed: (() => readonly number[])[] = [];
  const closed: string[] = [];
  const open = (_: () => void, others: () => readonly number[]): ConfiguredWatch => {
    const pid = 10 * allowed.push(others);
    let followed = '';
    const watch = {
      follow: ({ proxy }: Config): void => void (followed = proxy?.profile ?? ''),
      follows: ({ proxy }: Config): boolean => proxy?.profile === followed,
      close: (): void => void closed.push(followed),
      get verdict() {
        return { state: 'well', main: { pid }, workers: [pid + 1] };
      },
    };
    return watch as unknown as ConfiguredWatch;
  };
  return { both: new ProxyWatches(open, () => undefined), allowed, closed };
}

describe('the watches of two proxies', () => {
  it('take neither for a stranger on the ports that they share, nor the one that leaves', () => {
    const { both, allowed, closed } = watches();
    both.follow(file('nginx'));
    expect(allowed[0]?.()).toEqual([]);
    both.watchBeside(file('haproxy'));
    expect(allowed[0]?.()).toEqual([10, 11, 20, 21]);
    both.settle(file('haproxy'));
    both.follow(file('haproxy'));
    expect(allowed[1]?.()).toEqual([10, 11]);
    expect(closed).toEqual(['nginx']);
  });

  it('go on with the old one when the new one was no good', () => {
    const { both, closed } = watches();
    both.follow(file('nginx'));
    both.watchBeside(file('haproxy'));
    both.settle(file('nginx'));
    expect(closed).toEqual(['haproxy']);
    expect(both.verdict?.main?.pid).toBe(10);
  });
});
