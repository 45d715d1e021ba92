import { describe, expect, it } from 'vitest';
import { durationWords, namesFor } from '../../src/manager/words.ts';
import { addressOf } from '../../src/wire/address.ts';
import { configOf, CROSSED } from './configured.ts';

describe('a duration', () => {
  it.each([
    [0, '0 ms'],
    [601.56, '602 ms'],
    [999, '999 ms'],
    [1000, '1 s'],
    [59_999, '59 s'],
    [185_000, '3 min 5 s'],
    [7_620_000, '2 h 7 min'],
    [356_400_000, '4 d 3 h'],
  ])('of %d ms is %s', (ms, words) => expect(durationWords(ms)).toBe(words));
});

describe('a source', () => {
  const config = configOf(CROSSED);
  const [vip] = config.vips;
  const name = (source: string, of = config): string => namesFor(of, vip, 'lb1')(addressOf(source));

  it('is named by the node that has it, in either family', () => {
    expect([name('192.0.2.12'), name('2001:db8::12'), name('192.0.2.99')]).toEqual(['lb2', 'lb2', '192.0.2.99']);
  });

  it('that is link-local is the other node only where there is one other', () => {
    expect(name('fe80::12')).toBe('lb2');
    const three = configOf(
      CROSSED.replace('interface:', '  lb3: { address: 192.0.2.13 }\ninterface:').replace(
        '[lb1, lb2]',
        '[lb1, lb2, lb3]',
      ),
    );
    expect(namesFor(three, three.vips[0], 'lb1')(addressOf('fe80::12'))).toBe('fe80::12');
    expect(namesFor(config, undefined, 'lb1')(addressOf('fe80::12'))).toBe('fe80::12');
  });
});
