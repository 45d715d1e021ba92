import { beforeEach, describe, expect, it } from 'vitest';
import { startCapture } from '../../../src/lab/capture.ts';
import { milliseconds } from '../../../src/wire/units.ts';
import { announcements } from './announcements.ts';
import { eventually, usePair, VIP1, VIP2 } from './pair.ts';

/* What the network does to the pair. */
describe('the network', () => {
  const pair = usePair('tlink');
  beforeEach(async () => {
    await pair.lab.fault({ kind: 'heal' });
    if (pair.daemons.length === 2) await pair.settle();
    else await pair.run({ settings: { recover_after: '300ms' } });
  });

  it('is a fault when the link is cut, and no restart is needed when it is back', async () => {
    const { engine } = await pair.lb1.status();
    await pair.lab.fault({ kind: 'cut', member: 'lb1' });
    await pair.lb2.role('web-1', 'active');
    const { vips, interfaces } = await pair.lb1.until('it is at fault', (s) => s.vips.every(isFault));
    expect(vips.map(({ holder, reason }) => [holder, reason])).toEqual([
      [null, 'interface "eth0" has no link'],
      [null, 'interface "eth0" has no link'],
    ]);
    expect(interfaces[0]).toMatchObject({ state: 'down' });
    expect(pair.lab.host('lb1').holds(VIP1)).toBe(false);
    expect((await pair.lb2.vip('web-1')).reason).toBe('lb1 fell silent');
    await pair.lab.fault({ kind: 'restore', member: 'lb1' });
    await pair.settle();
    expect((await pair.lb1.status()).engine.pid).toBe(engine.pid);
    expect(pair.lb1.log()).toMatch(/eth0\/ipv4: down: [^]*eth0\/ipv4: up: /);
  });

  it('is a fault when the interface is deleted, and no restart is needed when it is made again', async () => {
    const { engine } = await pair.lb1.status();
    await pair.lab.exec('lb1', ['ip', 'link', 'delete', 'eth0']);
    await pair.lb2.role('web-1', 'active');
    const { vips } = await pair.lb1.until('it is at fault', (s) => s.vips.every(isFault));
    expect(vips[0]?.reason).toBe('interface "eth0" does not exist');
    await remake(pair);
    await pair.settle();
    expect(pair.holders(VIP1)).toEqual(['lb1']);
    const after = await pair.lb1.status();
    expect(after.engine.pid).toBe(engine.pid);
    expect(after.manager.restarts).toBe(0);
  });

  it('is a fault when the interface loses its address', async () => {
    const { ipv4 } = pair.lab.host('lb1');
    await pair.lab.exec('lb1', ['ip', 'address', 'delete', `${ipv4}/24`, 'dev', 'eth0']);
    await pair.lb2.role('web-1', 'active');
    const { vips } = await pair.lb1.until('it is at fault', (s) => s.vips.every(isFault));
    expect(vips[0]?.reason).toContain('has no usable address');
    await pair.lab.exec('lb1', ['ip', 'address', 'add', `${ipv4}/24`, 'brd', '+', 'dev', 'eth0']);
    await pair.settle();
  });

  /*
   * A host that hears nobody has to take over: nobody can tell a dead peer from a deaf self. RFC 9568 gives two active
   * routers then, and one again at the first advertisement that gets through.
   */
  it.each([
    { from: 'lb1', to: 'lb2', vip: VIP1, name: 'web-1', other: VIP2 },
    { from: 'lb2', to: 'lb1', vip: VIP2, name: 'web-2', other: VIP1 },
  ])('may lose what $from says to $to: two holders of one VIP, one again once healed', async (lost) => {
    const { from, to, vip, name, other } = lost;
    await pair.lab.fault({ kind: 'lose', from, to, lost: 'vrrp' });
    const { reason } = await pair.daemon(to).role(name, 'active');
    expect(reason).toBe(`${from} fell silent`);
    await eventually('both hold it', () => pair.holders(vip).length === 2);
    expect(pair.holders(other)).toEqual([to]);
    // Whoever is heard is told at once that there is a better one, and clients are told where to go.
    const { counters } = await pair.daemon(from).vip(name);
    expect(counters['conflicts']).toBeGreaterThan(0);

    // Once healed the neighbours hear from the right one again, however shortly before it has told them already.
    const capture = await startCapture(pair.lab, `heal-${from}`, 'arp');
    await pair.lab.fault({ kind: 'pass', from, to, lost: 'vrrp' });
    await pair.settle();
    expect(pair.holders(vip)).toEqual([from]);
    expect((await pair.daemon(to).vip(name)).reason).toContain(from);
    const mac = pair.lab.host(from).plan.links[0]?.mac;
    const isTold = async (): Promise<boolean> =>
      (await announcements(capture)).findLast(({ address }) => address === vip)?.mac === mac;
    await eventually('the neighbours are told', isTold, milliseconds(3000));
    await capture.stop();
  });

  it('may split the pair: each holds both, and all is crossed again once healed', async () => {
    await pair.lab.fault({ kind: 'blackhole', member: 'lb1' });
    await pair.lb1.role('web-2', 'active');
    await pair.lb2.role('web-1', 'active');
    expect([pair.holders(VIP1), pair.holders(VIP2)]).toEqual([
      ['lb1', 'lb2'],
      ['lb1', 'lb2'],
    ]);
    await pair.lab.fault({ kind: 'heal' });
    await pair.settle();
    expect([pair.holders(VIP1), pair.holders(VIP2)]).toEqual([['lb1'], ['lb2']]);
  });
});

describe('an interface that is not there at the start', () => {
  const pair = usePair('tlate');

  it('is reported, and used once it appears', async () => {
    await pair.run();
    const file = pair.file.replace('interface: eth0', 'interface: { lb1: eth7, lb2: eth0 }');
    await pair.lb1.stop();
    await pair.start('lb1', file);
    const { interfaces, vips } = await pair.lb1.status();
    expect(interfaces).toMatchObject([{ interface: 'eth7/ipv4', state: 'absent' }]);
    expect(vips[0]).toMatchObject({ state: 'initialize', reason: 'interface "eth7" does not exist' });
    await pair.lab.exec('lb1', ['ip', 'link', 'set', 'eth0', 'down']);
    await pair.lab.exec('lb1', ['ip', 'link', 'set', 'eth0', 'name', 'eth7']);
    await pair.lab.exec('lb1', ['ip', 'link', 'set', 'eth7', 'up']);
    await pair.settle();
    expect(pair.holders(VIP1)).toEqual(['lb1']);
  });
});

const isFault = ({
  state,
  addressesInstalled,
}: {
  readonly state: string;
  readonly addressesInstalled: boolean;
}): boolean => state === 'initialize' && !addressesInstalled;

/** Lays lb1's cable again, as the lab laid it. */
async function remake(pair: ReturnType<typeof usePair>): Promise<void> {
  const host = pair.lab.host('lb1');
  const link = host.plan.links[0];
  if (link === undefined) throw new Error('lb1 has no cable');
  const { port, bridge, mac, ipv4, ipv6 } = link;
  const script = [
    `ip link add ${port} type veth peer name eth0 address ${mac} netns ${host.init.pid}`,
    `ip link set ${port} master ${bridge} up`,
  ];
  const laid = await pair.lab.exec('sw', ['sh', '-ec', script.join('\n')]);
  expect(laid).toMatchObject({ code: 0 });
  const lines = [
    `ip address add ${ipv4}/24 brd + dev eth0`,
    `ip address add ${ipv6}/64 dev eth0 nodad`,
    'ip link set eth0 up',
  ];
  expect(await pair.lab.exec('lb1', ['sh', '-ec', lines.join('\n')])).toMatchObject({ code: 0 });
}
