import { existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { failure } from './failure.ts';

/** Programs of the lab that run as processes of their own inside its members. */
export type ProgramName = 'backend' | 'byhand' | 'client' | 'keepalive' | 'sink' | 'speaker';

/**
 * The command line that runs one of the lab's own programs with `order` as its only argument. The programs are the
 * compiled ones, also when this file itself is run from source by a test runner: what runs in a lab is what ships.
 * Throws `OpError` when they are missing or older than their source.
 */
export function programCommand(name: ProgramName, order: unknown): string[] {
  return [process.execPath, compiledFile(`src/lab/program/${name}`), JSON.stringify(order)];
}

/** The compiled form of a source file given without its suffix, `src/cli/main`. Throws `OpError` as above. */
export function compiledFile(source: string): string {
  const root = packageRoot();
  const compiled = join(root, 'dist', `${source}.js`);
  const written = join(root, `${source}.ts`);
  const advice = 'run "npm run build"';
  if (!existsSync(compiled)) throw failure(`run "${compiled}"`, 'ENOENT', advice);
  if (existsSync(written) && statSync(written).mtimeMs > statSync(compiled).mtimeMs) {
    throw failure(`run "${compiled}"`, 'it is older than its source', advice);
  }
  return compiled;
}

/** The folder of package.json: this file is in src/lab below it, or in dist/src/lab. */
function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder);
  return folder;
}
