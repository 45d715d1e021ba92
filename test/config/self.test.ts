import { describe, expect, test } from 'vitest';
import { findSelf } from '../../src/config/self.ts';
import { addressOf } from '../../src/wire/address.ts';
import { configOf, crossed } from './sample.ts';

const config = configOf(crossed);
const host = (hostname: string, addresses: readonly string[] = [], node?: string): ReturnType<typeof findSelf> =>
  findSelf(config, { hostname, node, addresses: addresses.map(addressOf) });

describe('findSelf', () => {
  test('--node decides, and must name a node', () => {
    expect(host('lb1', ['192.0.2.11'], 'lb2')).toEqual({ node: 'lb2' });
    expect(host('lb1', [], 'lb9')).toEqual({ error: 'No node is called "lb9"; write --node with one of lb1, lb2' });
  });

  test('then the host name, whatever its case and domain', () => {
    expect(host('lb1')).toEqual({ node: 'lb1' });
    expect(host('LB2.example.net', ['203.0.113.5'])).toEqual({ node: 'lb2' });
  });

  test('then an address that the host owns', () => {
    expect(host('web', ['127.0.0.1', '192.0.2.12'])).toEqual({ node: 'lb2' });
  });

  test('neither, or both nodes: the nodes are listed', () => {
    expect(host('web', ['203.0.113.5'])).toEqual({
      error:
        'Cannot tell which node this host is: its name "web" is none of theirs, and it has no address of a node; ' +
        'write --node with one of lb1, lb2',
    });
    expect(host('web', ['192.0.2.11', '192.0.2.12'])).toEqual({
      error: expect.stringContaining('it has addresses of lb1, lb2; write --node with one of lb1, lb2'),
    });
  });

  test('a host name that contradicts the addresses is refused', () => {
    expect(host('lb1', ['192.0.2.12'])).toEqual({
      error: expect.stringContaining('says that this is node lb1, but it has an address of lb2'),
    });
    expect(host('lb1', ['192.0.2.11', '192.0.2.12'])).toEqual({ node: 'lb1' });
  });

  test("an owner's address that moves as a VIP proves nothing", () => {
    const owner = configOf(
      crossed.replace('192.0.2.101/24, prefer: [lb1, lb2]', '192.0.2.11/24, priority: { lb1: 255, lb2: 100 }'),
    );
    const addresses = [addressOf('192.0.2.12'), addressOf('192.0.2.11')];
    expect(findSelf(owner, { hostname: 'web', node: undefined, addresses })).toEqual({ node: 'lb2' });
  });
});
