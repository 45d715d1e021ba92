import { describe, expect, test } from 'vitest';
import { OWNER } from '../../src/config/weight.ts';
import * as priority from '../../src/vrrp/priority.ts';
import { GOOD, configOf, crossed, errorsOf, pairWith, parse, warningsOf } from './sample.ts';

/**
 * The typical mistakes of people who run keepalived, in the order in which they were collected, each as far as one
 * file can hold it. Every message names the place, the value and the remedy, so it is compared whole.
 */
describe("keepalived's typical mistakes", () => {
  const base = 'vrid: 51, address: 192.0.2.101/24';

  test('weight smaller than the gap', () => {
    expect(errorsOf(pairWith(`${base}, priority: { lb1: 110, lb2: 100 }, on_failure: lower, weight: 2`))).toEqual([
      'pair.yaml:6:100: vips.web-1.weight: 2 is too small: lb1 would fall from 110 to 108, and lb2 has 100, ' +
        'so no fault would ever move the VIP; write 11 or more',
    ]);
  });

  test('weight equal to the gap', () => {
    expect(errorsOf(pairWith(`${base}, priority: { lb1: 110, lb2: 100 }, on_failure: lower, weight: 10`))[0]).toContain(
      'lb1 would fall from 110 to 100, and lb2 has 100',
    );
    configOf(pairWith(`${base}, priority: { lb1: 110, lb2: 100 }, on_failure: lower, weight: 11`));
  });

  test('weight of 1 against derived priorities', () => {
    expect(errorsOf(pairWith(`${GOOD}, on_failure: lower, weight: 1`))[0]).toContain('write 2 or more');
    configOf(pairWith(`${GOOD}, on_failure: lower, weight: 2`));
  });

  test('weight that cannot bring a node below the floor', () => {
    expect(errorsOf(pairWith(`${base}, priority: { lb1: 100, lb2: 1 }, on_failure: lower, weight: 253`))[0]).toContain(
      'bring the priorities closer together, above 2',
    );
  });

  test('weight with nopreempt', () => {
    expect(errorsOf(pairWith(`${GOOD}, on_failure: lower, weight: 50, preempt: false`))).toEqual([
      'pair.yaml:6:67: vips.web-1.on_failure: a lower priority moves nothing with "preempt: false": ' +
        'the other node refuses to take over; write "on_failure: resign", or "preempt: true"',
    ]);
  });

  test('auth, version or interval that differ between the hosts: there is one file, and no node has its own', () => {
    const text = crossed.replace('{ address: 192.0.2.12 }', '{ address: 192.0.2.12, version: 2 }');
    expect(errorsOf(text)).toEqual([
      'pair.yaml:3:31: nodes.lb2.version: unknown key; it belongs at the top level or in a VIP',
    ]);
  });

  test('password longer than 8', () => {
    expect(errorsOf(pairWith(`${GOOD}, version: 2, auth: { password: s3cretpw9 }`))).toEqual([
      'pair.yaml:6:87: vips.web-1.auth.password: the password has 9 characters and the protocol carries 8, ' +
        'and some routers silently cut the rest off; write 8 or fewer',
    ]);
  });

  test('same priorities', () => {
    expect(errorsOf(pairWith(`${base}, priority: { lb1: 100, lb2: 100 }`))).toEqual([
      'pair.yaml:6:69: vips.web-1.priority.lb2: 100 is the priority of lb1 already: ' +
        'the greater address would win; write another',
    ]);
  });

  test('priority above 255', () => {
    expect(errorsOf(pairWith(`${base}, priority: { lb1: 300, lb2: 100 }`))).toEqual([
      'pair.yaml:6:59: vips.web-1.priority.lb1: 300 is not a whole number from 1 to 255; write one, such as 200',
    ]);
  });

  test('state MASTER', () => {
    expect(errorsOf(pairWith(`${GOOD}, state: MASTER`))).toEqual([
      'pair.yaml:6:67: vips.web-1.state: unknown key; ' +
        'nobody is made MASTER by hand: "prefer" lists the nodes best first',
    ]);
  });

  test('preempt_delay with nopreempt', () => {
    expect(errorsOf(pairWith(`${GOOD}, preempt: false, preempt_delay: 5s`))).toEqual([
      'pair.yaml:6:83: vips.web-1.preempt_delay: has no effect with "preempt: false", ' +
        'which never takes a VIP back; keep one of them',
    ]);
  });

  test('same VRID twice on the interface', () => {
    expect(errorsOf(crossed.replace('vrid: 52', 'vrid: 51'))).toEqual([
      'pair.yaml:7:12: vips.web-2.vrid: 51 is the VRID of VIP "web-1" on eth0 already; write another from 1 to 255',
    ]);
  });

  test('crossed instances in one sync group', () => {
    expect(errorsOf(pairWith(`${GOOD}, sync_group: all`))[0]).toContain(
      'VIPs of a crossed pair must not move together',
    );
  });

  test.each([
    ['track_script', 'for the proxy write "proxy" and "on_failure", for anything else "track: { checks: ... }"'],
    ['vrrp_script', 'for anything else "track: { checks: ... }"'],
    ['track_process', 'write "proxy" at the top level and "on_failure"'],
    ['track_interface', 'write "track: { checks: { lan: { interface: eth1 } } }"'],
  ])('check script, missing, not executable or wrong: %s', (key, words) => {
    expect(errorsOf(pairWith(`${GOOD}, ${key}: chk`))[0]).toContain(words);
  });

  test('no ip_nonlocal_bind: it is checked at start, or set', () => {
    expect(configOf(crossed).sysctl).toBe('check');
    expect(configOf(`${crossed}sysctl: apply\n`).sysctl).toBe('apply');
    expect(errorsOf(`${crossed}sysctl: aply\n`)).toEqual([
      'pair.yaml:9:1: sysctl: "aply" is not one of check, apply; did you mean "apply"?',
    ]);
  });

  test('advert_int 0.2 with version 2', () => {
    expect(errorsOf(pairWith(`${GOOD}, version: 2, interval: 200ms`))).toEqual([
      'pair.yaml:6:79: vips.web-1.interval: 200ms is not whole seconds from 1s to 255s, as version 2 needs; ' +
        'write for example "1s", or "version: 3"',
    ]);
  });

  test('kill -9: a lease that outlives nothing', () => {
    expect(errorsOf(pairWith(`${GOOD}, interval: 2s, lease: 2s`))).toEqual([
      'pair.yaml:6:81: vips.web-1.lease: 2s is not at least a second longer than the interval of 2s, ' +
        'so a late advertisement would cost the VIP; write "3s" or more',
    ]);
    // Longer than the interval, but not by the second that a late advertisement may need.
    expect(errorsOf(pairWith(`${GOOD}, interval: 1.5s, lease: 2s`))[0]).toContain('write "3s" or more');
    configOf(pairWith(`${GOOD}, interval: 1s, lease: 2s`));
  });

  test('only the process checked: keepalived words for other checks are named', () => {
    expect(errorsOf(`${crossed}vrrp_track_process: x\n`)[0]).toContain('write "proxy" at the top level');
  });
});

describe('single values', () => {
  test.each([
    ['vrid: 0, address: 192.0.2.101, prefer: [lb1, lb2]', 'vips.web-1.vrid: 0 is not a whole number from 1 to 255'],
    ['vrid: 256, address: 192.0.2.101, prefer: [lb1, lb2]', 'vips.web-1.vrid: 256 is not a whole number from 1 to 255'],
    ['vrid: 1.5, address: 192.0.2.101, prefer: [lb1, lb2]', 'vips.web-1.vrid: 1.5 is not a whole number'],
    ['vrid: "51", address: 192.0.2.101, prefer: [lb1, lb2]', 'vips.web-1.vrid: "51" is text; write it without quotes'],
    ['vrid: , address: 192.0.2.101, prefer: [lb1, lb2]', 'vips.web-1.vrid: is empty; write a value, such as 51'],
    ['address: 192.0.2.101, prefer: [lb1, lb2]', 'vips.web-1.vrid: is missing; write it, such as 51'],
    [`${GOOD}, interval: 200`, 'vips.web-1.interval: 200 has no unit; write "200ms" or "200s"'],
    [`${GOOD}, interval: "200"`, 'vips.web-1.interval: 200 has no unit; write "200ms" or "200s"'],
    [`${GOOD}, interval: 200 ms`, 'vips.web-1.interval: "200 ms" is no duration; write "200ms"'],
    [
      `${GOOD}, interval: 0.2 sec`,
      '"0.2 sec" is no duration; write a number with its unit (ms, s or m), such as "200ms"',
    ],
    [`${GOOD}, interval: 5ms`, 'vips.web-1.interval: 5ms is not from 10ms to 255s; write for example "200ms"'],
    [
      `${GOOD}, interval: 15ms`,
      '15ms is not 10ms to 40.95s in steps of 10ms, as version 3 needs; write for example "20ms"',
    ],
    [
      `${GOOD}, interval: 41s`,
      '41s is not 10ms to 40.95s in steps of 10ms, as version 3 needs; write for example "40.95s"',
    ],
    [`${GOOD}, interval: 256s`, 'vips.web-1.interval: 256s is not from 10ms to 255s'],
    [`${GOOD}, version: 2, interval: 1.5s`, '1.5s is not whole seconds from 1s to 255s, as version 2 needs'],
    [`${GOOD}, version: 4`, 'vips.web-1.version: 4 is no VRRP version; write 2 or 3'],
    [`${GOOD}, transport: unicats`, '"unicats" is not one of multicast, unicast, broadcast; did you mean "unicast"?'],
    [`${GOOD}, preempt: yes`, 'vips.web-1.preempt: "yes" is neither true nor false; write one of them'],
    [`${GOOD}, preempt_delay: 1001s`, 'vips.web-1.preempt_delay: 1001s is not from 0ms to 1000s'],
    [`${GOOD}, checksum: none`, '"none" is not one of pseudo-header, message'],
    [`${GOOD}, on_failure: fault`, '"fault" is not one of resign, lower, stop'],
    [`${GOOD}, on_failure: lower, weight: 254`, 'vips.web-1.weight: 254 is not a whole number from 1 to 253'],
    [`${GOOD}, on_failure: lower, weight: -20`, 'vips.web-1.weight: -20 is not a whole number from 1 to 253'],
    [`${GOOD}, lease: 2500ms`, 'vips.web-1.lease: 2500ms is no whole multiple of 1s; write for example "3s"'],
    [`${GOOD}, garp: { repeat: 0 }`, 'vips.web-1.garp.repeat: 0 is not a whole number from 1 to 100'],
    [`${GOOD}, garp: 5`, 'vips.web-1.garp: 5 is not a mapping; write it as "garp: { repeat: 5, refresh: 60s }"'],
    [`${GOOD}, version: 2, auth: 12345678`, 'vips.web-1.auth: is neither a password nor a mapping'],
    [`${GOOD}, version: 2, auth: ""`, 'vips.web-1.auth: the password is empty'],
    [`${GOOD}, version: 2, auth: pässwort`, 'vips.web-1.auth: the password has characters that are not ASCII'],
    [`${GOOD}, version: 2, auth: { pass: x }`, 'vips.web-1.auth.password: is missing'],
    [
      `${GOOD}, interface: enp0s31f6.1000.20`,
      '"enp0s31f6.1000.20" is longer than the 15 characters of an interface name',
    ],
    [`${GOOD}, interface: eth/0`, '"eth/0" has characters that no interface name has'],
    [`${GOOD}, interface: "eth 0"`, '"eth 0" has characters that no interface name has'],
    [`${GOOD}, interface: ""`, 'the name is empty; write an interface, such as eth0'],
    [`${GOOD}, interface: 7`, 'vips.web-1.interface: 7 is of the wrong kind'],
  ])('%s', (vip, message) => {
    const errors = errorsOf(pairWith(vip));
    expect(errors.join('\n')).toContain(message);
    expect(errors.every((error) => error.startsWith('pair.yaml:6:'))).toBe(true);
  });

  test('no message repeats a password', () => {
    for (const secret of ['hunter2-is-too-long', 'hünter2', '[hunter2]']) {
      expect(errorsOf(pairWith(`${GOOD}, version: 2, auth: ${secret}`)).join()).not.toMatch(/h[uü]nter2/);
    }
  });
});

describe('addresses', () => {
  const vip = (address: string): string => pairWith(`vrid: 51, address: "${address}", prefer: [lb1, lb2]`);

  test.each([
    ['192.0.2.300', 'is no IPv4 or IPv6 address'],
    ['192.0.2.010', 'is no IPv4 or IPv6 address; write one, such as 192.0.2.101/24, without leading zeros'],
    ['fe80::1%eth0', 'without the "%" and the interface'],
    ['192.0.2.101/33', 'has no prefix length from 1 to 32; write 192.0.2.101/24'],
    ['192.0.2.101/24/24', 'has no prefix length from 1 to 32'],
    ['2001:db8::1/129', 'has no prefix length from 1 to 128; write 2001:db8::1/64'],
    ['192.0.2.0/24', 'is the address of the network itself'],
    ['192.0.2.255/24', 'is the broadcast address of its subnet'],
    ['255.255.255.255', 'is the broadcast address'],
    ['224.0.0.18', 'is a multicast address'],
    ['ff02::12', 'is a multicast address'],
    ['127.0.0.1', 'is a loopback address'],
    ['::1', 'is a loopback address'],
    ['0.0.0.0', 'is the unspecified address'],
    ['::', 'is the unspecified address'],
    ['240.0.0.1', 'is of a reserved range'],
    ['::ffff:192.0.2.1', 'is an IPv4 address written as IPv6'],
    ['2001:db8::/64', 'is the subnet-router anycast address'],
    [
      '198.51.100.7/24',
      '198.51.100.7/24 is outside the subnet of every node that may hold it (192.0.2.11, 192.0.2.12)',
    ],
    ['2001:db8:1::7/64', '2001:db8:1::7/64 is outside the subnet of every node'],
    ['192.0.2.11', '192.0.2.11 is the address of node lb1, which would be taken away with the VIP'],
    ['2001:DB8:0::12', '2001:db8::12 is the address of node lb2'],
  ])('%s', (address, message) => {
    expect(errorsOf(vip(address))).toEqual([expect.stringContaining(message)]);
  });

  test('an address without a prefix length is not compared with any subnet', () => {
    expect(configOf(vip('198.51.100.7')).vips[0]?.addresses).toEqual([
      { family: 'ipv4', address: '198.51.100.7', prefixLength: 32 },
    ]);
  });

  test('an IPv6 address is not compared when no node has one', () => {
    configOf(crossed.replace('192.0.2.101/24', '"2001:db8::7/64"'));
  });

  test('point-to-point subnets have neither network nor broadcast address', () => {
    const text = crossed.replace('192.0.2.11 ', '192.0.2.100 ');
    configOf(text.replace('192.0.2.101/24', '192.0.2.101/31'));
  });

  test('one address in two VIPs, and twice in one', () => {
    expect(errorsOf(crossed.replace('192.0.2.102', '192.0.2.101'))).toEqual([
      'pair.yaml:7:22: vips.web-2.address: 192.0.2.101 is an address of VIP "web-1" already; write another',
    ]);
    const twice = pairWith('vrid: 51, addresses: [192.0.2.101, 192.0.2.101], prefer: [lb1, lb2]');
    expect(errorsOf(twice)).toEqual([
      'pair.yaml:6:47: vips.web-1.addresses[1]: 192.0.2.101 is written twice; keep one',
    ]);
  });

  test('two nodes with one address', () => {
    expect(errorsOf(crossed.replace('192.0.2.12 ', '192.0.2.11 '))).toEqual([
      'pair.yaml:3:10: nodes.lb2.address: 192.0.2.11 is the address of lb1 already; each node has its own',
    ]);
  });

  test('two addresses of one family, an address with a prefix, no address', () => {
    const node = (text: string): string => crossed.replace('address: 192.0.2.12', text);
    expect(errorsOf(node('addresses: [192.0.2.12, 192.0.2.13]'))[0]).toContain('two addresses of one family');
    expect(errorsOf(node('address: 192.0.2.12/24'))[0]).toContain('without a prefix length');
    expect(errorsOf(node('interface: eth1'))[0]).toContain('nodes.lb2.address: is missing');
    expect(errorsOf(node('address: 192.0.2.12, addresses: [192.0.2.12]'))[0]).toContain('stands beside "address"');
    expect(errorsOf(node('address: 127.0.1.1'))[0]).toContain('is a loopback address');
  });

  test('address and addresses, or neither', () => {
    expect(errorsOf(pairWith(`${GOOD}, addresses: [192.0.2.102]`))[0]).toContain('stands beside "address"; keep one');
    expect(errorsOf(pairWith('vrid: 51, prefer: [lb1, lb2]'))).toEqual([
      'pair.yaml:6:3: vips.web-1.address: is missing; write it, such as "address: 192.0.2.101/24"',
    ]);
  });

  test('more addresses than an advertisement should carry', () => {
    const many = (count: number): string => {
      const list = Array.from({ length: count }, (_, at) => `192.0.2.${100 + at}`).join(', ');
      return pairWith(`vrid: 51, addresses: [${list}], prefer: [lb1, lb2]`);
    };
    configOf(many(20));
    expect(errorsOf(many(21))[0]).toContain('has 21 IPv4 addresses, and an advertisement carries 20 here');
    expect(errorsOf(many(65))[0]).toContain('has 65 items, more than 64');
  });
});

describe('the address owner', () => {
  const owner = (address: string, more = ''): string =>
    pairWith(`vrid: 51, address: "${address}", priority: { lb1: 255, lb2: 100 }${more}`);

  test('may have its own address as VIP with priority 255', () => {
    expect(configOf(owner('192.0.2.11')).vips[0]?.priorities).toEqual({ lb1: 255, lb2: 100 });
    configOf(owner('2001:db8::11'));
  });

  test('must own the address', () => {
    expect(errorsOf(owner('192.0.2.101/24'))).toEqual([
      'pair.yaml:6:61: vips.web-1.priority.lb1: 255 is the priority of the address owner, and lb1 has 192.0.2.11, ' +
        'not 192.0.2.101; write 254 or less',
    ]);
  });

  test('cannot be lowered', () => {
    expect(errorsOf(owner('192.0.2.11', ', on_failure: lower, weight: 200'))[0]).toContain(
      "lb1 owns the address (priority 255), and an owner's priority cannot be lowered",
    );
  });
});

describe('who may hold a VIP', () => {
  test.each([
    [
      'vrid: 51, address: 192.0.2.101',
      'vips.web-1.prefer: is missing; write the nodes best first, such as "prefer: [lb1, lb2]"',
    ],
    ['vrid: 51, address: 192.0.2.101, prefer: []', 'vips.web-1.prefer: is empty; write [lb1, lb2]'],
    ['vrid: 51, address: 192.0.2.101, prefer: lb1', 'vips.web-1.prefer: "lb1" is not a list; write [lb1, lb2]'],
    ['vrid: 51, address: 192.0.2.101, prefer: [lb1, lb22]', 'prefer[1]: no node is called "lb22"; did you mean "lb2"?'],
    [
      'vrid: 51, address: 192.0.2.101, prefer: [lb1, web]',
      'prefer[1]: no node is called "web"; the nodes are lb1, lb2',
    ],
    ['vrid: 51, address: 192.0.2.101, prefer: [lb1, lb1]', 'prefer[1]: lb1 is in the list twice'],
    [`${GOOD}, priority: { lb1: 2, lb2: 3 }`, 'vips.web-1.priority: stands beside "prefer"; keep one of them'],
    ['vrid: 51, address: 192.0.2.101, priority: { lb1: 9, www: 8 }', 'priority.www: no node is called "www"'],
    ['vrid: 51, address: 192.0.2.101, priority: {}', 'vips.web-1.priority: is empty; write { lb1: 200, lb2: 199 }'],
    [
      'vrid: 51, address: 192.0.2.101, priority: { lb1: 0, lb2: 8 }',
      'priority.lb1: 0 is not a whole number from 1 to 255',
    ],
    ['vrid: 51, address: 192.0.2.101, priority: 100', 'vips.web-1.priority: 100 is not a mapping'],
  ])('%s', (vip, message) => {
    expect(errorsOf(pairWith(vip)).join('\n')).toContain(message);
  });

  test('a VIP of one node in a pair is a warning', () => {
    const text = crossed.replace('prefer: [lb1, lb2]', 'prefer: [lb1]');
    expect(warningsOf(text)).toEqual([
      'pair.yaml:6:3: vips.web-1: only lb1 may hold this VIP, so nobody takes it over; list another node',
    ]);
  });

  test('a node of no VIP is a warning', () => {
    const text = crossed.replace('interface: eth0', '  lb3: { address: 192.0.2.13 }\ninterface: eth0');
    expect(warningsOf(text)).toEqual([expect.stringContaining('nodes.lb3: takes part in no VIP')]);
  });

  test('the priorities of a dead or recovering node are a warning, and are those of the virtual router', () => {
    expect([priority.FLOOR, priority.RECOVERING, priority.OWNER]).toEqual([1, 2, OWNER]);
    const text = pairWith('vrid: 51, address: 192.0.2.101, priority: { lb1: 2, lb2: 1 }');
    expect(warningsOf(text)).toEqual([
      expect.stringContaining('priority.lb1: 2 is what a node advertises of which the proxy has just come back'),
      expect.stringContaining('priority.lb2: 1 is what a node advertises of which the proxy is dead; write 3 or more'),
    ]);
  });

  test('a weight that leaves two sick nodes above a well third one is a warning', () => {
    const text = crossed.replace('interface: eth0', '  lb3: { address: 192.0.2.13 }\ninterface: eth0');
    const three = text
      .replaceAll('[lb1, lb2]', '[lb1, lb2, lb3]')
      .replace('prefer: [lb1', 'on_failure: lower, weight: 2, prefer: [lb1');
    expect(warningsOf(three)).toEqual([
      expect.stringContaining('lb3 stays backup when only its proxy is well; write 3 or more'),
    ]);
    expect(warningsOf(three.replace('weight: 2', 'weight: 3'))).toEqual([]);
  });

  test('one VRID on other nodes with an interface of the same name is a warning', () => {
    const text = crossed
      .replace('interface: eth0', '  lb3: { address: 192.0.2.13 }\ninterface: eth0')
      .replace('vrid: 52', 'vrid: 51')
      .replace('[lb2, lb1]', '[lb3]');
    expect(warningsOf(text).join()).toContain('51 is the VRID of VIP "web-1" too; other nodes hold it');
  });

  test('one VRID for IPv4 and IPv6, or on two interfaces, is right', () => {
    configOf(crossed.replace('vrid: 52', 'vrid: 51').replace('192.0.2.102/24', '"2001:db8::102"'));
    configOf(crossed.replace('vrid: 52', 'vrid: 51, interface: eth1'));
    const cabled = crossed
      .replace('vrid: 51', 'vrid: 51, interface: { lb1: eth0, lb2: eth1 }')
      .replace('vrid: 52', 'vrid: 51, interface: { lb1: eth1, lb2: eth0 }');
    expect(parse(cabled)).toMatchObject({ config: {}, warnings: [] });
  });
});

describe('settings that do not go together', () => {
  test.each([
    [`${GOOD}, auth: secret`, 'vips.web-1.auth: version 3 has no authentication'],
    ['version: 2, vrid: 51, address: "2001:db8::7", prefer: [lb1, lb2]', 'vips.web-1.version: version 2 has no IPv6'],
    ['transport: broadcast, vrid: 51, address: "2001:db8::7", prefer: [lb1, lb2]', 'transport: IPv6 has no broadcast'],
    [`${GOOD}, version: 2, checksum: message`, 'vips.web-1.checksum: version 2 has one form of the checksum'],
    ['checksum: message, vrid: 51, address: "2001:db8::7", prefer: [lb1, lb2]', 'checksum: IPv6 has one form'],
    [`${GOOD}, weight: 20`, 'vips.web-1.weight: has no effect with "on_failure: resign"; write "on_failure: lower"'],
    [`${GOOD}, on_failure: lower`, 'vips.web-1.weight: is missing; "on_failure: lower"'],
    [`${GOOD}, unicast_peer: [192.0.2.12]`, 'unknown key; write "transport: unicast": the peers are'],
    [`${GOOD}, peers: [192.0.2.12]`, 'unknown key; write "transport: unicast": the peers are'],
  ])('%s', (vip, message) => {
    expect(errorsOf(pairWith(vip)).join('\n')).toContain(message);
  });

  test('unicast needs an address of the family on every node', () => {
    const text = crossed.replace('192.0.2.101/24', '"2001:db8::7"').replace('vrid: 51', 'vrid: 51, transport: unicast');
    expect(errorsOf(text)).toEqual([
      expect.stringContaining('vips.web-1: node lb1 has no IPv6 address, which "transport: unicast" needs to reach it'),
      expect.stringContaining('node lb2 has no IPv6 address'),
    ]);
  });

  test('a top-level default that a VIP cannot have is named where it is written', () => {
    expect(errorsOf(pairWith(`${GOOD}, version: 2`, 'interval: 200ms'))).toEqual([
      'pair.yaml:5:1: interval: 200ms is not whole seconds from 1s to 255s, as version 2 needs for VIP "web-1"; ' +
        'write for example "1s", or "version: 3"',
    ]);
  });

  test('a top-level default that a VIP cannot use is right as long as another can', () => {
    const text = `${crossed}weight: 50\npreempt_delay: 5s\nchecksum: message\n`;
    expect(errorsOf(text).join('\n')).toContain('weight: has no effect');
    const config = configOf(
      text.replace('vrid: 51', 'vrid: 51, on_failure: lower').replace('vrid: 52', 'vrid: 52, preempt: false'),
    );
    expect(config.vips[0]).toMatchObject({ onFailure: { reaction: 'lower', weight: 50 }, preemptDelay: 5000 });
    expect(config.vips[1]).toMatchObject({ onFailure: { reaction: 'resign' }, preemptDelay: 0, checksum: 'message' });
  });
});

describe('names and keys', () => {
  test.each([
    ['lb1:', 'lb_1:', 'nodes.lb_1: is no host name'],
    ['lb1:', 'lb1.example.net:', 'such as "lb1"'],
    ['lb1:', '17:', 'nodes.17: is no host name'],
    ['lb1:', '-lb1:', 'is no host name'],
    ['lb1:', '"":', 'is no host name'],
    ['lb1:', 'LB2:', 'differs from "LB2" in case only'],
    ['web-1:', '"web 1":', 'vips."web 1": is no name'],
    ['web-1:', '1:', 'vips.1: is no name'],
    ['web-1:', '__proto__:', '"__proto__" cannot be a key'],
    ['web-1:', 'constructor:', '"constructor" cannot be a key'],
    ['vrid: 51', 'vird: 51', 'vips.web-1.vird: unknown key; did you mean "vrid"?'],
    ['vrid: 51', 'virtual_router_id: 51', 'unknown key; write "vrid"'],
    ['vrid: 51', 'vrid: 51, profile: nginx', 'vips.web-1.profile: unknown key; it belongs in "proxy"'],
    ['vrid: 51', 'vrid: 51, colour: red', 'unknown key; known here: vrid, address,'],
    ['interface:', 'vrid: 5\ninterface:', 'vrid: unknown key; it belongs in a VIP'],
    ['interface:', 'defaults: {}\ninterface:', 'defaults: unknown key; write the settings at the top level'],
    ['profile: nginx', 'profile: nginxx', '"nginxx" is not one of nginx, haproxy; did you mean "nginx"?'],
    ['profile: nginx', 'profile: nginx, pid_file: run/nginx.pid', 'is no absolute path'],
    ['profile: nginx', 'profile: nginx, process: a-name-of-16-char', 'is no command name'],
    ['profile: nginx', 'profile: nginx, listen: [0]', 'proxy.listen[0]: 0 is not a whole number from 1 to 65535'],
    ['proxy: { profile: nginx }', 'proxy:', 'proxy: is empty'],
    ['profile: nginx', 'profile: nginx, apply: { quiet: 200 }', 'proxy.apply.quiet: 200 has no unit; write "200ms"'],
    [
      'profile: nginx',
      'profile: nginx, apply: { quiet: 3s, ceiling: 2s }',
      'proxy.apply.ceiling: 2s is less than the quiet time of 3s; write "ceiling: 3s" or more',
    ],
    ['profile: nginx', 'profile: nginx, apply: { reloads: 0 }', 'proxy.apply.reloads: 0 is not a whole number from 1'],
    [
      'profile: nginx',
      'profile: nginx, mode: managed, restart: {}',
      'proxy.restart: has no effect with "mode: managed", which starts the proxy itself',
    ],
    [
      'profile: nginx',
      'profile: nginx, restart: { command: [systemctl, restart, x] }',
      'proxy.restart.command[0]: "systemctl" is no absolute path',
    ],
    [
      'profile: nginx',
      'profile: nginx, restart: { attempts: 0 }',
      'proxy.restart.attempts: 0 is not a whole number from 1',
    ],
    ['profile: nginx', 'profile: nginx, quiet: 1s', 'proxy.quiet: unknown key; it belongs in "apply"'],
    ['interface: eth0\n', '', 'vips.web-1.interface: is missing for lb1'],
    ['interface: eth0\n', 'interface: { lb1: eth0, lb2: eth0, lb9: eth0 }\n', 'interface.lb9: no node is called "lb9"'],
  ])('%s becomes %s', (from, to, message) => {
    expect(crossed).toContain(from);
    expect(errorsOf(crossed.replace(from, to)).join('\n')).toContain(message);
  });

  test('no nodes, no VIPs', () => {
    expect(errorsOf('nodes: {}\nvips: {}\n')).toEqual([
      expect.stringContaining('pair.yaml:1:1: nodes: is empty; write "nodes: { lb1:'),
      expect.stringContaining('pair.yaml:2:1: vips: is empty; write "vips: { web-1:'),
    ]);
    expect(errorsOf('interface: eth0\n')).toEqual([
      expect.stringContaining('pair.yaml:1:1: nodes: is missing'),
      expect.stringContaining('pair.yaml:1:1: vips: is missing'),
    ]);
  });
});

describe('services', () => {
  const service = (text: string): string => `${crossed}services:\n  web: { ${text} }\n`;

  test.each([
    ['backends: [192.0.2.21:80]', 'services.web.listen: is missing'],
    ['listen: 80, backends: [192.0.2.21:80]', 'services.web.listen: 80 is not a list; write [80]'],
    ['listen: [80, 80], backends: [192.0.2.21:80]', 'services.web.listen[1]: 80 is in the list twice'],
    ['listen: [80]', 'services.web.backends: is missing'],
    ['listen: [80], backends: []', 'services.web.backends: is empty'],
    ['listen: [80], backends: [192.0.2.21]', 'backends[0]: "192.0.2.21" has no port; write it such as 192.0.2.21:8080'],
    ['listen: [80], backends: ["2001:db8::1:80"]', 'with an IPv6 address in brackets'],
    ['listen: [80], backends: [-web.example.net:80]', '"-web.example.net" is no IPv4 or IPv6 address'],
    ['listen: [80], backends: ["192.0.2.21:80; }"]', 'is no address and port'],
    [
      'listen: [80], backends: [192.0.2.21:80, { address: 192.0.2.21:80 }]',
      'backends[1]: 192.0.2.21:80 is in the list twice',
    ],
    ['listen: [80], backends: [{ address: 192.0.2.21:80, wieght: 2 }]', 'did you mean "weight"?'],
    ['listen: [80], backends: [{ address: 192.0.2.21:80, weight: 0 }]', 'backends[0].weight: 0 is not a whole number'],
    ['listen: [80], mode: https, backends: [192.0.2.21:80]', '"https" is not one of http, tcp; did you mean "http"?'],
    ['listen: [80], mode: tpc, backends: [192.0.2.21:80]', '"tpc" is not one of http, tcp; did you mean "tcp"?'],
    ['listen: [80], balance: round, backends: [192.0.2.21:80]', '"round" is not one of roundrobin, leastconn, source'],
    ['listen: [80], check: { path: / }, backends: [192.0.2.21:80]', 'services.web.check.type: is missing'],
    [
      'listen: [80], check: { type: tcp, path: / }, backends: [192.0.2.21:80]',
      'check.path: has no effect with "type: tcp"',
    ],
    ['listen: [80], check: { type: http, path: x }, backends: [192.0.2.21:80]', '"x" is no path of a URL'],
    [
      'listen: [80], check: { type: http, interval: 2 }, backends: [192.0.2.21:80]',
      '2 has no unit; write "2ms" or "2s"',
    ],
  ])('%s', (text, message) => {
    expect(errorsOf(service(text)).join('\n')).toContain(message);
  });

  test('two services on one port', () => {
    const text = `${service('listen: [80], backends: [192.0.2.21:80]')}  api: { listen: [80], backends: [192.0.2.21:81] }\n`;
    expect(errorsOf(text)).toEqual([
      'pair.yaml:11:19: services.api.listen[0]: 80 is a port of service "web" already; write another',
    ]);
  });
});

describe('text that is no configuration', () => {
  test.each([
    ['', '1:1: is empty'],
    ['# nothing\n', '1:1: is empty'],
    ['- a\n', '1:1: a list is not a mapping'],
    ['just text', '1:1: "just text" is not a mapping'],
    ['42', '1:1: 42 is not a mapping'],
    [`${crossed}---\n${crossed}`, '9:1: a second document begins here'],
    [crossed.replace('  lb1', '\tlb1'), '2:1: a tab indents this line'],
    [crossed.replace('  lb2:', '  lb1:'), '3:3: nodes.lb1: is written twice, first on line 2; keep one'],
    [`${crossed}interface: eth1\n`, '9:1: interface: is written twice, first on line 4'],
    [`${crossed}\u0000`, '9:1: a NUL byte is in the text'],
    [crossed.replace('eth0', 'e\u0007th0'), '4:13: the control character U+0007 is in the text'],
    [crossed.replace('[lb1, lb2]', '[lb1, lb2'), 'not valid YAML'],
    [crossed.replace('eth0', '!!binary eth0'), 'write the value without a tag'],
    [`%YAML 1.1\n---\n${crossed}`, 'YAML 1.1 is not read; write YAML 1.2'],
    [`${crossed}? [a, b]\n: 1\n`, 'a key is a plain word'],
    [crossed.replace('eth0', '*none'), 'no anchor "&none" comes before the alias "*none"'],
    [`a: &a [*a]\n`, 'is nested more than 24 deep'],
    [`x: &a 1\ny: [${'*a, '.repeat(200)}]\n`, 'there are more than 100 aliases'],
  ])('%#: %.20s', (text, message) => {
    expect(errorsOf(text).join('\n')).toContain(message);
  });

  test.each([
    ['brackets', '['.repeat(50_000)],
    ['braces', '{a: '.repeat(50_000)],
    ['lists', '- '.repeat(50_000)],
    ['keys', '? '.repeat(50_000)],
    ['indented keys', Array.from({ length: 1000 }, (_, at) => `${' '.repeat(at)}a:`).join('\n')],
  ])('nested too deeply: %s', (_, text) => {
    expect(errorsOf(text).join('\n')).toMatch(/is nested (too deeply|more than 24 deep)/);
  });

  test('aliases that multiply a file end soon', () => {
    const levels = Array.from({ length: 12 }, (_, at) => {
      const inner = at === 0 ? 'x' : `*l${at - 1}`;
      return `l${at}: &l${at} [${Array.from({ length: 9 }, () => inner).join(', ')}]`;
    });
    expect(errorsOf(levels.join('\n')).join('\n')).toMatch(/more than 100 aliases|more than 100000 values/);
  });

  test('an anchor and its alias say the same thing twice', () => {
    const text = crossed.replace('prefer: [lb1, lb2]', 'prefer: &order [lb1, lb2]').replace('[lb2, lb1]', '*order');
    expect(configOf(text).vips[1]?.prefer).toEqual(['lb1', 'lb2']);
  });
});
