import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requestApply } from '../../../src/control/client.ts';
import type { ApplyStatus } from '../../../src/control/applies.ts';
import { Rig } from '../../../src/lab/bench/apply/rig.ts';
import { startLoad } from '../../../src/lab/load.ts';
import type { Host } from '../../../src/lab/host.ts';
import { until } from '../../../src/lab/until.ts';
import { milliseconds } from '../../../src/wire/units.ts';
import { profileOf } from '../../profiles/program.ts';
import { labName } from '../name.ts';

const budget = { quiet: '50ms', spacing: '0ms', reloads: 1000, refill: '100ms', retry: '300ms', check_timeout: '1s' };

/** A server more or less is a change that takes no reload where the proxy has a run-time interface, and an apply anyway. */
const change = (rig: Rig, weight: number): void =>
  rig.write(rig.servers.map((server) => ({ ...Object(server), weight })) as typeof rig.servers);

describe.each(['nginx', 'haproxy'])('a daemon with %s, when something on its host goes wrong', (name) => {
  let rig: Rig;
  let binary: string;
  let weight = 1;

  beforeAll(async () => {
    rig = await Rig.up({ name: labName(`tr${name.slice(0, 3)}`), profile: name, proxy: { apply: budget } });
    binary = join(rig.first.host.directory, 'binary');
  });
  afterAll(() => rig.down());

  const file = (): string => join(rig.first.front.directory, profileOf(name).steering.mainName);
  const text = (): string => readFileSync(file(), 'utf8');
  const apply = async (): Promise<ApplyStatus> => (await rig.first.daemon.status()).apply as ApplyStatus;
  const trouble = async (words: RegExp): Promise<void> => {
    await rig.first.daemon.until(`its trouble is ${words.source}`, (status) => words.test(status.apply?.trouble ?? ''));
  };
  const well = async (): Promise<void> => {
    const isWell = new RegExp(`weight[= ]${weight}\\b`);
    await rig.first.daemon.until(
      'all is well again',
      (status) => status.apply?.trouble === null && !status.apply.isBusy && isWell.test(text()),
    );
  };
  /** A program in the place of the proxy's, for a checker that misbehaves. */
  const program = (script: string): void => {
    writeFileSync(binary, `#!/bin/sh\n${script}\nexec /usr/sbin/${name} "$@"\n`);
    chmodSync(binary, 0o755);
  };

  it('does not overwrite a file that somebody has edited, and goes on when it is as it was, or when it is told to', async () => {
    const before = text();
    writeFileSync(file(), `${before}# mine\n`);
    change(rig, (weight = 3));
    await trouble(/somebody else wrote .* \(edited\)/);
    const ask = (force: boolean, dry: boolean): ReturnType<typeof requestApply> =>
      requestApply(rig.first.daemon.socket, { dry, force }, () => undefined);
    expect((await ask(false, true)).diff).toContain('-# mine');
    expect(text()).toBe(`${before}# mine\n`);
    writeFileSync(file(), before);
    await well();
    writeFileSync(file(), `${text()}# mine\n`);
    change(rig, (weight = 4));
    await trouble(/edited/);
    expect(await ask(true, false)).toMatchObject({ result: 'effective' });
    await well();
  });

  it('says that its program is missing, too old, or hangs, once, and goes on by itself', async () => {
    await rig.reload({}, { binary });
    await trouble(/binary": ENOENT; install it, or name it in "proxy\.binary"/);
    program('case "$*" in *-v*|*-V*) echo "nginx version: nginx/0.8.1"; echo "HAProxy version 1.4.1"; exit 0;; esac');
    await trouble(/is older than/);
    program('case "$*" in *-t*|*-c*) echo >> "$0.asked"; sleep 60;; esac');
    change(rig, (weight = 5));
    await trouble(/ETIMEDOUT.*did not end within 1000 ms/);
    const { last } = await apply();
    const seen = rig.first.daemon.log().split('ETIMEDOUT').length;
    const asked = (): number => readFileSync(`${binary}.asked`, 'utf8').length;
    const before = asked();
    await until('it was tried again and again', () => asked() >= before + 3, milliseconds(15_000));
    expect([(await apply()).last?.id, rig.first.daemon.log().split('ETIMEDOUT').length]).toEqual([last?.id, seen]);
    program('');
    await well();
    await rig.reload({});
    await well();
  });
});

describe('a daemon whose disk goes wrong', () => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await Rig.up({ name: labName('trdisk'), profile: 'nginx', proxy: { apply: budget } });
    const { directory } = rig.first.front;
    // A disk of its own, as large as what is on it and a little more.
    await must(rig.first.host, `mkdir -p ${directory}.disk && mount -t tmpfs -o size=256k disk ${directory}.disk`);
    await must(rig.first.host, `cp -a ${directory}/. ${directory}.disk && mount --bind ${directory}.disk ${directory}`);
  });
  afterAll(() => rig.down());

  it.each([
    ['is full', 'dd if=/dev/zero of=DISK/fill bs=4k 2>/dev/null; true', 'rm DISK/fill', /ENOSPC; the disk is full/],
    [
      'is read-only',
      // The proxy writes its log to the one below.
      'mount --bind DISK DISK && mount -o remount,bind,ro DISK',
      'umount DISK',
      /EROFS; the file system is read-only/,
    ],
  ])('that %s keeps what is in force, and goes on by itself', async (_, spoil, mend, words) => {
    const { host, daemon, front } = rig.first;
    const { apply } = await daemon.until('it is calm', (status) => status.apply?.isBusy === false);
    const weight = (apply?.inForce ?? 0) + 10;
    await must(host, spoil.replaceAll('DISK', front.directory));
    change(rig, weight);
    await daemon.until('it is in trouble', (status) => words.test(status.apply?.trouble ?? ''));
    expect((await daemon.status()).apply?.inForce).toBe(apply?.inForce);
    await must(host, mend.replaceAll('DISK', front.directory));
    await daemon.until('it is well', (status) => status.apply?.trouble === null && !status.apply.isBusy);
    const { stdout } = await host.exec(['cat', `${front.directory}/nginx.conf`], { timeout: milliseconds(5000) });
    expect(stdout).toContain(`weight=${weight}`);
  });
});

describe('a daemon with haproxy on a host that has not the address it is to listen on', () => {
  let rig: Rig;
  beforeAll(async () => {
    const options = { nonlocalBind: false, listen: ['0.0.0.0:80'], proxy: { apply: budget } };
    rig = await Rig.up({ name: labName('trbind'), profile: 'haproxy', ...options });
  });
  afterAll(() => rig.down());

  it('does not reload, which would stop the proxy for 2 s, until the address is there', async () => {
    const { host, daemon } = rig.first;
    const load = await startLoad(rig.lab.client, { targets: [`${host.ipv4}:80`], timeout: milliseconds(5000) });
    await rig.reload({ listen: ['0.0.0.0:80', '192.0.2.199:8443'] });
    const words = /a reload would fail: 192\.0\.2\.199 is not an address of this host; run `sysctl/;
    await daemon.until('it says so', ({ apply }) => words.test(apply?.trouble ?? ''));
    await must(host, 'ip address add 192.0.2.199/24 dev eth0');
    await daemon.until('it listens', ({ apply }) => apply?.trouble === null && !apply.isBusy && host.listens(8443));
    const { failures } = await load.stop();
    expect(failures).toEqual({});
  });
});

async function must(host: Host, script: string): Promise<void> {
  const { code, stderr } = await host.exec(['sh', '-c', script]);
  expect(code, stderr).toBe(0);
}
