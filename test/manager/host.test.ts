import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Config, NodeConfig } from '../../src/config/config.ts';
import type { ObservedCheck } from '../../src/engine/messages.ts';
import { HostChecks } from '../../src/manager/host/checks.ts';
import { defaultGateway } from '../../src/manager/host/gateway.ts';
import { judgeHeadroom } from '../../src/manager/host/headroom.ts';
import { configOf } from './configured.ts';

let directory = '';
let told: { checks: readonly ObservedCheck[]; isNews: boolean }[] = [];
let checks: HostChecks;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'vipair-host-'));
  chmodSync(directory, 0o755);
  told = [];
  checks = new HostChecks({
    onTurn: (all, isNews) => told.push({ checks: all, isNews }),
    proxyPids: () => [process.pid],
  });
});

afterEach(() => {
  checks.follow(config('{}'), NODE);
  rmSync(directory, { recursive: true });
});

const NODE: NodeConfig = { name: 'lb1', addresses: [] };

const config = (list: string, more = ''): Config =>
  configOf(`nodes: { lb1: { address: 192.0.2.11 }, lb2: { address: 192.0.2.12 } }
interface: eth0
track: { checks: ${list} }
vips: { web-1: { vrid: 51, address: 192.0.2.101/24, prefer: [lb1, lb2] } }
${more}`);

/** Waits until a check was found so, and gives its reason. */
async function found(name: string, state: ObservedCheck['state']): Promise<string> {
  for (const until = Date.now() + 10_000; Date.now() < until;) {
    const check = checks.observed(false).find((each) => each.name === name);
    if (check?.state === state) return check.reason;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`${name} is not ${state}: ${JSON.stringify(checks.observed(false))}`);
}

describe('a check of the host', () => {
  it('that runs a program fails with what that says, and when it is gone', async () => {
    const script = join(directory, 'check');
    const program = (text: string): void => writeFileSync(script, `#!/bin/sh\n${text}\n`, { mode: 0o755 });
    program('exit 0');
    checks.follow(config(`{ db: { command: [${script}], interval: 100ms } }`), NODE);
    await checks.settled(10_000);
    expect(await found('db', 'well')).toBe('exit code 0');
    program('echo no database; exit 3');
    expect(await found('db', 'dead')).toBe('exit code 3: no database');
    program('exit 0');
    await found('db', 'well');
    rmSync(script);
    expect(await found('db', 'dead')).toBe(`cannot run "${script}": ENOENT`);
    expect(told.filter(({ isNews }) => isNews).map(({ checks: [check] }) => check?.state)).toEqual([
      'well',
      'dead',
      'well',
      'dead',
    ]);
  });

  it('is a file that must not be there, or must', async () => {
    const file = join(directory, 'maintenance');
    checks.follow(config(`{ no: { file: ${file} }, yes: { file: ${file}, when: absent } }`), NODE);
    expect(await found('no', 'well')).toBe(`"${file}" is not there`);
    expect(await found('yes', 'dead')).toBe(`"${file}" is not there`);
    writeFileSync(file, '');
    expect(await found('no', 'dead')).toBe(`"${file}" is there`);
    expect(await found('yes', 'well')).toBe(`"${file}" is there`);
  });

  it('that cannot be looked at fails', async () => {
    checks.follow(config(`{ no: { file: "/${'x'.repeat(300)}" } }`), NODE);
    expect(await found('no', 'dead')).toContain('ENAMETOOLONG');
  });

  it('that has no verdict in time is not told, but at a reload it is taken to be well', async () => {
    checks.follow(config('{ slow: { command: [/bin/sleep, "5"], interval: 10s } }'), NODE);
    await checks.settled(50);
    expect(checks.observed(false)).toEqual([]);
    expect(checks.observed(true)).toEqual([{ name: 'slow', state: 'well', reason: 'not looked at yet' }]);
  });

  it('goes on as it is when the configuration changes elsewhere', async () => {
    const one = `{ no: { file: ${join(directory, 'no')} } }`;
    checks.follow(config(one), NODE);
    await found('no', 'well');
    checks.follow(config(one, 'interval: 100ms'), NODE);
    expect(checks.observed(false)).toHaveLength(1);
    checks.follow(config('{}'), NODE);
    expect(checks.observed(false)).toEqual([]);
  });

  it('is the quorum of backends, for each VIP its own', () => {
    const text = `services: { web: { listen: [80], check: { type: tcp }, backends: [192.0.2.21:80, 192.0.2.22:80] } }`;
    const all = configOf(`nodes: { lb1: { address: 192.0.2.11 }, lb2: { address: 192.0.2.12 } }
interface: eth0
track: { backends: { weight: 20 } }
vips:
  web-1: { vrid: 51, address: 192.0.2.101/24, prefer: [lb1, lb2] }
  web-2: { vrid: 52, address: 192.0.2.102/24, prefer: [lb2, lb1], track: { backends: { weight: 20, quorum: 2 } } }
${text}`);
    checks.follow(all, NODE);
    expect(checks.observed(false).map(({ name, state }) => `${name} ${state}`)).toEqual([
      'backends@web-1 well',
      'backends@web-2 well',
    ]);
    checks.noteHealth([{ service: 'web', up: 1, unknown: 0, total: 2 }]);
    expect(told.at(-1)?.checks).toEqual([
      { name: 'backends@web-2', state: 'dead', reason: 'web has 1 of 2 backends, fewer than 2' },
    ]);
  });
});

describe('the default gateway', () => {
  const heading = 'Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT';
  const route = (destination: string, gateway: string, metric: number): string =>
    `eth0\t${destination}\t${gateway}\t0003\t0\t0\t${metric}\t${destination}\t0\t0\t0`;

  it('is that of the route with the least metric', () => {
    const table = [heading, route('00000000', '010200C0', 200), route('00000000', 'FE0200C0', 100)].join('\n');
    expect(defaultGateway(table)).toBe('192.0.2.254');
  });

  it('is none where there is no such route', () => {
    expect(defaultGateway([heading, route('000200C0', '00000000', 0)].join('\n'))).toBeUndefined();
    expect(defaultGateway('')).toBeUndefined();
  });
});

describe('headroom', () => {
  it('is judged by what is scarcest', () => {
    const usages = [
      { what: 'the open files of the host', used: 10, limit: 100 },
      { what: 'the tracked connections', used: 90, limit: 100 },
      { what: 'nothing', used: 5, limit: 0 },
    ];
    expect(judgeHeadroom(10, usages).result).toBe('good');
    expect(judgeHeadroom(11, usages)).toEqual({
      result: 'bad',
      reason: '10% of the tracked connections free (90 of 100 used), less than 11%',
    });
  });
});
