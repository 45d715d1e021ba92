import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { profileNames } from '../../src/lab/pair.ts';
import { compiledFile } from '../../src/lab/program.ts';
import { run } from '../../src/lab/run.ts';
import { labName } from './name.ts';

describe('a profile that there is not', () => {
  const name = labName('c');

  it.each([['demo'], ['up', '--name', name]])(
    'is a usage error of lab %s, before anything is built',
    async (...words) => {
      const argv = [process.execPath, compiledFile('src/cli/main'), 'lab', ...words, '--profile', 'foo'];
      const { code, stdout, stderr } = await run(argv);
      expect({ code, stdout }).toEqual({ code: 64, stdout: '' });
      for (const profile of profileNames) expect(stderr).toContain(profile);
      expect(existsSync(`/run/vipair-lab/${name}`)).toBe(false);
    },
  );
});
