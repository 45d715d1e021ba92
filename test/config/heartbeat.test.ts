import { describe, expect, test } from 'vitest';
import { formatError } from '../../src/config/report.ts';
import { diffConfig } from '../../src/config/diff.ts';
import { configOf, GOOD, pairWith, parse } from './sample.ts';

const pair = (heartbeat: string): string => pairWith(GOOD, `heartbeat: ${heartbeat}`);

const complaints = (heartbeat: string): string[] => {
  const result = parse(pair(heartbeat));
  return 'errors' in result ? result.errors.map(formatError) : [];
};

const warnings = (heartbeat: string): string[] => parse(pair(heartbeat)).warnings.map(formatError);

describe('heartbeat', () => {
  test('a list of interfaces has the default key and port', () => {
    expect(configOf(pair('[eth1]')).heartbeat).toEqual({
      keyFile: '/etc/vipair/pair.key',
      port: 5112,
      paths: [{ name: 'eth1', kind: 'interface', interfaces: { lb1: 'eth1', lb2: 'eth1' }, port: 5112 }],
    });
  });

  test('the address of a node stands for those of all, with a port of its own', () => {
    expect(configOf(pair('[192.0.2.12:7000, "2001:db8::11"]')).heartbeat?.paths).toEqual([
      {
        name: '192.0.2.11/192.0.2.12',
        kind: 'address',
        addresses: { lb1: '192.0.2.11', lb2: '192.0.2.12' },
        port: 7000,
      },
      {
        name: '2001:db8::11/2001:db8::12',
        kind: 'address',
        addresses: { lb1: '2001:db8::11', lb2: '2001:db8::12' },
        port: 5112,
      },
    ]);
  });

  test('what is called otherwise on another node is written for each', () => {
    const text = '{ paths: [{ lb1: eth1, lb2: ens4 }, { lb1: 198.51.100.11, lb2: 198.51.100.12 }], port: 700 }';
    expect(configOf(pair(text)).heartbeat?.paths.map(({ name, port }) => [name, port])).toEqual([
      ['eth1/ens4', 700],
      ['198.51.100.11/198.51.100.12', 700],
    ]);
  });

  test.each([
    [
      '[198.51.100.11]',
      '198.51.100.11 is no address of a node; write one, or those of all nodes as "{ lb1: ..., lb2: ... }"',
    ],
    ['[{ lb1: eth1, lb9: eth1 }]', 'no node is called "lb9"'],
    ['[{ lb1: eth1, lb2: 198.51.100.12 }]', 'has interfaces and addresses; write one kind for all nodes'],
    ['[{ lb1: 198.51.100.11:1, lb2: 198.51.100.12:2 }]', 'has the ports 1, 2; write one for all nodes'],
    ['[{ lb1: 198.51.100.11, lb2: "2001:db8::9" }]', 'has addresses of both families'],
    ['[eth1, eth1]', 'is the path eth1, which is in the list already'],
    ['[]', 'is empty; write [eth1]'],
    ['{ paths: [eth1], key: x }', 'unknown key'],
    ['{ paths: [eth1], key_file: pair.key }', 'is no absolute path'],
    ['[a.host.name]', 'is neither an interface nor an address'],
  ])('%s is refused', (heartbeat, complaint) => {
    expect(complaints(heartbeat).join()).toContain(complaint);
  });

  test('a path for every node', () => {
    const three = pair('[{ lb1: eth1, lb2: eth1 }]').replace(
      'interface: eth0',
      '  lb3: { address: 192.0.2.13 }\ninterface: eth0',
    );
    const result = parse(three);
    expect('errors' in result && result.errors.map(formatError).join()).toContain(
      'is missing for lb3; write a place for every node',
    );
  });

  test('one that shares its only cable with the VIPs is doubted', () => {
    expect(warnings('[eth0]').join()).toContain('a cut cable cuts both');
    expect(warnings('[eth0, eth1]')).toEqual([]);
  });

  test('with one node is refused', () => {
    const one =
      'nodes: { lb1: { address: 192.0.2.11 } }\ninterface: eth0\nheartbeat: [eth1]\nvips: { a: { vrid: 1, address: 192.0.2.101/24, prefer: [lb1] } }\n';
    const result = parse(one);
    expect('errors' in result && result.errors.map(formatError).join()).toContain('has nobody to hear');
  });

  test('a change of it is a change', () => {
    const texts = (a: string, b: string): string[] => diffConfig(configOf(a), configOf(b)).map(({ text }) => text);
    expect(texts(pairWith(GOOD), pair('[eth1]'))).toEqual(['heartbeat: added']);
    expect(texts(pair('[eth1]'), pairWith(GOOD))).toEqual(['heartbeat: removed']);
    expect(texts(pair('[eth1]'), pair('{ paths: [eth1], key_file: /x }'))).toEqual([
      'heartbeat: key_file /etc/vipair/pair.key -> /x',
    ]);
  });
});
