import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { daemonCommand, launchDaemon } from '../../../src/lab/daemon.ts';
import { pairFile } from '../../../src/lab/pairfile.ts';
import { compiledFile } from '../../../src/lab/program.ts';
import type { Outcome } from '../../../src/lab/run.ts';
import { AF_UNIX, unixSockaddr } from '../../../src/linux/sockaddr.ts';
import { SOCK_DGRAM, Socket } from '../../../src/linux/socket.ts';
import { eventually, usePair, VIP1, VIP2 } from './pair.ts';

const NOBODY = [
  'setpriv',
  '--reuid=65534',
  '--regid=65534',
  '--clear-groups',
  '--inh-caps=-all',
  '--bounding-set=-all',
];

/* How the daemon begins, and how it refuses to. */
describe('a start', () => {
  const pair = usePair('tstart', { backends: 0 });

  const refused = (config: string, argv: readonly string[] = [], prefix: readonly string[] = []): Promise<Outcome> => {
    const host = pair.lab.host('lb1');
    return pair.lab.exec('lb1', daemonCommand(host, { config, argv, prefix }));
  };

  it('is refused with 2 when the configuration is, and says where', async () => {
    const outcome = await refused(pairFile(pair.lab).replace('vrid: 51', 'vird: 51'));
    expect(outcome.code).toBe(2);
    expect(outcome.stderr).toMatch(/pair\.yaml:\d+:\d+: vips\.web-1\.vird: .*vrid/);
  });

  it('is refused with 2 when the host is not in the file', async () => {
    const outcome = await refused(pairFile(pair.lab), ['--node', 'lb9']);
    expect(outcome.code).toBe(2);
    expect(outcome.stderr).toMatch(/lb9/);
  });

  it('is refused with 64 when the command line is wrong', async () => {
    expect((await refused(pairFile(pair.lab), ['--nonsense'])).code).toBe(64);
  });

  it('is refused with 75 when another daemon runs, which does not notice', async () => {
    await pair.run();
    const before = await pair.lb1.vip('web-1');
    const outcome = await refused(pair.file);
    expect(outcome.code).toBe(75);
    expect(outcome.stderr).toMatch(/another vipair is running there/);
    expect(await pair.lb1.vip('web-1')).toMatchObject({ state: 'active', since: before.since });
    await pair.settle();
    await pair.end();
  });

  it('is refused with 77 without permission for the control socket', async () => {
    const left = `${pair.lab.host('lb1').directory}/control.sock`;
    for (const socket of ['/run/vipair/control.sock', left]) {
      const outcome = await refused(pairFile(pair.lab), ['--socket', socket], NOBODY);
      expect(outcome.code).toBe(77);
      expect(outcome.stderr).toMatch(
        /Cannot (listen on|reach the daemon on) ".*control\.sock": E(ACCES|PERM); run as root/,
      );
    }
  });

  it('is refused with 77 without permission for raw sockets, and says which one it needs', async () => {
    const folder = `${pair.lab.host('lb1').directory}/open`;
    mkdirSync(folder, { recursive: true });
    chmodSync(folder, 0o777);
    const outcome = await refused(pairFile(pair.lab), ['--socket', `${folder}/control.sock`], NOBODY);
    expect(outcome.code).toBe(77);
    expect(outcome.stderr).toMatch(/Cannot .* "eth0": E(ACCES|PERM); run as root or grant CAP_NET_RAW/);
    expect([pair.holders(VIP1), pair.holders(VIP2)]).toEqual([[], []]);
  });

  it('is refused with 77 without permission to change addresses, and advertises nothing', async () => {
    const prefix = ['setpriv', '--inh-caps=-net_admin', '--bounding-set=-net_admin'];
    const outcome = await refused(pairFile(pair.lab), [], prefix);
    expect(outcome.code).toBe(77);
    expect(outcome.stderr).toContain('Cannot change addresses: EPERM; run as root or grant CAP_NET_ADMIN');
  });

  it('asks for real-time scheduling unless told not to', async () => {
    await pair.run();
    expect((await pair.lb1.status()).engine.realtime).toEqual({ priority: 50, refused: null });
    await pair.run({}, ['--no-realtime']);
    expect((await pair.lb1.status()).engine.realtime).toEqual({ priority: 0, refused: null });
    expect(pair.lb1.log()).toContain('without real-time scheduling, as asked');
    await pair.end();
  });

  it('goes on without real-time scheduling where it is refused, and says so', async () => {
    const prefix = ['setpriv', '--inh-caps=-sys_nice', '--bounding-set=-sys_nice'];
    const daemon = await launchDaemon(pair.lab.host('lb1'), { config: pairFile(pair.lab), prefix });
    const { engine } = await daemon.until('it answers', ({ vips }) => vips.every(({ state }) => state === 'active'));
    expect(engine.realtime).toEqual({ priority: 0, refused: 'EPERM' });
    expect(daemon.log()).toMatch(/without real-time scheduling/);
    const shown = await pair.lab.exec('lb1', [
      process.execPath,
      compiledFile('src/cli/main'),
      'status',
      '-s',
      daemon.socket,
    ]);
    expect(shown.stdout).toMatch(/not real-time \(EPERM\)/);
    await daemon.stop();
  });

  it('replaces the control socket of a run that was killed', async () => {
    await pair.run();
    pair.lb1.signal('SIGKILL');
    await pair.lb1.process.exited;
    await pair.start('lb1');
    await pair.settle();
    await pair.end();
  });

  it('tells the service manager when it is ready, alive and stopping', async () => {
    const path = `${pair.lab.host('lb1').directory}/notify.sock`;
    const heard = new Receiver(path);
    const env = { NOTIFY_SOCKET: path, WATCHDOG_USEC: '200000' };
    const daemon = await launchDaemon(pair.lab.host('lb1'), { config: pairFile(pair.lab), env });
    await eventually('it is ready', () => heard.lines().includes('READY=1'));
    expect((await daemon.status()).vips).toHaveLength(2);
    await eventually('it is alive', () => heard.lines().filter((line) => line === 'WATCHDOG=1').length >= 3);
    await daemon.stop();
    expect(heard.lines().at(-1)).toBe('STOPPING=1');
    heard.close();
  });
});

/** What a service manager hears on its datagram socket (sd_notify(3)). */
class Receiver {
  readonly #socket: Socket;
  /** BOUNDED: what one test makes happen. */
  readonly #lines: string[] = [];

  constructor(path: string) {
    rmSync(path, { force: true });
    this.#socket = new Socket({ domain: AF_UNIX, type: SOCK_DGRAM, protocol: 0, name: 'notify socket' });
    this.#socket.bind(unixSockaddr(path) ?? new Uint8Array());
    chmodSync(path, 0o666);
  }

  lines(): readonly string[] {
    for (;;) {
      const received = this.#socket.receive();
      if (received === undefined) return this.#lines;
      this.#lines.push(...Buffer.from(received.bytes).toString().split('\n'));
    }
  }

  close(): void {
    this.#socket.close();
  }
}
