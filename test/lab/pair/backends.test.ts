import { beforeAll, expect, it } from 'vitest';
import { backendPort, startBackend } from '../../../src/lab/backend.ts';
import type { Backend } from '../../../src/lab/backend.ts';
import type { Daemon } from '../../../src/lab/daemon.ts';
import { now } from '../../../src/linux/clock.ts';
import { eventually, usePair, VIP1, VIP2 } from './pair.ts';

/* The VIPs, VRRP and the heartbeat are on the first switch, the backends behind the second. */
const pair = usePair('tbeview', { backends: 2, secondLink: true });
let backends: Backend[] = [];

const ids = (): string[] => [`198.51.100.21:${backendPort}`, `198.51.100.22:${backendPort}`];

const carrier = (state: 'up' | 'down'): Promise<unknown> => pair.lab.exec('sw', ['ip', 'link', 'set', 'lb1-1', state]);

const warningsOf = ({ warnings }: { readonly warnings: readonly unknown[] }): string => JSON.stringify(warnings);

/** What is made of the backends for web-1. */
const reason = async (daemon: Daemon): Promise<string> =>
  (await daemon.status()).checks.find(({ name }) => name === 'backends')?.reason ?? '';

const transitions = async (): Promise<number> => {
  const all = await Promise.all(pair.daemons.map((daemon) => daemon.status()));
  return all.reduce((sum, { events }) => sum + (events.counts['transition'] ?? 0), 0);
};

const well = (): Promise<unknown> =>
  Promise.all(
    pair.daemons.map((daemon) =>
      daemon.until(
        'it sees every backend well, and the other does',
        ({ services, pair: seen }) => services[0]?.counts.up === 2 && seen?.peers[0]?.heard === true,
      ),
    ),
  );

beforeAll(async () => {
  backends = await Promise.all(pair.lab.backends.map((member) => startBackend(member)));
  for (const { name } of pair.lab.hosts)
    await pair.lab.exec(name, ['sh', '-c', 'umask 077; echo one key for both of them > /var/tmp/pair.key']);
  const check = {
    type: 'http',
    path: '/healthz',
    interval: '500ms',
    timeout: '300ms',
    jitter: '0ms',
    fall: 2,
    rise: 1,
  };
  await pair.run({
    settings: {
      recover_after: '300ms',
      heartbeat: { paths: ['eth0'], key_file: '/var/tmp/pair.key' },
      track: { backends: { weight: 50 } },
      services: { web: { listen: [80], check, backends: ids() } },
    },
  });
  await well();
});

it('a host that alone is cut from the backends lets the other serve, and both name it', async () => {
  const at = now();
  await carrier('down');
  await eventually('lb2 holds both', () => [VIP1, VIP2].every((vip) => pair.holders(vip).join() === 'lb2'));
  const moved = now() - at;
  expect(await reason(pair.lb1)).toBe(
    'web has 0 of 2 backends, fewer than 1; lb2 sees 2 of 2, so it is this host that is sick',
  );
  const [first, second] = ids();
  await pair.lb1.until('it names them', (s) => warningsOf(s).includes(`down only here: ${first}, ${second}`));
  await pair.lb2.until('it names them', (s) => warningsOf(s).includes(`down only for lb1: ${first}, ${second}`));
  console.info(`moved after ${Math.round(moved)} ms, named after ${Math.round(now() - at)} ms`);
  await carrier('up');
  await pair.settle();
  await well();
  await pair.lb1.until('all is well', (s) => !warningsOf(s).includes('down only'));
});

it('backends that are down for both move nothing', async () => {
  const before = await transitions();
  await Promise.all(backends.map((backend) => backend.set('fail')));
  for (const daemon of pair.daemons)
    await eventually('it is so for both', async () => (await reason(daemon)).includes('so it is for others'));
  const end = now() + 3000;
  await eventually('nothing moves', () => {
    expect([VIP1, VIP2].map((vip) => pair.holders(vip).join())).toEqual(['lb1', 'lb2']);
    return now() > end;
  });
  expect(warningsOf(await pair.lb1.status())).not.toContain('backends-seen-differently');
  await Promise.all(backends.map((backend) => backend.set('ok')));
  await well();
  expect(await transitions()).toBe(before);
});
