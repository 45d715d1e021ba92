import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { expect, it, vi } from 'vitest';
import { lookAtBackends } from '../../src/doctor/facts/backends.ts';
import { OpError } from '../../src/linux/operror.ts';
import { crossed } from '../config/sample.ts';
import { lb1 } from './case/case.ts';

/** What getent(1) prints: a line for each address and type of socket. */
const AHOSTS = '::1     STREAM app.example\n::1     DGRAM\n127.0.0.1       STREAM\n127.0.0.1       DGRAM\n';

vi.mock('../../src/doctor/program.ts', () => ({
  ask: ([, , host]: readonly string[]) => {
    if (host === 'hangs.example') return Promise.reject(new OpError('run "getent"', 'ETIMEDOUT'));
    return Promise.resolve(host === 'app.example' ? { code: 0, stdout: AHOSTS } : { code: 2, stdout: '' });
  },
}));

it('backends are reached by any address of their name, and it is told why not', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  const hosts = ['app.example', 'gone.example', 'hangs.example'].map((host) => `'${host}:${port}'`).join(', ');
  const { config } = lb1(`${crossed}services:\n  web: { listen: [80], backends: [${hosts}] }\n`);
  const [facts] = await lookAtBackends({ config, status: undefined });
  server.close();
  const unresolved = 'its name is not resolved';
  expect(facts?.tried.map(({ refused }) => refused)).toEqual([undefined, unresolved, unresolved]);
});
