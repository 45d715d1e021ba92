import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { hostDisk } from '../../../src/proxy/disk.ts';
import { commandStarter, unitStarter } from '../../../src/proxy/switch/starter.ts';
import type { Systemctl } from '../../../src/proxy/switch/starter.ts';
import { parseUnit } from '../../../src/proxy/switch/unit.ts';

let directory: string;
beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'vipair-starter-'))));
afterEach(() => rmSync(directory, { recursive: true }));

describe('a proxy that is started by its unit', () => {
  const asked: string[] = [];
  /** By the words of the question; anything else succeeds and says nothing. */
  let answers: Readonly<Record<string, { status: number; output: string }>> = {};
  const run: Systemctl = (words) => {
    asked.push(words.join(' '));
    return Promise.resolve(answers[words.join(' ')] ?? { status: 0, output: '' });
  };
  const starter = (unit = 'haproxy.service') => unitStarter(unit, hostDisk, run, directory);
  beforeEach(() => {
    asked.length = 0;
    answers = {};
  });

  it('is not started again by systemd while it drains, and is as it was afterwards', async () => {
    const one = starter();
    const file = join(directory, 'haproxy.service.d', 'vipair-switch.conf');
    await one.holdDown();
    expect(readFileSync(file, 'utf8')).toContain('[Service]\nRestart=no\n');
    await one.settle();
    await one.settle();
    expect(existsSync(file)).toBe(false);
    expect(asked).toEqual(['daemon-reload', 'daemon-reload']);
  });

  it('says what systemctl said when it cannot be started', async () => {
    answers = { 'start haproxy.service': { status: 5, output: 'Unit haproxy.service not found.\n' } };
    await expect(starter().start()).rejects.toThrow(
      'Cannot run "systemctl start haproxy.service": exit status 5; Unit haproxy.service not found.',
    );
  });

  it('says what has to be done for the next boot, and nothing when that is right', async () => {
    const nginx = starter('nginx.service');
    expect(await starter().bootAdvice(nginx)).toContain('systemctl disable nginx.service');
    answers = {
      'is-enabled nginx.service': { status: 1, output: 'disabled\n' },
      'is-enabled haproxy.service': { status: 0, output: 'enabled\n' },
    };
    expect(await starter().bootAdvice(nginx)).toBeUndefined();
  });

  it('knows its command line before it runs, as Debian writes it', async () => {
    answers = {
      'show haproxy.service -p ExecStart,Environment,EnvironmentFiles': {
        status: 0,
        output:
          'ExecStart={ path=/usr/sbin/haproxy ; argv[]=/usr/sbin/haproxy -Ws -f $CONFIG -p ${PIDFILE} $EXTRAOPTS ; ignore_errors=no }\n' +
          'Environment=CONFIG=/etc/haproxy/haproxy.cfg PIDFILE=/run/haproxy.pid "EXTRAOPTS=-S /run/haproxy-master.sock"\n' +
          `EnvironmentFiles=${directory}/default (ignore_errors=yes)\n`,
      },
    };
    const words = ['/usr/sbin/haproxy', '-Ws', '-f', '/etc/haproxy/haproxy.cfg', '-p', '/run/haproxy.pid'];
    expect(await starter().commandLine()).toEqual([...words, '-S', '/run/haproxy-master.sock']);
    hostDisk.write(
      join(directory, 'default'),
      '# more\nEXTRAOPTS="-S /run/m.sock -f /etc/haproxy/vipair/vipair.cfg"\n',
    );
    const more = ['-S', '/run/m.sock', '-f', '/etc/haproxy/vipair/vipair.cfg'];
    expect(await starter().commandLine()).toEqual([...words, ...more]);
  });

  it('has no command line that could be read from nonsense', () => {
    const none = { read: () => undefined };
    expect(['', 'ExecStart=', 'ExecStart={ argv[]= ; }'].map((text) => parseUnit(text, none))).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});

describe('a proxy that is started by a command', () => {
  const start = (script: string): Promise<void> =>
    commandStarter(['/bin/sh', '-c', script], join(directory, 'log'), hostDisk).start();

  it('is started, whether it stays in the foreground or goes to the background', async () => {
    const pidFile = join(directory, 'pid');
    await start(`echo $$ > ${pidFile}; exec sleep 60`);
    const pid = Number(readFileSync(pidFile, 'utf8'));
    expect(() => process.kill(pid, 0)).not.toThrow();
    process.kill(pid, 'SIGKILL');
    await start('exit 0');
  });

  it('says why when it ends with a failure, and when it is not there', async () => {
    await expect(start('echo "cannot bind socket" >&2; exit 3')).rejects.toThrow('exit status 3; cannot bind socket');
    const missing = commandStarter(['/nonexistent/proxy'], join(directory, 'log'), hostDisk);
    await expect(missing.start()).rejects.toThrow('Cannot start "/nonexistent/proxy": ENOENT');
    await vi.waitFor(() => expect(missing.how).toBe('/nonexistent/proxy'));
  });
});
