import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { samples } from './models.ts';
import { complaints, featuresOf, optionsFor, profileOf, whyNot } from './program.ts';

/** With VIPAIR_GOLDEN=write the files are written instead of compared; read what changed before you commit it. */
const writes = process.env['VIPAIR_GOLDEN'] === 'write';

const golden = (path: string): string => fileURLToPath(new URL(`../golden/${path}`, import.meta.url));

const DIRECTORY = '/run/vipair/proxy';

describe.each(['nginx', 'haproxy'])('%s', (name) => {
  const profile = profileOf(name);
  const mine = samples.filter((sample) => sample.for.includes(name));
  const written: string[] = [];

  describe.each(['whole', 'include'] as const)('renders as %s', (mode) => {
    test.each(mine)('$name', ({ name: sample, model }) => {
      const files = profile.render(model, optionsFor(name, DIRECTORY, mode));
      for (const { path, text } of files) {
        expect(path.startsWith(`${DIRECTORY}/`)).toBe(true);
        expect(text === '' || text.endsWith('\n')).toBe(true);
      }
      const all = files
        .map(({ path, text, kind }) => `#### ${path.slice(DIRECTORY.length + 1)} (${kind})\n${text}`)
        .join('\n');
      const file = `${name}/${sample}.${mode}.conf`;
      written.push(`${sample}.${mode}.conf`);
      mkdirSync(golden(name), { recursive: true });
      if (writes) writeFileSync(golden(file), all);
      expect(existsSync(golden(file)) ? readFileSync(golden(file), 'utf8') : '').toBe(all);
    });
  });

  test('has no golden file that nothing renders', () => {
    expect(readdirSync(golden(name)).toSorted()).toEqual(written.toSorted());
  });

  test.each(samples.filter((sample) => !sample.for.includes(name)))('refuses $name', ({ model }) => {
    expect(profile.refuse(model, featuresOf(name))).not.toEqual([]);
    expect(() => profile.render(model, optionsFor(name, DIRECTORY, 'whole'))).toThrow(/services\./);
  });

  const reason = whyNot(name);
  describe.skipIf(reason !== undefined)(`the real program${reason === undefined ? '' : `: ${reason}`}`, () => {
    test.each(mine)('takes $name without a warning', ({ model }) => {
      for (const mode of ['whole', 'include'] as const) {
        const listeners = ['bind', 'reuseport'] as const;
        for (const each of listeners)
          expect(complaints(name, model, { mode, listeners: each }), `${mode}, ${each}`).toBe('');
      }
    });
  });
});
