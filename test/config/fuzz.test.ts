import { expect, test } from 'vitest';
import { formatError } from '../../src/config/report.ts';
import { createRandom, generateText } from './generated.ts';
import type { Random } from './generated.ts';
import { parse } from './sample.ts';

/** What breaks parsers: YAML's own signs, odd numbers, names that mean something to JavaScript. */
const SCRAPS = [
  ...[
    '{',
    '}',
    '[',
    ']',
    ':',
    ',',
    '- ',
    '? ',
    '&a ',
    '*a',
    '!!map ',
    '!x ',
    '|',
    '>',
    '"',
    "'",
    '#',
    '%YAML 1.1\n',
    '---\n',
    '...\n',
  ],
  ...[
    '\t',
    '\n',
    '\r',
    '  ',
    '\u0000',
    '\u2028',
    '\ud800',
    '\uFEFF',
    '~',
    'null',
    'true',
    '.nan',
    '-.inf',
    '1e999',
    '0x10',
    '0o7',
    '-0',
  ],
  ...[
    '__proto__',
    'constructor',
    'toString',
    '<<',
    '{}',
    '[]',
    '1s',
    '200ms',
    '999999999s',
    '192.0.2.1/24',
    '::',
    'lb1',
    'vrid: 51',
  ],
];

function mutate(random: Random, text: string): string {
  let result = text;
  for (let times = random.whole(1, 4); times > 0; times--) {
    const at = random.whole(0, result.length);
    const length = random.chance(0.5) ? 0 : random.whole(1, 12);
    result = result.slice(0, at) + random.pick(SCRAPS) + result.slice(at + length);
  }
  return result;
}

test('no text makes the parser throw, and every refusal has a place and a reason', () => {
  const random = createRandom(20_261_121);
  let accepted = 0;
  let refused = 0;
  for (let round = 0; round < 800; round++) {
    const text = mutate(random, generateText(random.whole(1, 300)));
    const result = parse(text);
    if ('config' in result) {
      accepted++;
      continue;
    }
    refused++;
    const lines = text.split('\n').length;
    expect(result.errors.length, text).toBeGreaterThan(0);
    for (const error of result.errors) {
      expect(error.line, text).toBeGreaterThanOrEqual(1);
      expect(error.line, text).toBeLessThanOrEqual(lines);
      expect(error.column, text).toBeGreaterThanOrEqual(1);
      // The schema library's own words would mean a kind of value without a message of ours.
      expect(formatError(error), text).toMatch(
        /^pair\.yaml:\d+:\d+: (?!.*(?:Invalid input|Unrecognized|Too (?:small|big)))\S.*\S$/,
      );
    }
  }
  expect(accepted).toBeGreaterThan(0);
  expect(refused).toBeGreaterThan(500);
});

test('no bytes make the parser throw', () => {
  const random = createRandom(7);
  for (let round = 0; round < 1500; round++) {
    const text = Array.from({ length: random.whole(0, 60) }, () =>
      random.chance(0.6) ? random.pick(SCRAPS) : String.fromCharCode(random.whole(1, 300)),
    ).join('');
    expect(parse(text)).toHaveProperty('errors');
  }
});

test('every value replaced by every kind of value is refused in our words or accepted', () => {
  const text = generateText(3);
  const kinds = ['null', 'true', '7', '-1.5', '"text"', '[]', '[1, a]', '{}', '{ a: 1 }', '1s', '""'];
  for (const match of text.matchAll(/: ([^\s,{}[\]]+)/g)) {
    for (const kind of kinds) {
      const changed = `${text.slice(0, match.index)}: ${kind}${text.slice(match.index + match[0].length)}`;
      const result = parse(changed);
      for (const error of 'errors' in result ? result.errors : []) {
        expect(error.message, changed).not.toMatch(
          /^(?!not valid YAML: ).*(?:Invalid|Unrecognized|Too |expected|object Object)/,
        );
      }
    }
  }
});
