import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';

let folder: string;

/** The compiled program elsewhere, without its native library. */
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'vipair-build-'));
  const compiled = fileURLToPath(new URL('../../../dist/src/', import.meta.url));
  for (const part of ['linux', 'wire'])
    cpSync(join(compiled, part), join(folder, 'dist/src', part), { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

const library = (): string => join(folder, 'src/linux/native/build/Release/linux.node');

function load(): string {
  const script = `import(${JSON.stringify(join(folder, 'dist/src/linux/timer.js'))})
    .then(({ openDeadlineTimer }) => openDeadlineTimer(() => {}))
    .catch((error) => console.log(error.name, error.code, error.message));`;
  return spawnSync(process.execPath, ['-e', script], { encoding: 'utf8' }).stdout.trim();
}

it('a native library that was never built is asked for by the command that builds it', () => {
  expect(load()).toBe(`OpError ENOENT Cannot load native library "${library()}": ENOENT; run \`npm run build:native\``);
});

it('one that this host cannot load too', () => {
  mkdirSync(join(library(), '..'), { recursive: true });
  writeFileSync(library(), 'not a library');
  expect(load()).toBe(
    `OpError ERR_DLOPEN_FAILED Cannot load native library "${library()}": ERR_DLOPEN_FAILED; run \`npm run build:native\``,
  );
});
