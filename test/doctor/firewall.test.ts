import { describe, expect, it } from 'vitest';
import { hasModules, withSaved } from '../../src/doctor/firewall/iptables.ts';
import { readNft } from '../../src/doctor/firewall/nft.ts';
import { fateOf } from '../../src/doctor/firewall/ruleset.ts';
import type { Chain, Fate } from '../../src/doctor/firewall/ruleset.ts';
import { advertisements } from '../../src/doctor/firewall/traffic.ts';
import { lb1 } from './case/case.ts';

/* What nft 1.0.6 prints, in pieces; whole rulesets of a running kernel are in test/lab/doctor.test.ts. */

const input = { family: 'ip', table: 'filter', name: 'INPUT', type: 'filter', hook: 'input', prio: 0 };
const vrrp = { match: { op: '==', left: { meta: { key: 'l4proto' } }, right: 'vrrp' } };

const json = (policy: string, ...rules: readonly (readonly object[])[]): string =>
  JSON.stringify({
    nftables: [
      { metainfo: {} },
      { chain: { ...input, policy } },
      ...rules.map((expr, at) => ({ rule: { family: 'ip', table: 'filter', chain: 'INPUT', handle: at, expr } })),
    ],
  });

function fate(chains: readonly Chain[] | undefined): Fate['kind'] {
  const { config, node } = lb1();
  const packet = advertisements(config, node, ({ addresses }) => addresses[0]).find(
    ({ direction }) => direction === 'in',
  );
  if (packet === undefined || chains === undefined) throw new Error('nothing to look at');
  return fateOf(chains, packet).kind;
}

describe('rules that iptables has made in nftables', () => {
  const state = { xt: { type: 'match', name: 'conntrack' } };
  const text = json('drop', [vrrp, state, { accept: null }]);

  it('cannot be told from nft alone', () => {
    expect(hasModules(text)).toBe(true);
    expect(fate(readNft(text, ''))).toBe('unclear');
  });

  it('are taken from what iptables says, and no longer from nft', () => {
    const saved = '*filter\n:INPUT DROP [0:0]\n-A INPUT -p vrrp -m conntrack --ctstate ESTABLISHED -j ACCEPT\nCOMMIT\n';
    const chains = withSaved(readNft(text, '') ?? [], [{ tool: 'iptables', text: saved }]);
    expect(chains.map(({ id }) => id)).toEqual(['iptables filter INPUT']);
    expect(fate(chains)).toBe('drop');
  });

  it('drop with a rejection, whoever is asked', () => {
    expect(fate(readNft(json('accept', [vrrp, { xt: { type: 'target', name: 'REJECT' } }]), ''))).toBe('drop');
  });
});

describe('what nft prints', () => {
  it('is no matter of an advertisement where it masks the flags of TCP', () => {
    const flags = { '&': [{ payload: { protocol: 'tcp', field: 'flags' } }, ['syn', 'ack']] };
    const bits = (left: object, op: string) => [{ match: { op, left, right: 'syn' } }, { drop: null }];
    for (const op of ['==', '!=']) expect(fate(readNft(json('accept', bits(flags, op)), ''))).toBe('accept');
    const own = { '&': [{ payload: { protocol: 'ip', field: 'dscp' } }, 1] };
    expect(fate(readNft(json('accept', bits(own, '==')), ''))).toBe('unclear');
  });

  it.each([
    ['nothing', ''],
    ['no JSON', 'Error: syntax error'],
    ['other JSON', '{"a":1}'],
    ['null', 'null'],
  ])('is refused when it is %s', (_says, text) => {
    expect(readNft(text, '')).toBeUndefined();
  });

  it.each([
    ['an expression', [{ frobnicate: {} }, { drop: null }]],
    ['a field', [{ match: { op: '==', left: { rt: { key: 'mtu' } }, right: 1 } }, { drop: null }]],
    ['a set', [{ match: { op: '==', left: { meta: { key: 'l4proto' } }, right: '@gone' } }, { drop: null }]],
    [
      'a relation',
      [{ match: { op: '~', left: { meta: { key: 'l4proto' } }, right: { range: ['a', 'b'] } } }, { drop: null }],
    ],
    ['nothing at all', [{ match: null }, { drop: null }]],
  ])('is unclear where it has %s that is not known', (_says, expressions) => {
    expect(fate(readNft(json('accept', expressions), ''))).toBe('unclear');
  });
});
