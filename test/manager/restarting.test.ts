import { beforeEach, describe, expect, it } from 'vitest';
import { profiles } from '../../profiles/registry.ts';
import type { Clock } from '../../src/backends/clock.ts';
import type { Config } from '../../src/config/config.ts';
import { ProxyRestarts } from '../../src/manager/restarting.ts';
import type { Outcome } from '../../src/watchdog/command.ts';
import { instant, milliseconds } from '../../src/wire/units.ts';
import { parse } from '../config/sample.ts';

let at: number;
let timers: { due: number; run: () => void }[];
let said: string[];
let ran: string[];
let guards: string[];
let taken: number | undefined;
let outcomes: (argv: readonly string[]) => Partial<Outcome>;
let restarts: ProxyRestarts;

const clock: Clock = {
  now: () => instant(at),
  after: (delay, run) => {
    const timer = { due: at + delay, run };
    timers.push(timer);
    return () => (timers = timers.filter((other) => other !== timer));
  },
};

async function pass(duration: number): Promise<void> {
  const end = at + duration;
  for (;;) {
    await new Promise((done) => setImmediate(done));
    const [next] = timers.toSorted((a, b) => a.due - b.due);
    if (next === undefined || next.due > end) break;
    at = next.due;
    timers = timers.filter((other) => other !== next);
    next.run();
  }
  at = end;
}

function config(proxy: string): Config {
  const result = parse(`
nodes: { lb1: { address: 192.0.2.11 }, lb2: { address: 192.0.2.12 } }
interface: eth0
vips: { web-1: { vrid: 51, address: 192.0.2.101/24, prefer: [lb1, lb2] } }
proxy: { profile: nginx, ${proxy} }`);
  if (!('config' in result)) throw new Error(JSON.stringify(result.errors));
  return result.config;
}

const RESTART = 'restart: { attempts: 2, verify: 2s, settle: 5s, command: [/sbin/again] }';

beforeEach(() => {
  at = 1000;
  timers = [];
  said = [];
  ran = [];
  guards = [];
  taken = undefined;
  outcomes = () => ({});
  restarts = new ProxyRestarts(({ what, severity, detail }) => said.push(`${at} ${what} ${severity}: ${detail}`), {
    clock,
    run: (argv) => {
      ran.push(argv.join(' '));
      const outcome = { good: true, words: 'exit code 0', output: '', took: milliseconds(5), ...outcomes(argv) };
      return { outcome: Promise.resolve(outcome), cancel() {} };
    },
    takeGuard: (identities) => {
      if (taken !== undefined) return { taken };
      guards.push(...identities);
      return { release: () => (guards = []) };
    },
  });
});

describe('a dead proxy', () => {
  it('is left alone without "restart"', async () => {
    restarts.follow(config('unit: a.service'), profiles);
    restarts.observe('dead');
    await pass(60_000);
    expect([ran, guards, restarts.state]).toEqual([[], [], undefined]);
  });

  it('is restarted once it has been dead for a second, and forgotten when it has settled', async () => {
    restarts.follow(config(RESTART), profiles);
    restarts.observe('well');
    await pass(10_000);
    expect(ran).toEqual([]);
    restarts.observe('dead');
    await pass(900);
    restarts.observe('well');
    await pass(5000);
    expect(ran).toEqual([]);
    restarts.observe('dead');
    await pass(1200);
    expect(ran).toEqual(['/sbin/again']);
    restarts.observe('well');
    await pass(6000);
    expect(said.map((line) => line.replace(/^\d+ /, ''))).toEqual([
      'runs notice: restart 1 of 2: /sbin/again',
      'ran info: restart ended after 5 ms: exit code 0',
      'came-up notice: came up 200 ms after restart 1',
      'recovered notice: recovered: its restarts are forgotten',
    ]);
    expect(restarts.state).toBe('watching');
  });

  it('is given up after its attempts, and has them again when somebody has mended it', async () => {
    restarts.follow(config(RESTART), profiles);
    restarts.observe('dead');
    await pass(30_000);
    expect(ran).toHaveLength(2);
    expect(said.at(-1)).toMatch(/gave-up error: given up after 2 restarts/);
    expect(restarts.state).toBe('given-up');
    restarts.observe('well');
    await pass(10_000);
    restarts.observe('dead');
    await pass(1500);
    expect(ran).toHaveLength(3);
  });

  it('is restarted by systemd unless told otherwise, but not when somebody has stopped it', async () => {
    restarts.follow(config('restart: { attempts: 1, verify: 1s }, unit: front@1.service'), profiles);
    outcomes = ([, verb]) => (verb === 'show' ? { output: 'failed' } : {});
    restarts.observe('dead');
    await pass(1500);
    expect(ran).toEqual(['systemctl show -p ActiveState --value front@1.service', 'systemctl restart front@1.service']);
    ran = [];
    said = [];
    outcomes = ([, verb]) => (verb === 'show' ? { output: 'inactive' } : {});
    restarts.follow(config('restart: { attempts: 1, verify: 2s }'), profiles);
    await pass(5000);
    expect(ran).toEqual(['systemctl show -p ActiveState --value nginx.service']);
    expect(said.join('\n')).toContain('not run: nginx.service was stopped on purpose; start it');
  });

  it('is left to a watchdog that looks after it already', async () => {
    taken = 1;
    restarts.follow(config(RESTART), profiles);
    restarts.observe('dead');
    await pass(10_000);
    expect([ran, restarts.state]).toEqual([[], 'off']);
    expect(said.join()).toContain('a `vipair watchdog` looks after it already');
  });

  it('keeps watchdogs away, as long as it is configured', async () => {
    restarts.follow(config(RESTART), profiles);
    expect(guards).toEqual(['target nginx ', 'restart ["/sbin/again"]']);
    restarts.follow(config('unit: a.service'), profiles);
    expect(guards).toEqual([]);
  });

  it('goes on where it is when a reload changes nothing about it', async () => {
    restarts.follow(config(RESTART), profiles);
    restarts.observe('dead');
    await pass(1200);
    restarts.follow(config(RESTART), profiles);
    await pass(500);
    expect([ran.length, restarts.state]).toEqual([1, 'verifying']);
  });
});
