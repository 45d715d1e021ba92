import { describe, expect, test } from 'vitest';
import { otherServer, sampleCheck, sampleServer, sampleService } from '../../profiles/sample.ts';
import type { FrontModel } from '../../src/proxy/model.ts';
import { parseAddress } from '../../src/wire/address.ts';
import { random } from '../wire/random.ts';
import type { Random } from '../wire/random.ts';
import { complaints, featuresOf, optionsFor, profileOf, whyNot } from './program.ts';
import { haproxyDirectives, nginxDirectives } from './tokens.ts';
import type { Directive } from './tokens.ts';

/**
 * Texts that try to be more than one word. Whatever a profile does not refuse must be read by its proxy as the same
 * directives as a harmless text in the same place, with that one word in its place and nothing else changed.
 */
const seed = Number(process.env['VIPAIR_FUZZ_SEED'] ?? 3);
const runs = Number(process.env['VIPAIR_FUZZ_INPUTS'] ?? 3000);

/** The places of a model where a text from outside ends up. */
interface Texts {
  readonly service: string;
  readonly server: string;
  readonly host: string;
  readonly cookie: string;
  readonly health: string;
  readonly page: string;
  readonly ca: string;
  readonly sni: string;
  readonly checkPath: string;
  readonly checkHost: string;
  readonly match: string;
  readonly sorry: string;
}

type Place = keyof Texts;

/** Where a text is used only in some of the variants. */
const variants: Partial<Record<Place, number>> = { cookie: 0, page: 0, ca: 2, sni: 2, host: 1, sorry: 1 };

/** No word of any configuration holds one of these by itself. */
const harmless: Texts = {
  service: 'Zservice',
  server: 'Zserver',
  host: 'zhost.example',
  cookie: 'Zcookie',
  health: '/Zhealth',
  page: 'Zpage',
  ca: '/Zca',
  sni: 'zsni.example',
  checkPath: '/Zcheckpath',
  checkHost: 'zcheckhost.example',
  match: 'Zmatch',
  sorry: 'zsorry.example',
};

const modelOf = (texts: Texts, variant: number): FrontModel => ({
  services: [
    sampleService({
      name: texts.service,
      listen: [{ address: undefined, port: 28_190 }],
      healthPath: texts.health,
      ...(variant === 0
        ? {
            stickiness: { kind: 'cookie', name: texts.cookie } as const,
            sorry: { kind: 'page', text: texts.page } as const,
          }
        : { sorry: { kind: 'server', host: texts.sorry, port: 81 } as const }),
      serverTls: variant === 2 ? { verify: true, caFile: texts.ca, serverName: texts.sni } : undefined,
      check: sampleCheck({ path: texts.checkPath, host: texts.checkHost, match: { kind: 'text', text: texts.match } }),
      // A cookie needs addresses in one of the proxies.
      servers: [
        sampleServer({ name: texts.server, ...(variant === 0 ? {} : { host: texts.host }), admin: 'drain' }),
        otherServer(),
      ],
    }),
  ],
});

const pieces = [
  ...[
    ';',
    '{',
    '}',
    '\n',
    '\r\n',
    '\0',
    '"',
    "'",
    '$',
    '#',
    '\\',
    ' ',
    '\t',
    '%',
    '${a}',
    '%[src]',
    '$(a)',
    '`',
    ',',
    '(',
    ')',
  ],
  ...[
    '; return 500;',
    '\n  server x 192.0.2.66:80',
    '" ; }',
    "' ; }",
    '\\"',
    "\\'",
    '\\\n',
    '*/',
    '//',
    'é',
    '漢',
    '\u2028',
    '\ufeff',
  ],
  ...[
    'a',
    'b',
    '0',
    '-',
    '_',
    '.',
    '/',
    ':',
    '=',
    '&',
    '@',
    '~',
    '|',
    '^',
    '[',
    ']',
    'default',
    'if',
    'unless',
    '-f',
    '|| 1',
    '\u007f',
  ],
];

const before: Partial<Texts> = {
  health: '/',
  ca: '/',
  checkPath: '/',
  host: 'h',
  sni: 's',
  checkHost: 'c',
  sorry: 's',
};

function hostile(place: Place, below: Random): string {
  const parts = Array.from({ length: 1 + below(5) }, () => pieces[below(pieces.length)] ?? '');
  return `${below(4) > 0 ? (before[place] ?? '') : ''}${parts.join('')}`;
}

const directivesOf = (
  name: string,
  files: readonly { text: string; kind: string }[],
): readonly (readonly Directive[])[] =>
  files.map(({ text, kind }) =>
    name === 'nginx' && kind !== 'state' ? nginxDirectives(text) : haproxyDirectives(text),
  );

/** The harmless directives with the hostile texts put into their words. */
function substituted(directives: readonly Directive[], from: Texts, to: Texts): Directive[] {
  const put = (word: string): string =>
    (Object.keys(from) as Place[]).reduce((text, place) => text.replaceAll(from[place], () => to[place]), word);
  return directives.map(({ words, block }) => ({
    words: words.map(put),
    block: block === undefined ? undefined : substituted(block, from, to),
  }));
}

describe.each(['nginx', 'haproxy'])('%s', (name) => {
  const profile = profileOf(name);
  const features = featuresOf(name);
  const places = Object.keys(harmless) as Place[];

  test(`takes nothing for a directive that is none: ${runs} texts, seed ${seed}`, () => {
    const below = random(seed);
    const taken = new Map<Place, number>();
    for (let run = 0; run < runs; run++) {
      const place = places[below(places.length)] ?? 'service';
      const variant = variants[place] ?? below(3);
      const texts: Texts = { ...harmless, [place]: hostile(place, below) };
      const model = modelOf(texts, variant);
      const refusals = profile.refuse(model, features);
      const label = JSON.stringify({ run, place, text: texts[place] });
      if (refusals.length > 0) {
        expect(
          refusals.every(({ reason, path }) => reason !== '' && !/[\n\0]/.test(path)),
          label,
        ).toBe(true);
        expect(() => profile.render(model, optionsFor(name, '/run/a', 'whole')), label).toThrow();
        continue;
      }
      taken.set(place, (taken.get(place) ?? 0) + 1);
      // What a text looks like decides how it is written, so the harmless one looks alike.
      const like: Texts = {
        ...harmless,
        ...(texts.page.trimStart().startsWith('<') ? { page: '<Zpage' } : {}),
        ...(parseAddress(texts.host) ? { host: '192.0.2.77' } : {}),
        ...(parseAddress(texts.sorry) ? { sorry: '192.0.2.78' } : {}),
      };
      for (const mode of ['whole', 'include'] as const) {
        const options = optionsFor(name, '/run/a', mode);
        const files = directivesOf(name, profile.render(model, options));
        const expected = directivesOf(name, profile.render(modelOf(like, variant), options));
        expect(files, label).toEqual(expected.map((directives) => substituted(directives, like, texts)));
      }
    }
    // Refusing everything would be no proof.
    for (const place of ['health', 'page', 'cookie', 'ca', 'checkPath', 'match', 'server'] as const)
      expect(taken.get(place) ?? 0, place).toBeGreaterThan(0);
  });

  const reason = whyNot(name);
  test.skipIf(reason !== undefined)(`agrees${reason === undefined ? '' : `: ${reason}`}`, () => {
    const below = random(seed + 1);
    const asked = new Set<string>();
    const free = ['health', 'page', 'cookie', 'checkPath', 'match', 'server', 'service'] as const;
    const known = { ...harmless, host: 'localhost', sorry: 'localhost' };
    while (asked.size < 24) {
      const place = free[below(free.length)] ?? 'page';
      const texts: Texts = { ...known, [place]: hostile(place, below) };
      // The checkers look at files and names, so those are real.
      const model = modelOf(texts, variants[place] ?? below(2));
      if (profile.refuse(model, features).length > 0) continue;
      asked.add(`${place} ${texts[place]}`);
      expect(complaints(name, model, { mode: 'whole' }), JSON.stringify({ place, text: texts[place] })).toBe('');
    }
  });
});

test('the tokenizers tell words as the proxies do', () => {
  const nginx = (text: string): unknown => nginxDirectives(text).map(({ words }) => words);
  expect(nginx('a "b c" \'d;\' e\\;f ${g} h"i";# j {\n"k";')).toEqual([
    ['a', 'b c', 'd;', 'e\\;f', '${g}', 'h"i"'],
    ['k'],
  ]);
  expect(nginx('a "\\"\\\\\\n\\k";')).toEqual([['a', '"\\\n\\k']]);
  for (const wrong of ['a', 'a "b"c;', 'a { b; ', 'a; }', 'a "b;', '{ }', 'a }'])
    expect(() => nginxDirectives(wrong), wrong).toThrow();
  const haproxy = (text: string): unknown => haproxyDirectives(text).map(({ words }) => words);
  expect(haproxy('a "b\\"c" \'d\\\' e\\ f#g\n\n# h\ni\n')).toEqual([['a', 'b"c', 'd\\', 'e f'], ['i']]);
  for (const wrong of ['a', 'a "b\n', "a 'b\n", 'a \\\n', 'a "$b"\n'])
    expect(() => haproxyDirectives(wrong), wrong).toThrow();
});
