import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { showConfig } from '../../src/config/show.ts';
import { fetchStatus, requestReload } from '../../src/control/client.ts';
import { openControlServer } from '../../src/control/server.ts';
import type { Resume, ToEngine } from '../../src/engine/messages.ts';
import type { Snapshot } from '../../src/engine/snapshot.ts';
import type { FromEngine } from '../../src/manager/link.ts';
import { Manager } from '../../src/manager/manager.ts';
import { Switching, UNDER_WAY } from '../../src/manager/switching.ts';
import { instant } from '../../src/wire/units.ts';
import { configOf, CROSSED, router, snapshot } from './configured.ts';
import { idle } from '../control/status.ts';

/** The engine's end of the channel. */
class Engine {
  readonly messages: ToEngine[] = [];
  /** What it answers a configuration with; nothing while it is frozen. */
  frozen = false;
  #tell: (message: FromEngine) => void = () => {};
  #waiting: (() => void)[] = [];

  tell(message: FromEngine): void {
    this.#tell(message);
  }

  listen(onMessage: (message: FromEngine) => void): void {
    this.#tell = onMessage;
  }

  send(message: ToEngine): void {
    this.messages.push(message);
  }

  configure(message: ToEngine): Promise<void> {
    this.messages.push(message);
    return this.frozen ? new Promise((resolve) => this.#waiting.push(resolve)) : Promise.resolve();
  }

  snapshot(): Promise<Snapshot> {
    if (this.configurations.length === 0) return Promise.reject(new Error('The engine did not answer within 2000 ms'));
    return Promise.resolve(snapshot([router()]));
  }

  thaw(): void {
    this.frozen = false;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  get configurations(): Extract<ToEngine, { type: 'configure' }>[] {
    return this.messages.filter((message) => message.type === 'configure');
  }

  get gaveUp(): number[] {
    return this.messages.flatMap((message) => (message.type === 'give-up' ? [message.exitCode] : []));
  }
}

let engine: Engine;
vi.mock('../../src/manager/link.ts', () => ({
  EngineLink: function EngineLink() {
    return engine;
  },
}));
vi.mock('../../src/manager/accept.ts', () => ({ settleAccept: () => Promise.resolve(['accept is not in force']) }));

let hostName = 'lb1';
vi.mock('node:os', async (original) => ({
  ...(await original<object>()),
  hostname: () => hostName,
  networkInterfaces: () => ({}),
}));

let sysctls: string[];
vi.mock('../../src/manager/sysctl.ts', () => ({ applySysctls: () => [], checkSysctls: () => sysctls }));

let folder: string;
let log: string[];
let exits: (number | undefined)[];
const file = (): string => join(folder, 'pair.yaml');
const socket = (): string => join(folder, 'control.sock');
const write = (text: string): void => writeFileSync(file(), text);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'manager-'));
  engine = new Engine();
  log = [];
  exits = [];
  sysctls = [];
  hostName = 'lb1';
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    log.push(String(text));
    return true;
  });
  vi.spyOn(process, 'exit').mockImplementation((code) => exits.push(Number(code)) as never);
});

afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

/** Starts one as a node; the empty name leaves it to find out which one it is. */
function start(resume?: Resume, node = 'lb1'): Manager {
  const options = {
    config: file(),
    socket: socket(),
    state: join(folder, 'state'),
    logFormat: 'text',
    realtime: false,
    ...(node === '' ? {} : { node }),
  } as const;
  const manager = new Manager(options, {});
  manager.start();
  engine.tell({ type: 'hello', resume, restarts: resume === undefined ? 0 : 1, run: '4711-1000' });
  return manager;
}

const configured = (count = 1): Promise<void> =>
  vi.waitFor(() => {
    expect(engine.configurations).toHaveLength(count);
  });

const resumeOf = (text: string, node = 'lb1'): Resume => ({
  text: showConfig(configOf(text)),
  node,
  loadedAt: instant(1000),
});

const vrids = (index = -1): number[] =>
  engine.configurations.at(index)?.assignment.routers.map(({ router: { vrid } }) => vrid) ?? [];

describe('a start', () => {
  it('puts the file in force and answers on the control socket', async () => {
    write(CROSSED);
    start();
    await configured();
    expect(vrids()).toEqual([51, 52]);
    expect(engine.configurations[0]?.resume).toMatchObject({ node: 'lb1', text: expect.stringContaining('vrid: 51') });
    expect(await fetchStatus(socket())).toMatchObject({ node: 'lb1', config: { error: null } });
  });

  it('answers that it is starting while it is', async () => {
    write(CROSSED);
    const manager = start();
    await expect(manager.status()).rejects.toThrow('The daemon is still starting; ask again');
    await configured();
  });

  it('gives up with 2 when the file is refused, with each mistake told', async () => {
    write(CROSSED.replace('vrid: 52', 'vrid: 51'));
    start();
    await vi.waitFor(() => {
      expect(engine.gaveUp).toEqual([2]);
    });
    expect(log.join('')).toMatch(/pair\.yaml:\d+:\d+: vips\.web-2\.vrid: /);
  });

  it('gives up with 2 when this host is not in the file', async () => {
    write(CROSSED);
    start(undefined, 'lb9');
    await vi.waitFor(() => {
      expect(engine.gaveUp).toEqual([2]);
    });
  });

  it('gives up with 75 when another daemon answers', async () => {
    write(CROSSED);
    const status = () => Promise.reject(new Error('busy'));
    const other = await openControlServer(socket(), { ...idle, status, reload: status }, () => {});
    start();
    await vi.waitFor(() => {
      expect(engine.gaveUp).toEqual([75]);
    });
    other.close();
  });

  it('gives up when the socket is somebody’s file, and leaves it', async () => {
    write(CROSSED);
    writeFileSync(socket(), 'precious');
    start();
    await vi.waitFor(() => {
      expect(engine.gaveUp).toEqual([1]);
    });
    expect(readFileSync(socket(), 'utf8')).toBe('precious');
  });
});

describe('a manager that follows a dead one', () => {
  it('goes on with what is in force when the file says something else by now, until a reload', async () => {
    write(CROSSED.replace('vrid: 52', 'vrid: 62'));
    start(resumeOf(CROSSED));
    await configured();
    expect(vrids()).toEqual([51, 52]);
    const { config, warnings } = await fetchStatus(socket());
    expect(config.error).toContain('has changed since it was loaded; run `vipair reload`');
    expect(warnings.map(({ text }) => text).join()).toContain('vipair reload');
    expect(await requestReload(socket())).toMatchObject({ applied: true, changes: ['vip web-2: vrid 52 -> 62'] });
    expect(vrids()).toEqual([51, 62]);
    expect((await fetchStatus(socket())).config.error).toBeNull();
  });

  it('goes on with it when the file is broken', async () => {
    write('nodes: [');
    start(resumeOf(CROSSED));
    await configured();
    expect((await fetchStatus(socket())).config.error).toMatch(/pair\.yaml:1:/);
  });

  it('takes the same file as nothing new, and the time of its loading too', async () => {
    write(CROSSED);
    start(resumeOf(CROSSED));
    await configured();
    expect(engine.configurations[0]?.resume.loadedAt).toBe(1000);
    expect((await fetchStatus(socket())).config.error).toBeNull();
  });

  it('is the node that its predecessor was, whatever the host is called by now', async () => {
    write('nodes: [');
    hostName = 'another';
    start(resumeOf(CROSSED, 'lb2'), '');
    await configured();
    expect(engine.configurations[0]?.assignment.node).toBe('lb2');
  });

  it('ends and makes room for another when even that is refused', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    write('nodes: [');
    start({ text: 'nodes: [', node: 'lb1', loadedAt: instant(0) });
    while (engine.gaveUp.length === 0) await new Promise((resolve) => setImmediate(resolve));
    const before = exits.length;
    vi.advanceTimersByTime(1000);
    expect(exits.slice(before)).toEqual([2]);
    vi.useRealTimers();
  });

  it('goes on without a control socket, and has it as soon as it can', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    write(CROSSED);
    writeFileSync(socket(), '');
    start(resumeOf(CROSSED));
    while (engine.configurations.length === 0) await new Promise((resolve) => setImmediate(resolve));
    expect(log.join('')).toContain('EEXIST');
    rmSync(socket());
    vi.advanceTimersByTime(6000);
    vi.useRealTimers();
    await vi.waitFor(async () => {
      expect((await fetchStatus(socket())).node).toBe('lb1');
    });
  });
});

describe('a reload', () => {
  it('of the same file sends nothing', async () => {
    write(CROSSED);
    const manager = start();
    await configured();
    expect(await manager.reload()).toEqual({ applied: true, changes: [], errors: [] });
    expect(engine.configurations).toHaveLength(1);
  });

  it('of a bad file keeps what is in force, and says so until a good one comes', async () => {
    write(CROSSED);
    const manager = start();
    await configured();
    write(CROSSED.replace('vrid: 52', 'vrid: 51'));
    expect(await manager.reload()).toMatchObject({ applied: false, changes: [] });
    expect((await manager.status()).config.error).toContain('vips.web-2.vrid');
    write(CROSSED);
    await manager.reload();
    expect((await manager.status()).config.error).toBeNull();
    expect(engine.configurations).toHaveLength(1);
  });

  /** A reload that the engine has not answered yet. */
  const reloading = async (): Promise<{ manager: ReturnType<typeof start>; first: ReturnType<Manager['reload']> }> => {
    write(CROSSED);
    const manager = start();
    await configured();
    engine.frozen = true;
    write(CROSSED.replace('vrid: 52', 'vrid: 62'));
    const first = manager.reload();
    await configured(2);
    return { manager, first };
  };

  it('that is asked for while another runs reads the file again', async () => {
    const { manager, first } = await reloading();
    write(CROSSED.replace('vrid: 52', 'vrid: 72'));
    const others = [manager.reload(), manager.reload()];
    engine.thaw();
    await Promise.all([first, ...others]);
    expect(vrids()).toEqual([51, 72]);
    expect(engine.configurations).toHaveLength(3);
  });

  it('is refused when a switch has begun by the time that its turn comes', async () => {
    const { manager, first } = await reloading();
    const second = manager.reload();
    vi.spyOn(Switching.prototype, 'isUnderWay', 'get').mockReturnValue(true);
    engine.thaw();
    expect(await first).toMatchObject({ applied: true });
    expect(await second).toMatchObject({ applied: false, errors: [UNDER_WAY] });
  });

  it('that comes before the start is over waits for it', async () => {
    write(CROSSED);
    engine.frozen = true;
    const manager = start();
    await configured();
    write(CROSSED.replace('vrid: 52', 'vrid: 62'));
    engine.tell({ type: 'reload' });
    engine.thaw();
    await configured(2);
    expect(vrids()).toEqual([51, 62]);
    expect((await manager.reload()).changes).toEqual([]);
  });

  it('that makes this host another node is a change', async () => {
    write(CROSSED);
    const manager = start(undefined, '');
    await configured();
    expect(engine.configurations[0]?.assignment.node).toBe('lb1');
    hostName = 'lb2';
    expect(await manager.reload()).toMatchObject({ changes: ['this host: node lb1 -> lb2'] });
    expect(engine.configurations[1]?.assignment.node).toBe('lb2');
  });

  it('keeps no warning of what has been mended since, and every other', async () => {
    write(CROSSED);
    sysctls = ['sysctl x is "0"'];
    const manager = start();
    await configured();
    const texts = async () => (await manager.status()).warnings.map(({ text }) => text);
    expect(await texts()).toEqual(['sysctl x is "0"', 'accept is not in force']);
    sysctls = [];
    await manager.reload();
    expect(await texts()).toEqual(['accept is not in force']);
  });
});

describe('the log', () => {
  it('names nodes instead of their addresses', async () => {
    write(CROSSED);
    start();
    await configured();
    const source = configOf(CROSSED).nodes[1]!.addresses[0]!;
    const at = instant(0);
    const event = { type: 'remark', at, router: 'web-1/ipv4', remark: 'interval', source } as const;
    engine.tell({ type: 'event', number: 1, event });
    await vi.waitFor(() => {
      expect(log.join('')).toContain('web-1/ipv4: lb2 advertises with another interval');
    });
    expect(engine.messages).toContainEqual({ type: 'recorded', through: 1 });
  });

  it('has an event of the engine once, however often a dead manager has heard it before', async () => {
    write(CROSSED);
    start();
    await configured();
    const event = { type: 'proxy-exited', at: instant(0), pid: 1 } as const;
    engine.tell({ type: 'event', number: 1, event });
    await vi.waitFor(() => {
      expect(log.join('')).toContain('proxy process 1 has exited');
    });
    engine = new Engine();
    start(resumeOf(CROSSED));
    engine.tell({ type: 'event', number: 1, event });
    engine.tell({ type: 'event', number: 2, event: { ...event, pid: 2 } });
    await vi.waitFor(() => {
      expect(log.join('')).toContain('proxy process 2 has exited');
    });
    expect(log.join('').match(/proxy process 1 has exited/g)).toHaveLength(1);
    expect(engine.messages).toContainEqual({ type: 'recorded', through: 2 });
  });
});
