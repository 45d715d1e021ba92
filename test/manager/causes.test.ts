import { describe, expect, it } from 'vitest';
import { Causes } from '../../src/manager/causes.ts';

const causes = (...all: string[]): Causes => {
  const made = new Causes();
  for (const each of all) made.add(each);
  return made;
};

describe('the causes of an apply', () => {
  it('are named once each, three at most', () => {
    expect(causes('a', 'b', 'a').words.cause).toBe('a, b');
    expect(causes('a', 'b', 'c', 'd', 'e').words.cause).toBe('a, b, c and more');
    expect(causes().words).toEqual({ cause: 'tried again', isPlanned: false });
  });

  it('say whether a person has had a hand in it', () => {
    expect(causes('backends of web', 'configuration').words.isPlanned).toBe(true);
    expect(causes('backends of web').words.isPlanned).toBe(false);
  });

  it('go before what has come since when they are given back', () => {
    const waiting = causes('a', 'b');
    const taken = waiting.take();
    expect(waiting.isEmpty).toBe(true);
    waiting.add('c');
    waiting.add('a');
    waiting.giveBack(taken);
    expect(waiting.words.cause).toBe('a, b, c');
  });
});
