import { beforeAll, describe, expect, it } from 'vitest';
import type { Capture } from '../../../src/lab/capture.ts';
import { startCapture } from '../../../src/lab/capture.ts';
import type { Keepalived, KeepalivedOptions } from '../../../src/lab/keepalived.ts';
import { startKeepalived } from '../../../src/lab/keepalived.ts';
import type { PairOptions } from '../../../src/lab/pairfile.ts';
import { pairFile, vipOf } from '../../../src/lab/pairfile.ts';
import { prefixLengths } from '../../../src/lab/plan.ts';
import { milliseconds } from '../../../src/wire/units.ts';
import { eventually, usePair } from './pair.ts';

type Peer = Omit<KeepalivedOptions, 'instances'>;

/** The same in vipair's words and in keepalived's. */
const setups: readonly { what: string; vipair: PairOptions; keepalived: Peer }[] = [
  {
    what: 'version 2 with a password',
    vipair: { settings: { version: 2, interval: '1s', auth: { password: 's3cretpw' } } },
    keepalived: { version: 2, interval: milliseconds(1000), password: 's3cretpw' },
  },
  {
    what: 'version 3 over multicast',
    vipair: { settings: { interval: '100ms' } },
    keepalived: { version: 3, interval: milliseconds(100) },
  },
  {
    what: 'version 3 over unicast',
    vipair: { settings: { interval: '100ms', transport: 'unicast' } },
    keepalived: { version: 3, interval: milliseconds(100), unicastPeers: ['192.0.2.11'] },
  },
  {
    what: 'version 3 over IPv6',
    vipair: { settings: { interval: '100ms' }, family: 'ipv6' },
    keepalived: { version: 3, interval: milliseconds(100) },
  },
];

/* vipair on lb1, keepalived on lb2: one VIP that vipair is better for, one that keepalived is. */
describe.each(setups)('beside keepalived, $what', ({ vipair, keepalived }) => {
  const pair = usePair('tkeep');
  const family = vipair.family === 'ipv6' ? 'ipv6' : 'ipv4';
  const [ours, theirs] = [vipOf(1, family), vipOf(2, family)];
  const length = prefixLengths[family];
  let peer: Keepalived;
  let capture: Capture;

  const startPeer = async (): Promise<void> => {
    const instances = [
      { name: 'ours', vrid: 51, priority: 250, addresses: [`${ours}/${length}`] },
      { name: 'theirs', vrid: 52, priority: 254, addresses: [`${theirs}/${length}`] },
    ];
    peer = await startKeepalived(pair.lab.host('lb2'), { ...keepalived, instances });
  };
  const crossed = (): Promise<unknown> =>
    eventually('each has its own', async () => {
      if (pair.holders(ours).join() !== 'lb1' || pair.holders(theirs).join() !== 'lb2') return false;
      const { vips } = await pair.lb1.status();
      return vips[0]?.state === 'active' && vips[1]?.state === 'backup' && vips[1].holder === 'lb2';
    });
  const alone = (host: string): Promise<unknown> =>
    eventually(`${host} holds both`, () => [ours, theirs].every((vip) => pair.holders(vip).join() === host));

  beforeAll(async () => {
    capture = await startCapture(pair.lab, 'keepalived');
    await Promise.all([startPeer(), pair.start('lb1', pairFile(pair.lab, vipair))]);
    await crossed();
  });

  it('agrees who is active, and is agreed with', async () => {
    const { vips, interfaces } = await pair.lb1.status();
    expect(vips.map(({ vip, holder, priority }) => [vip, holder, priority])).toEqual([
      ['web-1', 'lb1', 254],
      ['web-2', 'lb2', 253],
    ]);
    for (const { refused, remarks } of vips) expect([refused, remarks]).toEqual([{}, {}]);
    expect(interfaces.map(({ refused, foreign }) => [refused, foreign])).toEqual([[{}, []]]);
    expect([peer.state('ours'), peer.state('theirs')]).toEqual(['BACKUP', 'MASTER']);
  });

  it('hands over when it ends, and preempts when it is back', async () => {
    await pair.lb1.stop();
    await alone('lb2');
    await pair.start('lb1');
    await crossed();
    expect((await pair.lb1.vip('web-1')).reason).toContain('took over from lb2');
    expect(peer.state('ours')).toBe('BACKUP');
  });

  it('takes over when keepalived ends, and is preempted when it is back', async () => {
    await peer.stop();
    await alone('lb1');
    expect((await pair.lb1.vip('web-2')).reason).toBe('lb2 resigned');
    await startPeer();
    await crossed();
    expect((await pair.lb1.vip('web-2')).reason).toContain('lb2 is active with priority 254');
    expect(peer.state('theirs')).toBe('MASTER');
  });

  it('takes over when keepalived is frozen, and gives back when it goes on', async () => {
    const processes = pair.lab
      .host('lb2')
      .processes()
      .filter(({ comm }) => comm === 'keepalived');
    for (const { pid } of processes) process.kill(pid, 'SIGSTOP');
    const { reason } = await pair.lb1.role('web-2', 'active');
    expect(reason).toBe('lb2 fell silent');
    for (const { pid } of processes) process.kill(pid, 'SIGCONT');
    await crossed();
  });

  it('is taken over from when it is killed, and comes back', async () => {
    pair.lb1.signal('SIGKILL');
    await alone('lb2');
    await pair.start('lb1');
    await crossed();
  });

  it('has sent nothing that a dissector finds fault with', async () => {
    const sent = (await capture.advertisements()).filter(({ source }) => source !== pair.lab.host('lb2').ipv4);
    const own = sent.filter(({ vrid, priority }) => vrid === 51 && priority === 254);
    expect(own.length).toBeGreaterThan(5);
    expect(sent.filter(({ checksumGood, malformed, ttl }) => !checksumGood || malformed || ttl !== 255)).toEqual([]);
    await capture.stop();
  });
});
