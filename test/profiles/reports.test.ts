import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ReportFollower } from '../../src/proxy/reports.ts';
import type { HealthReport, RuntimeSteering } from '../../src/proxy/steering.ts';
import { profileOf } from './program.ts';

/** HAProxy 2.6.12, `show servers state web`: up; down; not looked at; down by a state file. */
const STATES = [
  '1',
  '# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight ...',
  '3 web 1 b1 127.0.0.1 2 0 1 1 26 6 3 3 6 0 0 0 - 18081 - 0 0 - - 0',
  '3 web 2 b2 127.0.0.1 0 0 1 1 28 8 2 0 6 0 0 0 - 18082 - 0 0 - - 0',
  '3 web 3 b3 127.0.0.1 2 0 1 1 0 1 0 2 6 0 0 0 - 18083 - 0 0 - - 0',
  '3 web 4 b4 127.0.0.1 0 0 1 1 0 6 2 0 6 0 0 0 - 18084 - 0 0 - - 0',
].join('\n');

const REFUSED =
  '<5>2026-01-02T03:04:05.501766+00:00 Health check for server web/b1 failed, reason: Layer4 connection problem, info: "Connection refused", check duration: 0ms, status: 0/2 DOWN.\n';

const runtime = profileOf('haproxy').steering.runtime as RuntimeSteering;

let folder: string;
let path: string;
let server: Server | undefined;
let follower: ReportFollower | undefined;
let streams: Socket[];
let asked: string[];
let told: HealthReport[];
let troubles: (string | undefined)[];
let isSilent: boolean;
let isFull: boolean;

/** A stats socket in prompt mode, and one stream for each `show events`. */
function listen(): Promise<void> {
  server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.setEncoding('utf8').on('data', (text: string) => {
      for (const line of text.split('\n').slice(0, -1)) {
        asked.push(line);
        if (line.startsWith('show events')) {
          if (isFull) socket.end('No such event sink\n');
          else streams.push(socket);
        } else if (!isSilent) socket.write(line.startsWith('show servers') ? `${STATES}\n\n> ` : '\n> ');
      }
    });
  });
  return new Promise((resolve) => server?.listen(path, resolve));
}

const follow = (known: HealthReport['health'] = 'unknown'): ReportFollower => {
  follower = new ReportFollower(path, {
    runtime,
    services: () => ['web'],
    known: () => new Map(['b1', 'b2', 'b3', 'b4'].map((name) => [name, known])),
    onReports: (reports) => told.push(...reports),
    onTrouble: (trouble) => troubles.push(trouble),
    schedule: (run, delay) => {
      const timer = setTimeout(run, Math.min(delay, 50));
      return () => clearTimeout(timer);
    },
  });
  return follower;
};

const until = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 8000, interval: 5 });
const words = (): string[] => told.map(({ server: name, health, reason }) => `${name} ${health}: ${reason}`);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vipair-reports-'));
  path = join(folder, 'stats.sock');
  [streams, asked, told, troubles, isSilent, isFull] = [[], [], [], [], false, false];
});
afterEach(() => {
  follower?.close();
  for (const stream of streams) stream.destroy();
  server?.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('the results of its own checks', () => {
  it('are what holds, and then what happens', async () => {
    await listen();
    follow();
    await until(() => expect(troubles).toEqual([undefined]));
    expect(words()).toEqual(['b1 up: Layer4 check passed', 'b2 down: Layer4 connection problem', 'b4 down: undefined']);
    told = [];
    // In pieces, and with what is no result between.
    streams
      .at(-1)
      ?.write(`<5>2026-01-02T03:04:05Z Server web/b1 enters drain state. 0 active\n${REFUSED.slice(0, 70)}`);
    streams
      .at(-1)
      ?.write(
        `${REFUSED.slice(70)}<1>2026-01-02T03:04:05Z Server web/b1 is DOWN, changed from CLI. 0 active and\n` +
          '<5>2026-01-02T03:04:05Z Server web/b3 is UP/READY (leaving forced maintenance).\n' +
          '<5>2026-01-02T03:04:05Z Health check for backup server web/b9 failed, reason: Layer7 wrong status, code: 503, info: "Busy", check duration: 1ms, status: 1/2 UP.\n',
      );
    await until(() => expect(words().at(-1)).toContain('b9'));
    expect(words().filter((line) => !/b[24]|check passed/.test(line))).toEqual([
      'b1 down: Layer4 connection problem (Connection refused)',
      'b1 down: changed from CLI',
      'b9 up: Layer7 wrong status, code 503 (Busy)',
    ]);
  });

  it('are corrected where it has not looked yet and a server is known to be dead', async () => {
    await listen();
    follow('down');
    await until(() => expect(asked).toContain('set server web/b3 health down'));
    expect(asked.filter((line) => line.startsWith('set server'))).toEqual(['set server web/b3 health down']);
  });

  it('are followed at the next worker, and the one that leaves is let go', async () => {
    await listen();
    follow();
    await until(() => expect(troubles).toEqual([undefined]));
    const [old] = streams;
    const closed = new Promise((resolve) => old?.on('close', resolve));
    old?.write('<4>2026-01-02T03:04:05Z Proxy web stopped (cumulated conns: FE: 0, BE: 0).\n');
    await closed;
    await until(() => expect(streams.length).toBeGreaterThan(1));
    // That one ends is nothing unusual.
    streams.at(-1)?.end();
    await until(() => expect(streams.length).toBeGreaterThan(2));
    expect(troubles).toEqual([undefined]);
  });
});

describe('a proxy whose checks cannot be followed', () => {
  it('is told once, and followed when it is back', async () => {
    follow();
    await until(() => expect(troubles[0]).toMatch(/^Cannot follow HAProxy's checks on ".*": ENOENT/));
    await listen();
    await until(() => expect(troubles.at(-1)).toBeUndefined());
    expect(troubles).toHaveLength(2);
    server?.close();
    for (const stream of streams) stream.destroy();
    await until(() => expect(troubles.at(-1)).toMatch(/ENOENT|ECONNREFUSED/));
  });

  it('is one that is silent', async () => {
    isSilent = true;
    await listen();
    follow();
    await until(() => expect(troubles.at(-1)).toMatch(/ETIMEDOUT; no answer within 2000 ms/));
    isSilent = false;
    await until(() => expect(troubles.at(-1)).toBeUndefined());
  });

  it('is one without the ring', async () => {
    isFull = true;
    await listen();
    follow();
    await until(() => expect(troubles.some((trouble) => trouble?.includes('No such event sink'))).toBe(true));
  });

  it('is let go for good', async () => {
    await listen();
    follow();
    await until(() => expect(troubles).toEqual([undefined]));
    follower?.close();
    const count = asked.length;
    streams.at(-1)?.write(REFUSED);
    told = [];
    await new Promise((resolve) => {
      setTimeout(resolve, 120);
    });
    expect({ told, asked: asked.length }).toEqual({ told: [], asked: count });
  });
});
