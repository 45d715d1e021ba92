import { describe, expect, it } from 'vitest';
import type { Assignment } from '../../src/engine/assignment.ts';
import { assign, findVip, routerKey } from '../../src/manager/assign.ts';
import { configOf, CROSSED } from './configured.ts';

const assigned = (text: string, name = 'lb1'): Assignment => {
  const config = configOf(text);
  return assign(
    config,
    config.nodes.find((node) => node.name === name)!,
  );
};

describe('an assignment', () => {
  it.each(['lb1', 'lb2'])('of a crossed pair for %s is this', async (name) => {
    await expect(`${JSON.stringify(assigned(CROSSED, name), null, 2)}\n`).toMatchFileSnapshot(
      `../golden/manager/assignment-${name}.json`,
    );
  });

  it('has a virtual router for each family, the link-local address first', () => {
    const both = CROSSED.replace(
      'address: 192.0.2.101/24',
      'addresses: [192.0.2.101/24, "2001:db8::101", "fe80::101"]',
    );
    const routers = assigned(both).routers.filter(({ vip }) => vip === 'web-1');
    expect(routers.map(({ key }) => key)).toEqual(['web-1/ipv4', 'web-1/ipv6']);
    expect(routers[1]?.router.addresses).toEqual(['fe80::101', '2001:db8::101']);
    expect(routers[1]?.addresses).toEqual([
      { address: 'fe80::101', prefixLength: 128 },
      { address: '2001:db8::101', prefixLength: 128 },
    ]);
  });

  it('leaves the source to the interface where IPv6 is multicast, and not where it is unicast', () => {
    const six = CROSSED.replace('address: 192.0.2.101/24', 'address: "2001:db8::101"');
    expect(assigned(six).routers[0]?.source).toBeUndefined();
    const unicast = assigned(`transport: unicast\n${six}`).routers[0];
    expect(unicast?.source).toBe('2001:db8::11');
    expect(unicast?.router.peers).toEqual(['2001:db8::12']);
  });

  it('installs nothing of what the node owns, and advertises it', () => {
    const owner = CROSSED.replace(
      'address: 192.0.2.101/24, prefer: [lb1, lb2]',
      'address: 192.0.2.11/24, priority: { lb1: 255, lb2: 100 }',
    );
    expect(assigned(owner).routers[0]).toMatchObject({
      priority: 255,
      addresses: [],
      router: { addresses: ['192.0.2.11'] },
    });
    expect(assigned(owner, 'lb2').routers[0]).toMatchObject({
      priority: 100,
      addresses: [{ address: '192.0.2.11', prefixLength: 24 }],
    });
  });

  it('leaves out VIPs that the node takes no part in, as peer too', () => {
    const one = CROSSED.replace('[lb1, lb2]', '[lb2]');
    expect(assigned(one).routers.map(({ vip }) => vip)).toEqual(['web-2']);
    expect(assigned(`transport: unicast\n${one}`, 'lb2').routers[0]?.router.peers).toEqual([]);
  });
});

describe('the key of a virtual router', () => {
  it('leads back to the VIP and the family', () => {
    const config = configOf(CROSSED);
    expect(findVip(routerKey('web-2', 'ipv4'), config)).toMatchObject({ vip: { vrid: 52 }, family: 'ipv4' });
    expect(findVip('web-3/ipv4', config)).toBeUndefined();
    expect(findVip('web-2', config)).toBeUndefined();
  });
});
