import { chmodSync, mkdirSync, mkdtempSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { profiles } from '../../profiles/registry.ts';
import { examine } from '../../src/doctor/doctor.ts';
import { verdictOf } from '../../src/doctor/finding.ts';
import { lookAtProxy } from '../../src/doctor/facts/proxy.ts';
import { lookAtStorage } from '../../src/doctor/facts/storage.ts';
import type { Patient } from '../../src/doctor/patient.ts';
import { OpError } from '../../src/linux/operror.ts';
import { crossed } from '../config/sample.ts';
import { fileOf, lb1 } from './case/case.ts';

/* What a user other than root cannot see is told as that, and is no trouble of the host. */

const CHECKED = 'nginx: [emerg] open() "/run/nginx.pid" failed (13: Permission denied)';
const VERSION = 'nginx version: nginx/1.22.1\nconfigure arguments: --prefix=/usr/share/nginx';

vi.mock('../../src/proxy/checker.ts', async (original) => ({
  ...(await original<object>()),
  runProgram: (argv: readonly string[]) =>
    Promise.resolve(argv.includes('-t') ? { status: 1, output: CHECKED } : { status: 0, output: VERSION }),
}));

vi.mock('../../src/control/client.ts', async (original) => ({
  ...(await original<object>()),
  fetchStatus: () => Promise.reject(new OpError('reach the daemon on "/run/s"', 'EACCES', { advice: 'run as root' })),
}));

const as = (uid: number): void => void vi.spyOn(process, 'geteuid').mockReturnValue(uid);

afterEach(() => void vi.restoreAllMocks());

const admission = (file = fileOf(crossed)): Patient['admission'] => ({
  ...{ file, name: 'lb1', socket: '/run/s', state: '/', profiles },
});

const examined = (file: string) => examine(admission(file), { isQuick: true, onListening: () => undefined });

describe('an ordinary user', () => {
  it('is told what he cannot see of the daemon, and nothing is wrong with it', async () => {
    as(1000);
    const { findings, unlooked } = await examine(admission(), { isQuick: true, onListening: () => undefined });
    const reasons = unlooked.map(({ examination, reason }) => `${examination}: ${reason}`);
    expect(reasons).toEqual(
      expect.arrayContaining(
        ['permissions', 'daemon'].map((name) => `${name}: Cannot reach the daemon on "/run/s": EACCES; run as root`),
      ),
    );
    expect(findings.map(({ code }) => code)).not.toContain('DAEMON-SILENT');
    as(0);
    const { findings: ofRoot } = await examine(admission(), { isQuick: true, onListening: () => undefined });
    expect(ofRoot.map(({ code }) => code)).toContain('DAEMON-SILENT');
  });

  it('is told when the checker of the proxy may not read what it names', async () => {
    const binary = process.execPath;
    const patient: Patient = {
      ...{
        ...lb1(crossed.replace('nginx', `nginx, binary: ${binary}`)),
        admission: admission(),
        profile: profiles['nginx'],
      },
      silence: undefined,
    };
    as(1000);
    await expect(lookAtProxy(patient)).rejects.toThrow(/^Cannot ask .*EACCES; run as root/);
    as(0);
    expect(await lookAtProxy(patient)).toMatchObject({
      refused: expect.stringContaining('Permission denied') as string,
    });
  });

  it.runIf(process.geteuid?.() === 0)('is told which directory he may not write', () => {
    const directory = join(mkdtempSync(join(tmpdir(), 'vipair-doctor-')), 'state');
    mkdirSync(directory, { mode: 0o755 });
    expect(lookAtStorage(directory, 'the state').refused).toBeUndefined();
    process.seteuid?.(65_534);
    try {
      expect(() => lookAtStorage(directory, 'the state')).toThrow(/whether the daemon can write .*EACCES; run as root/);
    } finally {
      process.seteuid?.(0);
    }
  });
});

describe('a configuration that cannot be read', () => {
  const directory = mkdtempSync(join(tmpdir(), 'vipair-doctor-'));

  it.each([
    ['a directory', directory, /^.*: Cannot read the configuration: EISDIR; it is a directory, name a file in it/],
    ['a link that leads nowhere', join(directory, 'link'), /ENOENT; it is a link to ".*none", which is not there/],
  ])('is not known to be refused: %s', async (_what, file, reason) => {
    if (file !== directory) symlinkSync(join(directory, 'none'), file);
    const diagnosis = await examined(file);
    expect(diagnosis).toEqual({
      findings: [],
      unlooked: [{ examination: 'configuration', reason: expect.stringMatching(reason) as string }],
    });
    expect(verdictOf(diagnosis)).toBe('unknown');
  });

  it.runIf(process.geteuid?.() === 0)('is no trouble of the host when only this user may not read it', async () => {
    const file = fileOf(crossed);
    chmodSync(file, 0o600);
    process.seteuid?.(65_534);
    try {
      expect(await examined(file)).toMatchObject({
        findings: [],
        unlooked: [{ reason: expect.stringContaining('EACCES; run as a user who may read it') as string }],
      });
    } finally {
      process.seteuid?.(0);
    }
  });

  it('is an error where there is none', async () => {
    const { findings, unlooked } = await examined(join(directory, 'missing'));
    expect([findings.map(({ code }) => code), unlooked]).toEqual([['CONFIG-REFUSED'], []]);
  });
});
