import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { sdNotify } from '../../src/linux/sdnotify.ts';
import { AF_UNIX, unixSockaddr } from '../../src/linux/sockaddr.ts';
import { SOCK_DGRAM, Socket } from '../../src/linux/socket.ts';

let folder: string;
let manager: Socket;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'notify-'));
  manager = new Socket({ domain: AF_UNIX, type: SOCK_DGRAM, protocol: 0, name: 'service manager' });
});

afterEach(() => {
  manager.close();
  rmSync(folder, { recursive: true });
  vi.unstubAllEnvs();
});

function listen(name: string): void {
  manager.bind(unixSockaddr(name) ?? new Uint8Array());
}

const heard = (): string | undefined => {
  const received = manager.receive();
  return received && Buffer.from(received.bytes).toString();
};

describe('sd_notify', () => {
  it('reaches a socket in the file system', () => {
    listen(`${folder}/notify`);
    vi.stubEnv('NOTIFY_SOCKET', `${folder}/notify`);
    expect(sdNotify('READY=1\nSTATUS=backup for "web"')).toBe(true);
    expect(heard()).toBe('READY=1\nSTATUS=backup for "web"');
  });

  it('reaches an abstract socket', () => {
    const name = `@vipair-test-${process.pid}`;
    listen(name);
    vi.stubEnv('NOTIFY_SOCKET', name);
    expect(sdNotify('WATCHDOG=1')).toBe(true);
    expect(heard()).toBe('WATCHDOG=1');
  });

  it('is false without a service manager, with one that is gone, and with a name that is none', () => {
    vi.stubEnv('NOTIFY_SOCKET', undefined);
    expect(sdNotify('READY=1')).toBe(false);
    for (const name of ['', `${folder}/nobody`, 'vsock:2:1', `/${'x'.repeat(200)}`]) {
      vi.stubEnv('NOTIFY_SOCKET', name);
      expect(sdNotify('READY=1')).toBe(false);
    }
  });

  it('is false and does not wait when the manager does not read', () => {
    listen(`${folder}/notify`);
    vi.stubEnv('NOTIFY_SOCKET', `${folder}/notify`);
    let sent = 0;
    while (sent < 10_000 && sdNotify('WATCHDOG=1')) sent++;
    expect(sent).toBeLessThan(10_000);
    expect(sent).toBeGreaterThan(0);
  });
});
