import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';

const shipped = (name: string): string =>
  readFileSync(fileURLToPath(new URL(`../../systemd/${name}`, import.meta.url)), 'utf8');
const unit = shipped('vipair.service');

const folder = mkdtempSync(join(tmpdir(), 'vipair-unit-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** The settings of a file of `key = value` lines, by section; outside any section by ''. */
function settings(text: string): Map<string, Map<string, string>> {
  const sections = new Map([['', new Map<string, string>()]]);
  let section = '';
  for (const line of text
    .replaceAll('\\\n', '')
    .split('\n')
    .filter((candidate) => !/^\s*([#;]|$)/.test(candidate))) {
    const heading = /^\[(\w+)\]$/.exec(line)?.[1];
    const [, key, value] = /^([\w.]+)\s*=\s*(.*)$/.exec(line) ?? [];
    if (heading === undefined && key === undefined) throw new Error(`Neither section nor setting: ${line}`);
    section = heading ?? section;
    const here = sections.get(section) ?? new Map<string, string>();
    if (key !== undefined && here.has(key)) throw new Error(`${key} stands twice`);
    if (key !== undefined) here.set(key, value ?? '');
    sections.set(section, here);
  }
  return sections;
}

const found = spawnSync('systemd-analyze', ['--version']).status === 0;

/** What systemd says of a unit with this text; a program that exists here stands for the installed one. */
function complaints(text: string): string[] {
  const path = join(folder, 'vipair.service');
  writeFileSync(path, text.replace('/usr/bin/vipair', process.execPath));
  const { stderr } = spawnSync('systemd-analyze', ['verify', path], { encoding: 'utf8' });
  // Other units of this host may have complaints of their own.
  return stderr.split('\n').filter((line) => line.includes('vipair.service'));
}

describe('vipair.service', () => {
  const sections = settings(unit);
  const service = sections.get('Service');

  it('is a notify service whose engine keeps the watchdog and that always comes back', () => {
    expect(Object.fromEntries(service ?? [])).toMatchObject({
      Type: 'notify',
      NotifyAccess: 'main',
      WatchdogSec: '2',
      Restart: 'always',
      ExecStart: '/usr/bin/vipair run --config /etc/vipair/pair.yaml',
      ExecReload: '/bin/kill -HUP $MAINPID',
      KillMode: 'process',
    });
    expect(sections.get('Unit')?.get('StartLimitIntervalSec')).toBe('0');
  });

  it('lets a managed proxy live on when the daemon is killed, and finish when it is stopped', () => {
    expect(service?.get('RuntimeDirectoryPreserve')).toBe('yes');
    expect(service?.get('LogsDirectory')).toBe('vipair');
    expect(service?.get('SystemCallFilter')).toContain('pidfd_getfd');
    // What the engine waits for: 5 s to drain, 5 s to kill, and its own second.
    expect(Number(service?.get('TimeoutStopSec'))).toBeGreaterThan(11);
  });

  it('is ordered after the proxies, and depends on none', () => {
    expect(sections.get('Unit')?.get('After')).toMatch(/nginx\.service haproxy\.service/);
    expect([...(sections.get('Unit')?.keys() ?? [])].toSorted()).toEqual([
      'After',
      'Description',
      'StartLimitIntervalSec',
      'Wants',
    ]);
  });

  it('forbids nothing that the engine needs', () => {
    // Those of a managed proxy that was started by root too.
    const capabilities = ['CAP_NET_RAW', 'CAP_NET_ADMIN', 'CAP_SYS_NICE', 'CAP_SETUID', 'CAP_SETGID', 'CAP_SYS_PTRACE'];
    expect(service?.get('CapabilityBoundingSet')?.split(/ +/)).toEqual(expect.arrayContaining(capabilities));
    expect(service?.get('AmbientCapabilities')).toBe(service?.get('CapabilityBoundingSet'));
    const families = ['AF_UNIX', 'AF_INET', 'AF_INET6', 'AF_NETLINK', 'AF_PACKET'];
    expect(service?.get('RestrictAddressFamilies')?.split(' ')).toEqual(families);
    for (const key of ['ProtectKernelTunables', 'ProtectProc', 'RestrictRealtime', 'MemoryDenyWriteExecute']) {
      expect(service?.has(key)).toBe(false);
    }
  });

  it.skipIf(!found)('has only keys and values that systemd knows', () => expect(complaints(unit)).toEqual([]));

  it.skipIf(!found)('would be told of by systemd otherwise', () => {
    expect(complaints(unit.replace('LockPersonality', 'LookPersonality'))).toHaveLength(1);
    expect(complaints(unit.replace('WatchdogSec=2', 'WatchdogSec=soon'))).toHaveLength(1);
  });
});

describe('99-vipair.conf', () => {
  const values = settings(shipped('sysctl.d/99-vipair.conf')).get('') ?? new Map<string, string>();

  it('lets a proxy listen on an address that is not here', () => {
    expect(values.get('net.ipv4.ip_nonlocal_bind')).toBe('1');
    expect(values.get('net.ipv6.ip_nonlocal_bind')).toBe('1');
  });

  it('names parameters that this kernel has', () => {
    const names = [...values.keys()].filter((name) => existsSync(`/proc/sys/${name.split('.').slice(0, 2).join('/')}`));
    expect(names.length).toBeGreaterThan(0);
    for (const name of names) expect(existsSync(`/proc/sys/${name.replaceAll('.', '/')}`), name).toBe(true);
  });
});
