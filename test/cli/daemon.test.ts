import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { renderStatus } from '../../src/control/render.ts';
import { openControlServer } from '../../src/control/server.ts';
import type { ControlHandlers } from '../../src/control/server.ts';
import type { Status } from '../../src/control/status.ts';
import { idle, peerVip, status, vipStatus } from '../control/status.ts';
import { vipair } from './command.ts';

let folder: string;
let socket: string;
let server: Server | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cli-'));
  socket = join(folder, 'control.sock');
});

afterEach(() => {
  server?.close();
  server?.closeAllConnections();
  server = undefined;
  rmSync(folder, { recursive: true });
});

/** A daemon that answers so. */
async function serve(handlers: Partial<ControlHandlers>): Promise<void> {
  const no = () => Promise.reject(new Error('not asked for'));
  server = await openControlServer(socket, { ...idle, status: no, reload: no, ...handlers }, () => {});
}

const shown = async (one: Status, ...argv: string[]) => {
  await serve({ status: () => Promise.resolve(one) });
  return vipair(['status', '--socket', socket, ...argv]);
};

describe('status', () => {
  it('prints the screen and ends with 0 when all is well', async () => {
    expect(await shown(status())).toEqual({ code: 0, stdout: renderStatus(status(), false), stderr: '' });
  });

  it('prints the object the daemon gave', async () => {
    const { code, stdout } = await shown(status(), '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual(status());
  });

  it.each([
    ['a lowered priority', vipStatus({ priority: 1 })],
    ['an interface at fault', vipStatus({ state: 'initialize', priority: 0 })],
    ['an active router without its addresses', vipStatus({ addressesInstalled: false })],
  ])('ends with 1 for %s', async (_, vip) => {
    expect((await shown(status({ vips: [vip, peerVip()] }), '--json')).code).toBe(1);
  });

  it('ends with 69 and says what to do when no daemon is there', async () => {
    const { code, stdout, stderr } = await vipair(['status', '--socket', socket]);
    expect({ code, stdout }).toEqual({ code: 69, stdout: '' });
    expect(stderr).toBe(
      `vipair: Cannot reach the daemon on "${socket}": ENOENT; is \`vipair run\` running, and with this --socket?\n`,
    );
  });

  it('ends with 69 while the daemon starts, in its words', async () => {
    await serve({ status: () => Promise.reject(new Error('The daemon is still starting; ask again')) });
    const { code, stderr } = await vipair(['status', '--socket', socket]);
    expect(code).toBe(69);
    expect(stderr).toContain('The daemon is still starting; ask again');
  });
});

describe('reload', () => {
  const reload = async (result: Awaited<ReturnType<ControlHandlers['reload']>>, ...argv: string[]) => {
    await serve({ reload: () => Promise.resolve(result) });
    return vipair(['reload', '--socket', socket, ...argv]);
  };

  it('prints what changed and ends with 0', async () => {
    const changes = ['vip web-1: interval 200ms -> 100ms'];
    expect(await reload({ applied: true, changes, errors: [] })).toMatchObject({ code: 0, stdout: `${changes[0]}\n` });
  });

  it('says that nothing changed', async () => {
    const result = { applied: true, changes: [], errors: [] };
    expect(await reload(result)).toMatchObject({ code: 0, stdout: 'Nothing changed.\n' });
  });

  it('prints every mistake and ends with 2 when the file was refused', async () => {
    const errors = ['pair.yaml:1:1: a', 'pair.yaml:2:1: b'];
    const { code, stdout, stderr } = await reload({ applied: false, changes: [], errors });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toBe(
      `${errors.join('\n')}\nvipair: reload refused; the configuration that was in force stays in force\n`,
    );
  });

  it('prints the result as JSON, with the same exit codes', async () => {
    const result = { applied: false, changes: [], errors: ['pair.yaml:1:1: a'] };
    const { code, stdout } = await reload(result, '--json');
    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toEqual(result);
  });
});

describe('run', () => {
  it('ends with 2 and says where when the file is refused', async () => {
    const file = join(folder, 'pair.yaml');
    writeFileSync(file, 'nodes: [');
    const { code, stderr } = await vipair(['run', '--no-realtime', '--config', file, '--socket', socket]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/pair\.yaml:1:\d+: /);
  });
});
