import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { VipStatus } from '../../../src/control/status.ts';
import { vipOf } from '../../../src/lab/pairfile.ts';
import { compiledFile } from '../../../src/lab/program.ts';
import { now } from '../../../src/linux/clock.ts';
import { milliseconds } from '../../../src/wire/units.ts';
import { Naming, warningsOf } from './naming.ts';
import { eventually, usePair, VIP1 } from './pair.ts';

const VIP6 = vipOf(1, 'ipv6');
const OTHER6 = vipOf(2, 'ipv6');

/*
 * Who else holds an IPv6 VIP, told by Neighbor Discovery as ARP tells it of an IPv4 one; with both in one VIP, so that
 * the other family is seen to stay out of it.
 */
describe('an IPv6 VIP', () => {
  const pair = usePair('tneighbor');
  const naming = new Naming(pair);
  beforeAll(() => pair.run({ family: 'both', settings: { recover_after: '300ms' } }));

  // What a test that failed has left must not fail the next one.
  afterEach(async () => {
    for (const vip of [VIP6, OTHER6])
      await pair.lab.exec('cl', ['ip', 'address', 'delete', `${vip}/128`, 'dev', 'eth0']);
    await pair.lab.fault({ kind: 'heal' });
  });

  const macOf = (member: string): string => pair.lab.member(member).plan.links[0]?.mac ?? '';

  const onClient = async (...argv: string[]): Promise<string> => {
    const { code, stdout, stderr } = await pair.lab.exec('cl', argv);
    expect({ argv, code, stderr }).toMatchObject({ code: 0 });
    return stdout;
  };

  const held = ['dev', 'eth0', 'nodad'];

  /** Nobody was accused of anything since the naming began, in either family. */
  const nothingSaid = (): void => {
    for (const words of ['also used by', 'two hosts hold', 'answers Neighbor Discovery', 'answers ARP', 'in use by'])
      expect(naming.said(words)).toEqual([]);
  };

  /** Two rounds of questions, and more. */
  const aWhile = async (): Promise<void> => {
    const end = now() + 2500;
    await eventually('time has passed', () => now() > end);
  };

  const sixth = async (): Promise<VipStatus> => {
    const found = (await pair.lb1.status()).vips.find(({ vip, family }) => vip === 'web-1' && family === 'ipv6');
    if (found === undefined) throw new Error('lb1 knows no web-1 over IPv6');
    return found;
  };

  const warns = async (host: string, words: string): Promise<void> => {
    await pair.daemon(host).until(`it warns: ${words}`, (s) => warningsOf(s).includes(words), milliseconds(6000));
  };

  const clears = async (): Promise<void> => {
    for (const daemon of pair.daemons)
      await daemon.until('all is well', (s) => !/two hosts hold|answers|does not hear/.test(warningsOf(s)));
  };

  it('that moves and comes home is no conflict', async () => {
    for (let round = 0; round < 2; round++) {
      nothingSaid();
      await pair.lb1.stop();
      await eventually('lb2 holds all', () => [VIP1, VIP6].every((vip) => pair.holders(vip).join() === 'lb2'));
      await pair.start('lb1');
      await pair.settle();
    }
    await aWhile();
    nothingSaid();
    for (const daemon of pair.daemons) expect(warningsOf(await daemon.status())).not.toContain('hold');
  });

  it('that others ask for, and one who finds out that it is taken, are none', async () => {
    naming.begin();
    await onClient('ping', '-6', '-c', '2', '-i', '0.2', VIP6);
    // The client's kernel asks from :: whether anybody has it, and lb1's answers.
    await onClient('sysctl', '-qw', 'net.ipv6.conf.eth0.accept_dad=1', 'net.ipv6.conf.eth0.dad_transmits=1');
    await onClient('ip', 'address', 'add', `${VIP6}/128`, 'dev', 'eth0');
    await eventually('it gives up', async () => (await onClient('ip', 'address', 'show')).includes('dadfailed'));
    await onClient('ip', 'address', 'delete', `${VIP6}/128`, 'dev', 'eth0');
    await aWhile();
    nothingSaid();
  });

  it('that another host holds is named within 3 s, announced again, found by the doctor, and forgotten when it is gone', async () => {
    const before = (await sixth()).counters['announcements'] ?? 0;
    naming.begin();
    await onClient('ip', 'address', 'add', `${VIP6}/128`, ...held);
    await naming.logs('lb1', `web-1/ipv6: ${VIP6} is also used by ${macOf('cl')}`);
    await naming.logs('lb1', `two hosts hold ${VIP6}: this one, and ${macOf('cl')}; find that host`);
    const { counters, state } = await sixth();
    expect(state).toBe('active');
    expect(counters['announcements']).toBeGreaterThan(before);
    const host = pair.lab.host('lb1');
    const files = ['--config', pair.lb1.configFile, '--socket', pair.lb1.socket, '--state', `${host.directory}/state`];
    const { stdout } = await host.exec([process.execPath, compiledFile('src/cli/main'), 'doctor', '--json', ...files]);
    const { findings } = JSON.parse(stdout) as { findings: { code: string; subject: string; text: string }[] };
    expect(findings.filter(({ code }) => code.startsWith('VIP-'))).toMatchObject([
      { code: 'VIP-TWICE', subject: 'web-1', text: expect.stringContaining(`${VIP6} on "eth0"`) as string },
    ]);
    expect(naming.said(`${VIP1} is also used`)).toEqual([]);
    expect(naming.said('two hosts hold').every((line) => line.includes(VIP6))).toBe(true);
    await onClient('ip', 'address', 'delete', `${VIP6}/128`, 'dev', 'eth0');
    await clears();
  });

  it('is held twice while advertisements pass one way only: by whom, and why, is named on both hosts', async () => {
    naming.begin();
    await pair.lab.fault({ kind: 'lose', from: 'lb1', to: 'lb2', lost: 'vrrp' });
    await naming.logs('lb2', `two hosts hold ${VIP6}: this one, and ${macOf('lb1')} (lb1)`);
    await naming.logs('lb2', 'eth0/ipv6: lb1 answers Neighbor Discovery, and its advertisements do not arrive');
    await naming.logs('lb1', 'eth0/ipv6: lb2 does not hear the advertisements of this host');
    await warns('lb1', `two hosts hold ${VIP6}: this one, and ${macOf('lb2')} (lb2)`);
    for (const words of ['lb2 answers', 'fe80']) expect(naming.said(words)).toEqual([]);
    await pair.lab.fault({ kind: 'heal' });
    await pair.settle();
    await clears();
  });

  it('that a host without VRRP holds is taken all the same, and that host is named', async () => {
    await pair.end();
    await onClient('ip', 'address', 'add', `${OTHER6}/128`, ...held);
    await pair.run({ family: 'both', settings: { recover_after: '300ms' } });
    const told = `${OTHER6} was in use by ${macOf('cl')}, which speaks no VRRP`;
    await eventually('it is told', () => pair.daemons.some((daemon) => daemon.log().includes(told)));
    await onClient('ip', 'address', 'delete', `${OTHER6}/128`, 'dev', 'eth0');
  });

  it('has a gateway that answers Neighbor Discovery, as all do, where it does not answer ICMP echo', async () => {
    const mute = 'table ip6 mute { chain in { type filter hook input priority 0; icmpv6 type echo-request drop; }; }';
    await onClient('nft', mute);
    await pair.run({ family: 'both', settings: { recover_after: '300ms', gateway: pair.lab.client.ipv6 } });
    for (const daemon of pair.daemons) await daemon.until('it reaches the gateway', (s) => s.reach === 'well');
    await onClient('nft', 'delete table ip6 mute');
  });
});
