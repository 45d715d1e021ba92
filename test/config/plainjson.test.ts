import { describe, expect, it } from 'vitest';
import { parseBackends } from '../../src/config/backendlist.ts';
import { readPlainJson } from '../../src/config/plainjson.ts';

describe('JSON that needs no explanation', () => {
  it.each([
    '[]',
    '{}',
    ' [1, "a", null, true, {"b": {"c": []}}]\n',
    '{"a\\"b" : "c\\\\", "d:" : "\\": ", "e"\t:\n1.5e3}',
    '{"a": ":", "b": "{\\"x\\": 1}"}',
    '["\\\\", "\\\\\\"", ":"]',
  ])('is read as it is: %j', (text) => {
    expect(readPlainJson(text)).toEqual({ value: JSON.parse(text) as unknown });
  });

  it.each([
    ['a key twice', '{"a": 1, "a": 1}'],
    ['a key twice, inside', '[{"a": {"b": 1, "b": 2}}]'],
    ['a key twice, spelled differently', '{"a": 1, "\\u0061": 2}'],
    ['a control character', '["\u007f"]'],
    ['half of a list', '["192.0.2.1:80", "192.0.2'],
    ['YAML', '- 192.0.2.1:80'],
    ['a comment', '[] # none'],
    ['nothing', ''],
    ['a word', '"a"'],
  ])('is not %s', (_, text) => expect(readPlainJson(text)).toBeUndefined());

  it('says the same as the reader of YAML, mistakes and their places included', () => {
    const good = '[{"name": "a", "address": "192.0.2.1:80", "weight": 2}, "192.0.2.2:80"]';
    // The comment keeps it from being plain.
    expect(parseBackends(good, 'a.json')).toEqual(parseBackends(`${good} # plain`, 'a.json'));
    const wrong = '[\n  {"address": "192.0.2.1:80",\n   "weight": 0}]';
    expect(parseBackends(wrong, 'a.json')).toEqual(parseBackends(`${wrong} # plain`, 'a.json'));
    expect(parseBackends(wrong, 'a.json')).toEqual({
      errors: [expect.stringMatching(/^a\.json:3:\d+: \[0\]\.weight/)],
    });
    const twice = '[{"address": "192.0.2.1:80",\n "address": "192.0.2.2:80"}]';
    expect(parseBackends(twice, 'a.json')).toEqual({ errors: [expect.stringContaining('is written twice')] });
  });
});
