import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { format } from 'prettier';
import { describe, expect, it } from 'vitest';
import { topLevel } from './tidy/arrows.ts';
import { lintOverrides, type Override } from './tidy/lint.ts';
import {
  arrows,
  cycles,
  engineStaysSmall,
  exportsByName,
  names,
  nothingLeft,
  packages,
  purity,
  type Rule,
  sizes,
  specifiers,
  strangers,
} from './tidy/rules.ts';
import { codeOnly, importsOf, readSources, type Source } from './tidy/sources.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const product = [...readSources(root, 'src'), ...readSources(root, 'profiles')];
const everything = [...product, ...readSources(root, 'test')];

/** A made-up tree: path to text. */
const tree = (files: Readonly<Record<string, string>>): Source[] =>
  Object.entries(files).map(([path, text]) => ({ path, text }));

interface Case {
  readonly says: string;
  readonly rule: Rule;
  readonly sources: readonly Source[];
  readonly good: Readonly<Record<string, string>>;
  /** Each of these alone is refused. */
  readonly bad: readonly Readonly<Record<string, string>>[];
}

const cases: readonly Case[] = [
  {
    says: 'folders import along the arrows only',
    rule: arrows,
    sources: product,
    good: {
      'src/vrrp/timers.ts': "import { seconds } from '../wire/units.ts';\nimport { skew } from './skew.ts';",
      'src/track/fitness.ts': "import type { Config } from '../config/config.ts';",
      'src/cli/run.ts': "import { main } from '../engine/main.ts';",
      'src/manager/main.ts': "const { profiles } = await import('../../profiles/registry.ts');",
      'profiles/nginx.ts': "import { Profile } from '../src/proxy/profile.ts';",
    },
    bad: [
      { 'src/wire/arp.ts': "import { step } from '../vrrp/router.ts';" },
      { 'src/wire/arp.ts': "import type { Router } from '../vrrp/router.ts';" },
      { 'src/track/fitness.ts': "import { parse } from '../config/parse.ts';" },
      { 'src/proxy/watch.ts': "import type { Router } from '../vrrp/router.ts';" },
      { 'src/proxy/watch.ts': "import {\n  loop,\n} from '../engine/loop.ts';" },
      { 'src/engine/loop.ts': "export { render } from '../manager/render.ts';" },
      { 'src/engine/loop.ts': "const { render } = await import('../manager/render.ts');" },
      { 'src/manager/compose.ts': "import { profiles } from '../../profiles/registry.ts';" },
      { 'src/control/api.ts': "import type { Loop } from '../engine/loop.ts';" },
      { 'src/cli/status.ts': "import { main } from '../engine/main.ts';" },
      { 'src/cli/version.ts': "import manifest from '../../package.json';" },
      { 'src/gossip/main.ts': '' },
    ],
  },
  {
    says: 'folders import only the packages granted to them',
    rule: packages,
    sources: product,
    good: {
      'src/config/parse.ts': "import { parseDocument } from 'yaml';\nimport { z } from 'zod/v4';",
      'src/linux/socket.ts': "import raw from 'raw-socket';",
      'src/cli/main.ts': "import { Command } from 'commander';",
    },
    bad: [
      { 'src/vrrp/router.ts': "import { z } from 'zod';" },
      { 'src/engine/loop.ts': "import raw from 'raw-socket';" },
      { 'src/config/parse.ts': "import { x } from '@scope/yaml';" },
      { 'src/linux/socket.ts': "const pino = require('pino');" },
    ],
  },
  {
    says: 'pure folders have no clock, no timer, no console, no process and no Node module',
    rule: purity,
    sources: product,
    good: {
      'src/wire/address.ts': "import { isIPv4 } from 'node:net';",
      'src/config/load.ts': "import { readFileSync } from 'node:fs';",
      'src/config/config.ts': 'export interface C { readonly process: string }\nexport const p = (c: C) => c.process;',
      'src/vrrp/timers.ts': "/* Date.now() */ export const x = 'process.exit()'; // setTimeout(f)",
      'src/linux/clock.ts': 'export const now = () => performance.now();',
    },
    bad: [
      { 'src/wire/arp.ts': "import { isIPv4 } from 'node:net';" },
      { 'src/config/load.ts': "import { connect } from 'node:net';" },
      { 'src/vrrp/router.ts': 'export const now = () => Date.now();' },
      { 'src/vrrp/router.ts': 'export const now = () => new Date();' },
      { 'src/track/fitness.ts': 'setTimeout(() => 1, 2);' },
      { 'src/sim/lan.ts': 'export const drop = () => Math.random() < 0.5;' },
      { 'src/sim/lan.ts': 'export const name = `${process.pid}`;' },
      { 'src/config/resolve.ts': "console.log('hello');" },
    ],
  },
  {
    says: 'no file imports itself through others',
    rule: cycles,
    sources: product,
    good: {
      'src/wire/a.ts': "import { b } from './b.ts';",
      'src/wire/b.ts': "import type { A } from './a.ts';",
    },
    bad: [
      {
        'src/wire/a.ts': "import { b } from './b.ts';",
        'src/wire/b.ts': "import { c } from './c.ts';",
        'src/wire/c.ts': "import { a } from './a.ts';",
      },
    ],
  },
  {
    says: 'the engine loads no library and no part of the manager, however indirectly',
    rule: engineStaysSmall,
    sources: product,
    good: {
      'src/engine/main.ts': "import { open } from '../linux/vrrp.ts';\nimport type { Word } from '../manager/word.ts';",
      'src/linux/vrrp.ts': "import raw from 'raw-socket';\nimport type { Z } from 'zod';",
      'src/manager/word.ts': "import { z } from 'zod';",
    },
    bad: [
      {
        'src/engine/main.ts': "import { watch } from '../proxy/watch.ts';",
        'src/proxy/watch.ts': "import { sizes } from '../config/sizes.ts';",
        'src/config/sizes.ts': '',
      },
      {
        'src/engine/main.ts': "import { watch } from '../proxy/watch.ts';",
        'src/proxy/watch.ts': "import { render } from './render.ts';",
        'src/proxy/render.ts': "import pino from 'pino';",
      },
    ],
  },
  {
    says: 'relative imports end in .ts',
    rule: specifiers,
    sources: everything,
    good: { 'src/wire/a.ts': "import { b } from './b.ts';\nimport { readFileSync } from 'node:fs';" },
    bad: [
      { 'src/wire/a.ts': "import { b } from './b.js';" },
      { 'src/wire/a.ts': "export { b } from './b';" },
      { 'src/wire/a.ts': "import '/etc/b.ts';" },
    ],
  },
  {
    says: 'files have at most 300 lines',
    rule: sizes,
    sources: product,
    good: { 'src/wire/a.ts': '\n'.repeat(300) },
    bad: [{ 'src/wire/a.ts': '\n'.repeat(301) }, { 'src/wire/a.ts': `${'\n'.repeat(300)}x` }],
  },
  {
    says: 'files are lower-case nouns that say what is in them',
    rule: names,
    sources: everything,
    good: { 'src/wire/checksum.ts': '', 'test/vitest.config.ts': '', 'test/wire/arp-reply.test.ts': '' },
    bad: [
      { 'src/wire/index.ts': '' },
      { 'src/wire/utils.ts': '' },
      { 'src/helpers/arp.ts': '' },
      { 'src/wire/Arp.ts': '' },
      { 'src/wire/arp_reply.ts': '' },
    ],
  },
  {
    says: 'exports are named and come from the file that has them',
    rule: exportsByName,
    // What Vitest reads has to be a default export.
    sources: everything.filter(({ path }) => path !== 'test/vitest.config.ts'),
    good: { 'src/wire/a.ts': "export const a = 1;\n// export default a\nexport { b as c } from './b.ts';" },
    bad: [
      { 'src/wire/a.ts': 'export default function a() {}' },
      { 'src/wire/a.ts': 'const a = 1;\nexport { a as default };' },
      { 'src/wire/a.ts': "export * from './b.ts';" },
      { 'src/wire/a.ts': "export type * from './b.ts';" },
    ],
  },
  {
    says: 'nothing is left for later',
    rule: nothingLeft,
    sources: everything,
    good: { 'src/wire/a.ts': '// This is done.' },
    // Put together, so that this file does not hold the words itself.
    bad: ['TO+DO', 'FIX+ME'].map((word) => ({ 'src/wire/a.ts': `const a = 1; // ${word.replace('+', '')}: the rest` })),
  },
];

describe.each(cases)('$says', ({ rule, sources, good, bad }) => {
  it('in this repository', () => expect(rule(sources)).toEqual([]));
  it('and not in a good example', () => expect(rule(tree(good))).toEqual([]));
  it.each(bad)('and says so of %#', (files) => expect(rule(tree(files))).toHaveLength(1));
});

describe('the scan of imports', () => {
  it('finds every form and tells types from values', () => {
    const text = [
      "import a from 'a';",
      "import type { B } from './b.ts'; import { type C } from './c.ts';",
      'import {',
      '  d,',
      "} from './d.ts';",
      "export * as e from './e.ts';",
      "export type { F } from './f.ts';",
      "import './g.ts';",
      "const h = await import('./h.ts');",
      "// import './no.ts';",
      "/* import './no.ts'; */",
    ].join('\n');
    expect(importsOf(text).toSorted((x, y) => (x.specifier < y.specifier ? -1 : 1))).toEqual([
      { specifier: './b.ts', typeOnly: true },
      { specifier: './c.ts', typeOnly: false },
      { specifier: './d.ts', typeOnly: false },
      { specifier: './e.ts', typeOnly: false },
      { specifier: './f.ts', typeOnly: true },
      { specifier: './g.ts', typeOnly: false },
      { specifier: './h.ts', typeOnly: false },
      { specifier: 'a', typeOnly: false },
    ]);
  });

  it('reads code apart from comments and text', () => {
    expect(codeOnly("a(`x ${b()} y`, 'c()'); // d()").replaceAll(/\s+/g, ' ').trim()).toBe("a('' b() , ''); ''");
  });
});

describe('the repository', () => {
  it('has only the known names at its top', () => expect(strangers(readdirSync(root), topLevel)).toEqual([]));
  it('would notice a stranger', () => expect(strangers(['src', 'notes.txt'], topLevel)).toEqual(['notes.txt']));
});

describe('the linter', () => {
  it('has the same arrows; `vitest -u` writes them into .oxlintrc.json', async () => {
    const file = `${root}/.oxlintrc.json`;
    const config = JSON.parse(readFileSync(file, 'utf8')) as { overrides: Override[] };
    const manifest = JSON.parse(readFileSync(`${root}/package.json`, 'utf8')) as { dependencies: object };
    const handwritten = config.overrides.filter(({ rules }) => rules['no-restricted-imports'] === undefined);
    const overrides = [...handwritten, ...lintOverrides(Object.keys(manifest.dependencies))];
    const text = await format(JSON.stringify({ ...config, overrides }), { parser: 'json', printWidth: 120 });
    await expect(text).toMatchFileSnapshot(file);
  });
});
