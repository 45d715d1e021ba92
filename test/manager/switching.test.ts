import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { profiles } from '../../profiles/registry.ts';
import type { Config } from '../../src/config/config.ts';
import { OpError } from '../../src/linux/operror.ts';
import type { Care } from '../../src/manager/care.ts';
import { Switching } from '../../src/manager/switching.ts';
import { Turns } from '../../src/manager/turns.ts';
import { hostDisk } from '../../src/proxy/disk.ts';
import { SwitchJournal } from '../../src/proxy/switch/journal.ts';
import type { SwitchOptions, SwitchResult } from '../../src/proxy/switch/order.ts';
import { milliseconds } from '../../src/wire/units.ts';
import { configOf, CROSSED } from './configured.ts';

/** The switch that is under way: what it was given, and how it ends. */
let work: { options: SwitchOptions; end: (result: SwitchResult) => void; fail: (error: Error) => void } | undefined;
vi.mock('../../src/proxy/switch/switch.ts', () => ({
  Switch: class {
    readonly #options: SwitchOptions;

    constructor(options: SwitchOptions) {
      this.#options = options;
    }

    run(): Promise<SwitchResult> {
      return new Promise((end, fail) => (work = { options: this.#options, end, fail }));
    }

    resume(): Promise<SwitchResult> {
      return this.run();
    }
  },
}));
vi.mock('../../src/manager/side.ts', () => ({
  sidesOf: () => ({ from: { profile: profiles['nginx'] }, to: { profile: profiles['haproxy'] } }),
  starterOf: () => ({ how: 'by its unit' }),
}));

const configured = (port: number): Config =>
  configOf(`${CROSSED}proxy: { profile: nginx }
services: { web: { listen: [${port}], backends: [192.0.2.21:8080] } }
`);
const portOf = (config: Config | undefined): number | undefined => config?.services[0]?.listen[0]?.port;

let directory: string;
let inForce: Config;
let handed: Config[];
let settled: Config[];
let told: string[];
let turns: Turns<unknown>;
let switching: Switching;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'vipair-switching-'));
  [inForce, handed, settled, told, turns, work] = [configured(80), [], [], [], new Turns(), undefined];
  switching = open();
});
afterEach(() => rmSync(directory, { recursive: true }));

function open(): Switching {
  const care = {
    applying: { model: () => ({ services: [] }), pause: () => Promise.resolve(() => undefined) },
    vitals: { watchBeside: () => told.push('both'), settle: (config: Config) => settled.push(config) },
    installation: () => ({}),
  } as unknown as Care;
  return new Switching({
    ...{ profiles, care, run: { state: directory } },
    inForce: () => ({ config: inForce, node: 'lb1' }),
    onHandOver: (config) => void handed.push(config),
    inTurn: (run) => turns.after(run),
    tell: (event) => void told.push('detail' in event ? event.detail : event.type),
  });
}

const begun = (): Promise<void> => vi.waitFor(() => expect(work).toBeDefined());
const start = (): ReturnType<Switching['switch']> => switching.switch({ to: 'haproxy', dry: false }, () => undefined);
const good: SwitchResult = { result: 'switched', message: 'HAProxy serves', findings: [] };

describe('a switch', () => {
  it('waits for the reload that runs, goes on from what that has put in force, and holds up none after it', async () => {
    let finish = (): void => undefined;
    const reload = turns.after(() => new Promise<void>((resolve) => (finish = resolve)));
    const done = start();
    const seen = turns.shared(() => Promise.resolve(switching.isUnderWay));
    await Promise.resolve();
    expect([switching.isUnderWay, work]).toEqual([false, undefined]);
    inForce = configured(8081);
    finish();
    await reload;
    await begun();
    expect(await seen).toBe(true);
    work?.options.listener.handOver();
    expect(handed.map(portOf)).toEqual([8081]);
    expect(handed[0]?.proxy?.profile).toBe('haproxy');
    work?.end(good);
    expect(await done).toMatchObject({ result: 'switched' });
    expect(switching.isUnderWay).toBe(false);
  });

  it('that breaks leaves the proxy in force that has proved itself, and one watch', async () => {
    const done = start();
    await begun();
    work?.options.listener.watchBoth();
    work?.fail(new OpError('write', 'ENOSPC'));
    await expect(done).rejects.toThrow('ENOSPC');
    expect([settled.at(-1), handed.at(-1)]).toEqual([inForce, inForce]);
    expect(switching.isUnderWay).toBe(false);
  });

  it('is not carried on once the daemon ends, and none begins', async () => {
    void start();
    await begun();
    const { listener, time } = work!.options;
    let woken = 0;
    void time.sleep(milliseconds(1)).then(() => (woken += 1));
    switching.abort();
    void time.sleep(milliseconds(1)).then(() => (woken += 1));
    listener.watchBoth();
    listener.progress('goes on');
    listener.handOver();
    listener.handBack();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect([woken, handed, settled, told]).toEqual([0, [], [], []]);
    await expect(start()).rejects.toThrow('the daemon is ending');
  });
});

describe('a switch that a former run has begun', () => {
  it('is told when it cannot be finished, and nothing is thrown', async () => {
    const journal = new SwitchJournal(hostDisk, directory);
    journal.begin({ from: 'nginx', to: 'haproxy', phase: 'baking', old: undefined, new: undefined });
    switching = open();
    const done = switching.resume();
    expect(switching.isUnderWay).toBe(true);
    await begun();
    work?.fail(new OpError('write the record', 'ENOSPC'));
    await done;
    expect(told.join()).toContain('the switch to haproxy that had begun is not finished');
    expect(told.join()).toContain('ENOSPC');
  });
});
