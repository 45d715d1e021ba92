import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openBackends } from '../../../src/backends/backends.ts';
import { addressOf } from '../../../src/wire/address.ts';
import { serviceOf } from '../../backends/sample.ts';
import { until } from '../../backends/until.ts';
import { freePort } from './etcd.ts';

/**
 * Issue 3: 2 000 backends checked every 2 s stay under a tenth of a core and never bunch up. A shared machine with its
 * caches full of somebody else's work needs more for the same, so the bounds are wide and the figures are printed.
 */
const BACKENDS = 2000;
const CORES = 0.25;
const SECONDS = 8;

let peer: ChildProcess;
let port: number;
let directory: string;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'vipair-load-'));
  port = await freePort();
  peer = spawn(process.execPath, [fileURLToPath(new URL('peer.mjs', import.meta.url)), `${port}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await new Promise((resolve) => peer.stdout?.once('data', resolve));
});
afterEach(() => {
  peer.kill('SIGKILL');
  rmSync(directory, { recursive: true, force: true });
});

const pause = (duration: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, duration);
  });

describe('2000 backends every 2 s', () => {
  test.each(['tcp', 'http', 'icmp'])('with %s checks', async (type) => {
    const service = serviceOf(`check: { type: ${type}, interval: 2s }, backends: [192.0.2.1:80]`);
    const [sample] = service.backends;
    const config = {
      ...service,
      backends: Array.from({ length: BACKENDS }, (_, at) => ({
        ...sample!,
        host: addressOf(`127.1.${at >> 7}.${1 + (at & 127)}`),
        port,
      })),
    };
    const [stateFile, memoryFile] = [join(directory, 'state'), join(directory, 'sources')];
    const backends = openBackends({ services: [config], stateFile, memoryFile, onChange: () => {} });
    try {
      const states = (): string[] =>
        Array.from(backends.snapshot('web')?.verdicts.values() ?? [], ({ state }) => state);
      await until(
        'all are up',
        () => (states().length === BACKENDS && !states().includes('unknown')) || undefined,
        30_000,
      );
      await pause(2000);
      const before = { cpu: process.cpuUsage(), begun: backends.load.begun, at: performance.now() };
      const rates: number[] = [];
      let last = { begun: before.begun, at: before.at };
      let most = 0;
      while (performance.now() - before.at < SECONDS * 1000) {
        await pause(100);
        const { begun, inFlight } = backends.load;
        const at = performance.now();
        rates.push((begun - last.begun) / (at - last.at));
        last = { begun, at };
        most = Math.max(most, inFlight);
      }
      const seconds = (performance.now() - before.at) / 1000;
      const { user, system } = process.cpuUsage(before.cpu);
      const cores = (user + system) / 1e6 / seconds;
      const rate = (last.begun - before.begun) / seconds;
      const inOrder = rates.toSorted((a, b) => a - b).map((one) => Math.round(one * 100));
      const [median = 0, most90 = 0] = [inOrder[inOrder.length >> 1], inOrder[Math.floor(inOrder.length * 0.9)]];
      const perCheck = (cores / rate) * 1e6;
      console.log(
        `${type}: ${cores.toFixed(3)} cores, ${rate.toFixed(0)} checks/s, ${perCheck.toFixed(0)} us each, ` +
          `in 100 ms ${median} and 9 times of 10 at most ${most90}, most in flight ${most}`,
      );
      expect(rate).toBeGreaterThan(850);
      expect(rate).toBeLessThan(1150);
      expect(cores).toBeLessThan(CORES);
      // A hundred in a tenth of a second is the mean; a stalled machine catches up, but not all at once.
      expect(median).toBeGreaterThan(60);
      expect(median).toBeLessThan(140);
      expect(most).toBeLessThanOrEqual(512);
      expect(new Set(states())).toEqual(new Set(['up']));
    } finally {
      backends.close();
    }
    await until('no descriptor is left', () => readdirSync('/proc/self/fd').length < 200 || undefined);
  });
});
