import { describe, expect, it } from 'vitest';
import { splitCommand } from '../../src/watchdog/argv.ts';

describe('a command', () => {
  it.each<[string, string[]]>([
    ['systemctl restart nginx', ['systemctl', 'restart', 'nginx']],
    ['  a\t b  ', ['a', 'b']],
    [`sh -c 'a | b; $c'`, ['sh', '-c', 'a | b; $c']],
    [`a "b c" d`, ['a', 'b c', 'd']],
    [`a "\\"b\\\\ \\n\\$"`, ['a', '"b\\ \\n\\$']],
    [`a b\\ c \\|`, ['a', 'b c', '|']],
    [`a ''`, ['a', '']],
    [`a b'c'"d"e`, ['a', 'bcde']],
    [`a '"' "'"`, ['a', '"', "'"]],
    [`a --x=~b`.replace('~', '-'), ['a', '--x=-b']],
    ['a é=ü', ['a', 'é=ü']],
    ['a {b} [c] !d %e', ['a', '{b}', '[c]', '!d', '%e']],
  ])('%s is split', (text, argv) => {
    expect(splitCommand(text)).toEqual({ argv });
  });

  it.each<[string, RegExp]>([
    ['', /is empty/],
    ['   ', /is empty/],
    [`''`, /is empty/],
    [`a 'b`, /has a ' without its second/],
    [`a "b\\"`, /has a " without its second/],
    ['a \\', /ends with a \\/],
    ['a | b', /an unquoted \|/],
    ['a && b', /an unquoted &/],
    ['a; b', /an unquoted ;/],
    ['a $HOME', /an unquoted \$/],
    ['a `b`', /an unquoted `/],
    ['a > b', /an unquoted >/],
    ['a *.c', /an unquoted \*/],
    ['a ~', /an unquoted ~/],
    ['a\nb', /a line break/],
    [`a '\0'`, /zero byte/],
    ['a '.repeat(300), /more than 256 words/],
  ])('%j is refused', (text, reason) => {
    const split = splitCommand(text);
    expect('refused' in split ? split.refused : 'split').toMatch(reason);
  });
});
