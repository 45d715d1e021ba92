import { spawn } from 'node:child_process';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startBackend } from '../../src/lab/backend.ts';
import { startCapture } from '../../src/lab/capture.ts';
import type { Fault } from '../../src/lab/fault.ts';
import { faultUsage, parseFault } from '../../src/lab/faultwords.ts';
import type { Front } from '../../src/lab/front.ts';
import type { Lab } from '../../src/lab/lab.ts';
import { labUp, openLab } from '../../src/lab/lab.ts';
import { profileNamed, profileNames, startFronts } from '../../src/lab/pair.ts';
import { findProcess } from '../../src/lab/process.ts';
import { readProcess, signalProcess } from '../../src/lab/procfs.ts';
import { compiledFile } from '../../src/lab/program.ts';
import { until } from '../../src/lab/until.ts';
import { now } from '../../src/linux/clock.ts';
import { milliseconds } from '../../src/wire/units.ts';
import { labName } from './name.ts';

const patience = milliseconds(10_000);
const name = labName('f');
let lab: Lab;

beforeAll(async () => {
  lab = await labUp({ name });
  await Promise.all(lab.backends.map(startBackend));
});

afterAll(() => lab.down());

const reaches = async (from: string, address: string): Promise<boolean> =>
  (await lab.exec(from, ['ping', '-c1', '-W1', address])).code === 0;
const carrier = async (member: string): Promise<boolean> =>
  (await lab.exec(member, ['ip', 'link', 'show', 'eth0'])).stdout.includes('LOWER_UP');

describe('faults of the network', () => {
  afterEach(async () => void (await lab.fault({ kind: 'heal' })));

  it('cut takes the carrier away and restore brings it back', async () => {
    const { undo } = await lab.fault({ kind: 'cut', member: 'lb1' });
    expect(await carrier('lb1')).toBe(false);
    expect(await reaches('cl', '192.0.2.12')).toBe(true);
    expect(undo).toEqual({ kind: 'restore', member: 'lb1' });
    if (undo !== undefined) await lab.fault(undo);
    expect(await carrier('lb1')).toBe(true);
    expect(await reaches('cl', '192.0.2.11')).toBe(true);
  });

  it('blackhole loses every frame and leaves the carrier', async () => {
    const { undo } = await lab.fault({ kind: 'blackhole', member: 'lb1' });
    expect(await carrier('lb1')).toBe(true);
    expect(await reaches('cl', '192.0.2.11')).toBe(false);
    expect(await reaches('lb1', '192.0.2.12')).toBe(false);
    expect(await reaches('cl', '192.0.2.12')).toBe(true);
    if (undo !== undefined) await lab.fault(undo);
    expect(await reaches('cl', '192.0.2.11')).toBe(true);
  });

  /** Whether a VRRP packet sent by one member arrives at another; packet numbers keep one test's from the next one's. */
  async function hears(from: string, to: string, vrid: string): Promise<boolean> {
    const filter = `ip proto 112 and ip[21] == 0x${vrid}`;
    const argv = ['tcpdump', '-n', '-c1', '--immediate-mode', '-Z', 'root', '-i', 'eth0', '-Q', 'in', filter];
    const listener = await lab.member(to).start(argv, { name: 'listener' });
    await until('it listens', () => listener.log().includes('listening on'), patience);
    const packets = [{ payload: `31${vrid}640100320000c0000265` }];
    await lab.fault({ kind: 'speak', from, speech: { packets, count: 3, interval: milliseconds(20) } });
    const heard = await Promise.race([listener.exited.then(() => true), ticks(300).then(() => false)]);
    await listener.stop('SIGKILL');
    return heard;
  }

  /** Long enough for what was already sent to have crossed the switch. */
  const ticks = async (time: number): Promise<unknown> => {
    const end = now() + time;
    return until('the time has passed', () => now() > end, patience);
  };

  it('lose drops frames in one direction only', async () => {
    const { undo } = await lab.fault({ kind: 'lose', from: 'lb1', to: 'lb2' });
    expect(await hears('lb1', 'lb2', '01')).toBe(false);
    expect(await hears('lb2', 'lb1', '02')).toBe(true);
    expect(await hears('lb1', 'cl', '03')).toBe(true);
    if (undo !== undefined) await lab.fault(undo);
    expect(await hears('lb1', 'lb2', '04')).toBe(true);
  });

  it('lose can be of VRRP alone', async () => {
    await lab.fault({ kind: 'lose', from: 'lb2', to: '*', lost: 'vrrp' });
    expect(await hears('lb2', 'lb1', '05')).toBe(false);
    expect(await hears('lb2', 'cl', '06')).toBe(false);
    expect(await hears('lb1', 'lb2', '07')).toBe(true);
    expect(await reaches('lb2', '192.0.2.11')).toBe(true);
    // Twice over, and taken back once, is taken back.
    await lab.fault({ kind: 'lose', from: 'lb2', to: 'lb1', lost: 'vrrp' });
    await lab.fault({ kind: 'pass', from: 'lb2', to: '*', lost: 'vrrp' });
    expect(await hears('lb2', 'lb1', '08')).toBe(true);
    await lab.fault({ kind: 'pass', from: 'lb2', to: '*', lost: 'vrrp' });
  });
});

describe('a foreign speaker', () => {
  it('sends what it is told, well-formed or not', async () => {
    const capture = await startCapture(lab, 'speech');
    const good = '3133c80200320000c0000265c0000266';
    const packets = [
      { payload: good },
      { payload: good, ttl: 64 },
      { payload: good, source: '192.0.2.11', destination: '192.0.2.12' },
      { payload: '3133c8' },
      { payload: `21ff${'00'.repeat(1000)}` },
      { payload: good, source: '2001:db8:2::77' },
    ];
    await lab.fault({ kind: 'speak', from: 'cl', speech: { packets } });
    await until('all were captured', async () => (await capture.advertisements()).length === 6, patience);
    const seen = await capture.advertisements();
    await capture.stop();
    expect(seen.map(({ source, destination, ttl }) => [source, destination, ttl])).toEqual([
      ['192.0.2.1', '224.0.0.18', 255],
      ['192.0.2.1', '224.0.0.18', 64],
      ['192.0.2.11', '192.0.2.12', 255],
      ['192.0.2.1', '224.0.0.18', 255],
      ['192.0.2.1', '224.0.0.18', 255],
      ['2001:db8:2::77', 'ff02::12', 255],
    ]);
    expect(seen[0]).toMatchObject({ version: 3, vrid: 51, priority: 200, checksumGood: false });
    expect(seen[3]?.malformed).toBe(true);
  });

  it('can replay a frame', async () => {
    const capture = await startCapture(lab, 'replay');
    // Ethernet, IPv4 with the address of lb1 as source, VRRPv2.
    const frame =
      '01005e0000120200000000010800' + '45c000200000' + '0000ff700000c000020be0000012' + '2133c80100010c5d0a090064';
    await lab.fault({ kind: 'speak', from: 'cl', speech: { packets: [{ frame }], count: 2 } });
    await until('both were captured', async () => (await capture.advertisements()).length === 2, patience);
    expect((await capture.advertisements())[1]).toMatchObject({ source: '192.0.2.11', version: 2, vrid: 51 });
    await capture.stop();
  });
});

describe('faults of a host', () => {
  it('signals reach the daemon and everything says so', async () => {
    const daemon = await lab.host('lb1').start(['sleep', '1000'], { name: 'daemon' });
    const { undo } = await lab.fault({ kind: 'signal', host: 'lb1', signal: 'SIGSTOP' });
    await until('it is stopped', () => readProcess(daemon.pid)?.state === 'T', patience);
    expect(undo).toMatchObject({ kind: 'signal', signal: 'SIGCONT' });
    if (undo !== undefined) await lab.fault(undo);
    await until('it goes on', () => readProcess(daemon.pid)?.state === 'S', patience);
    await lab.fault({ kind: 'signal', host: 'lb1', signal: 'SIGKILL' });
    expect(await daemon.exited).toEqual({ code: undefined, signal: 'SIGKILL' });
    await expect(lab.fault({ kind: 'signal', host: 'lb1', signal: 'SIGKILL' })).rejects.toThrow('it does not run');
  });

  it('start brings back what is gone, as it was, also from another process', async () => {
    await expect(lab.fault({ kind: 'start', host: 'lb1', process: 'none' })).rejects.toThrow('none was started');
    const host = lab.host('lb1');
    const socket = `${host.directory}/it.sock`;
    const listen = `require('net').createServer((c) => c.end()).listen('${socket}.' + process.env.SUFFIX)`;
    const argv = [process.execPath, '-e', `require('fs').rmSync('${socket}.x', { force: true }); ${listen}`];
    const first = await host.start(argv, { name: 'daemon', socket: `${socket}.x`, env: { SUFFIX: 'x' } });
    await expect(lab.fault({ kind: 'start', host: 'lb1' })).rejects.toThrow('Cannot start "daemon" on "lb1": it runs');
    const { undo } = await lab.fault({ kind: 'signal', host: 'lb1', signal: 'SIGKILL' });
    expect(undo).toEqual({ kind: 'start', host: 'lb1', process: 'daemon' });
    await openLab(name).fault(undo ?? { kind: 'heal' });
    const again = findProcess(host, 'daemon');
    expect(again?.argv).toEqual(first.record.argv);
    expect(again?.pid).not.toBe(first.pid);
    // It listens by the time start returns, and where its environment says.
    expect((await host.exec(['ss', '-lx'])).stdout).toContain(`${socket}.x`);
    await lab.fault({ kind: 'signal', host: 'lb1', signal: 'SIGTERM' });
  });

  it('start says why what was started ended instead', async () => {
    const host = lab.host('lb1');
    const failing = await host.start(['sh', '-c', 'echo no such luck; exit 3'], { name: 'daemon', socket: '/absent' });
    await failing.exited;
    await expect(lab.fault({ kind: 'start', host: 'lb1' })).rejects.toThrow('Cannot start "daemon" on "lb1": no such');
  });

  it('removes an address behind the back of its owner', async () => {
    await lab.exec('lb1', ['ip', 'address', 'add', '192.0.2.101/24', 'dev', 'eth0']);
    const fault: Fault = { kind: 'delete-address', host: 'lb1', address: '192.0.2.101' };
    await lab.fault(fault);
    expect(lab.holders('192.0.2.101')).toEqual([]);
    await expect(lab.fault(fault)).rejects.toThrow('Cannot delete address "192.0.2.101" of "lb1": it does not hold it');
  });

  it('says when there is no proxy or no such member', async () => {
    await expect(lab.fault({ kind: 'kill-proxy', host: 'lb1' })).rejects.toThrow('none was started');
    await expect(lab.fault({ kind: 'cut', member: 'lb7' })).rejects.toThrow('it has sw, cl, lb1, lb2, b1, b2');
    await expect(lab.fault({ kind: 'cut', member: 'sw' })).rejects.toThrow('it has none');
  });

  it('acts the same from another process', async () => {
    const daemon = await lab.host('lb2').start(['sleep', '1000'], { name: 'daemon' });
    const script = `import('${compiledFile('src/lab/lab')}').then(({ openLab }) =>
      openLab('${name}').fault({ kind: 'signal', host: 'lb2', signal: 'SIGTERM' }));`;
    const child = spawn(process.execPath, ['-e', script], { stdio: 'inherit' });
    expect(await new Promise((resolve) => child.once('exit', resolve))).toBe(0);
    expect((await daemon.exited).signal).toBe('SIGTERM');
  });
});

describe.each(profileNames)('faults of the proxy, with %s', (profile) => {
  let front: Front;
  let fronts: Front[] = [];

  beforeAll(async () => {
    fronts = await startFronts(lab, profileNamed(profile));
    const [first] = fronts;
    if (first === undefined) throw new Error('no front');
    front = first;
  });

  afterAll(() => Promise.all(fronts.map((each) => each.stop())));

  const answers = async (): Promise<boolean> => {
    const { stdout } = await lab.exec('cl', ['curl', '-sim1', 'http://192.0.2.11/']);
    return /^HTTP\/1.1 200 /.test(stdout) && /^x-front: lb1\r$/im.test(stdout);
  };

  it('answers for the host it is on', async () => expect(await answers()).toBe(true));

  it('kill-proxy ends every process of it, on that host alone', async () => {
    const other = fronts[1]?.processes().length ?? 0;
    expect(front.processes().length).toBeGreaterThanOrEqual(2);
    const { undo } = await lab.fault({ kind: 'kill-proxy', host: 'lb1' });
    await until('it is gone', () => front.processes().length === 0, patience);
    expect(await answers()).toBe(false);
    expect(fronts[1]?.processes().length).toBe(other);
    expect(other).toBeGreaterThanOrEqual(2);
    await expect(lab.fault({ kind: 'kill-proxy', host: 'lb1' })).rejects.toThrow('it does not run');
    expect(undo).toEqual({ kind: 'start-proxy', host: 'lb1' });
    await openLab(name).fault(undo ?? { kind: 'heal' });
    expect(await answers()).toBe(true);
    await expect(lab.fault({ kind: 'start-proxy', host: 'lb1' })).rejects.toThrow('it runs; end it with "kill-proxy');
  });

  it('kill-proxy also ends a proxy that is stopped', async () => {
    await lab.fault({ kind: 'stop-proxy', host: 'lb1' });
    await lab.fault({ kind: 'kill-proxy', host: 'lb1' });
    await until('it is gone', () => front.processes().length === 0, patience);
    await front.start();
  });

  it('kill-proxy can be of the main process alone', async () => {
    const main = front.main()?.pid ?? 0;
    await lab.fault({ kind: 'kill-proxy', host: 'lb1', what: 'main' });
    await until('its main process is gone', () => readProcess(main) === undefined, patience);
    // Some proxies' workers end with it, others serve on: whatever is left has to go before a new one starts.
    const isGone = (): boolean => {
      const left = front.processes();
      for (const { pid } of left) signalProcess(pid, 'SIGKILL');
      return left.length === 0;
    };
    await until('all of it is gone', isGone, patience);
    await front.start();
  });

  it('stop-proxy leaves the port open and nobody to answer; continue-proxy undoes it', async () => {
    const { undo } = await lab.fault({ kind: 'stop-proxy', host: 'lb1' });
    expect(lab.host('lb1').listens(80)).toBe(true);
    expect(await answers()).toBe(false);
    expect(undo).toEqual({ kind: 'continue-proxy', host: 'lb1' });
    await openLab(name).fault(undo ?? { kind: 'heal' });
    expect(await answers()).toBe(true);
  });

  it('hang-proxy halts workers that look alive; release-proxy undoes it', async () => {
    const { undo } = await lab.fault({ kind: 'hang-proxy', host: 'lb1' });
    expect(front.processes().map(({ state }) => state)).not.toContain('T');
    expect(await answers()).toBe(false);
    expect(undo).toEqual({ kind: 'release-proxy', host: 'lb1' });
    await openLab(name).fault(undo ?? { kind: 'heal' });
    expect(await answers()).toBe(true);
  });

  it('close-port leaves a proxy that does not listen, steal-port one who does; both are undone', async () => {
    const closed = await lab.fault({ kind: 'close-port', host: 'lb1' });
    expect([lab.host('lb1').listens(80), front.main() !== undefined]).toEqual([false, true]);
    const stolen = await openLab(name).fault({ kind: 'steal-port', host: 'lb1' });
    expect([lab.host('lb1').listens(80), await answers()]).toEqual([true, false]);
    for (const { undo } of [stolen, closed]) await openLab(name).fault(undo ?? { kind: 'heal' });
    await until('it answers again', answers, patience);
  });
});

describe('a fault in words', () => {
  it.each<[string, Fault]>([
    ['kill-proxy lb1', { kind: 'kill-proxy', host: 'lb1', what: 'all' }],
    ['kill-proxy lb1 main', { kind: 'kill-proxy', host: 'lb1', what: 'main' }],
    ['stop-proxy lb1', { kind: 'stop-proxy', host: 'lb1' }],
    ['end-daemon lb2', { kind: 'signal', host: 'lb2', signal: 'SIGTERM' }],
    ['start-proxy lb1', { kind: 'start-proxy', host: 'lb1' }],
    ['start-daemon lb2', { kind: 'start', host: 'lb2' }],
    ['hang-proxy lb1', { kind: 'hang-proxy', host: 'lb1' }],
    ['return-port lb1', { kind: 'return-port', host: 'lb1' }],
    ['cut lb1', { kind: 'cut', member: 'lb1' }],
    ['restore lb1 second', { kind: 'restore', member: 'lb1', link: 'second' }],
    ['lose lb1 * vrrp', { kind: 'lose', from: 'lb1', to: '*', lost: 'vrrp' }],
    ['pass lb1 lb2', { kind: 'pass', from: 'lb1', to: 'lb2', lost: 'everything' }],
    ['heal', { kind: 'heal' }],
    ['delete-address lb1 192.0.2.101', { kind: 'delete-address', host: 'lb1', address: '192.0.2.101' }],
    [
      'speak cl 2133 ttl=1 source=192.0.2.9 count=3',
      { kind: 'speak', from: 'cl', speech: { packets: [{ payload: '2133', ttl: 1, source: '192.0.2.9' }], count: 3 } },
    ],
  ])('reads "%s"', (words, fault) => expect(parseFault(words.split(' '))).toEqual(fault));

  it.each([
    '',
    'cut',
    'cut lb1 lb2',
    'kill-proxy lb1 worker',
    'start-proxy',
    'start-daemon lb1 lb2',
    'lose lb1',
    'lose lb1 lb2 arp',
    'speak cl 213',
    'speak cl 21 x=1',
    'heal lb1',
    'nonsense lb1',
  ])('refuses "%s"', (words) => expect(parseFault(words.split(' '))).toBeUndefined());

  it('has a line of help for every kind', () => {
    const kinds: Fault['kind'][] = [
      'kill-proxy',
      'start-proxy',
      'stop-proxy',
      'continue-proxy',
      'hang-proxy',
      'release-proxy',
      'close-port',
      'open-port',
      'steal-port',
      'return-port',
      'cut',
      'restore',
      'lose',
      'pass',
      'blackhole',
      'heal',
      'delete-address',
      'speak',
    ];
    for (const kind of kinds) expect(faultUsage.join('\n')).toContain(kind);
  });
});
