import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { formatError } from '../../src/config/report.ts';
import { configOf, crossed, parse } from './sample.ts';

const read = (path: string): string => readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), 'utf8');

test('the shipped example is right, without a warning, and is the pair of the design', () => {
  const result = parse(read('systemd/pair.yaml'));
  expect(result).toEqual({ config: configOf(crossed), warnings: [] });
});

test('the defaults that the example shows in comments are the defaults', () => {
  const shown = read('systemd/pair.yaml').replaceAll(/^# (\w+: .*?)(?: {2,}#.*)?$/gm, '$1');
  expect(shown).toMatch(/^lease: 2s$/m);
  expect(configOf(shown)).toEqual(configOf(crossed));
});

test('every YAML example of the documentation is right', () => {
  const text = read('docs/configuration.md');
  const examples = [...text.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, example]) => example ?? '');
  expect(examples.length).toBeGreaterThan(3);
  for (const example of examples) {
    const result = parse(example);
    expect('errors' in result ? result.errors.map(formatError) : [], example).toEqual([]);
  }
});
