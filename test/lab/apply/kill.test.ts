import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { FrontModel } from '../../../src/proxy/model.ts';
import { judgeFile } from '../../../src/proxy/owned.ts';
import { Adopted, apply } from './adopted.ts';
import type { Order } from './victim.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** Vite reads TypeScript; Node.js 20 does not. */
const launcher = `
  const { runnerImport } = await import('vite');
  await runnerImport('./test/lab/apply/victim.ts', { configFile: false, logLevel: 'error' });
  process.exit(0);
`;

describe.each(['nginx', 'haproxy'])('an apply to %s that is killed', (name) => {
  let proxy: Adopted;

  beforeEach(async () => {
    proxy = new Adopted(name);
    await proxy.start();
  });
  afterEach(() => proxy.close());

  const kill = (model: FrontModel, step: number): { readonly isKilled: boolean; readonly said: string } => {
    const { directory, pidFile, ownPort: port } = proxy;
    const order: Order = { profile: name, directory, pidFile, port, model, step };
    const { signal, stdout, stderr } = spawnSync('node', ['--input-type=module', '-e', launcher], {
      cwd: root,
      env: { ...process.env, ORDER: JSON.stringify(order) },
      encoding: 'utf8',
    });
    return { isKilled: signal === 'SIGKILL', said: stdout + stderr };
  };

  const check = (): number | null => {
    const args =
      name === 'nginx' ? ['-t', '-p', proxy.home, '-c', proxy.main] : ['-c', '-f', proxy.main, '-f', proxy.file()];
    return spawnSync(`/usr/sbin/${name}`, args).status;
  };

  test('at any step leaves a valid configuration, which the next start completes', { timeout: 180_000 }, async () => {
    const stable = proxy.applier();
    await apply(stable, proxy.model(proxy.servers(1)));
    const [old, other] = [proxy.text(), proxy.model(proxy.servers(2, 3), { balance: 'leastconn' })];
    await apply(stable, other);
    const wanted = proxy.text();
    await apply(stable, proxy.model(proxy.servers(1)));
    let deaths = 0;
    for (let step = 1; ; step++) {
      const { isKilled, said } = kill(other, step);
      if (!isKilled) {
        expect(said).toMatch(/^effective after \d+ steps/);
        break;
      }
      deaths++;
      // As it is found: whole, old or new, and the proxy could be started with it.
      expect([old, wanted], `step ${step}`).toContain(proxy.text());
      expect(judgeFile(readFileSync(proxy.file(), 'utf8'))).toBe('ours');
      expect(check(), `step ${step}`).toBe(0);
      // The proxy serves one of both, as a whole, once a reload that was under way is over.
      await proxy.until(async () =>
        expect([['one'], ['three', 'two']], `step ${step}`).toContainEqual(await proxy.answering()),
      );
      const next = proxy.applier();
      next.recover();
      expect(readdirSync(proxy.directory).filter((file) => file.startsWith('.') && file !== '.vipair')).toEqual([]);
      // Whichever of both is wanted then: an apply does not take for granted what an interrupted one has begun.
      const isBack = step % 2 === 0;
      const result = await apply(next, isBack ? proxy.model(proxy.servers(1)) : other);
      expect(['effective', 'unchanged'], result.message).toContain(result.result);
      const expected = isBack ? [old, ['one']] : [wanted, ['three', 'two']];
      expect([proxy.text(), await proxy.answering()], `step ${step}`).toEqual(expected);
      await apply(next, proxy.model(proxy.servers(1)));
    }
    expect(deaths).toBeGreaterThan(12);
    expect(readdirSync(join(proxy.home)).filter((file) => file.endsWith('.vipair-check'))).toEqual([]);
  });
});
