import { describe, expect, it } from 'vitest';
import { foreignWarnings } from '../../src/manager/warning.ts';
import { addressOf } from '../../src/wire/address.ts';
import { instant } from '../../src/wire/units.ts';
import { configOf, CROSSED } from './configured.ts';

/** lb2 and lb3 have web-2 between them, with VRID 52; lb1 has no part in it. */
const config = configOf(
  CROSSED.replace('interface:', '  lb3: { address: 192.0.2.13 }\ninterface:').replace('[lb2, lb1]', '[lb2, lb3]'),
);

const warned = (vrid: number, source: string, ...announced: string[]): string[] => {
  const addresses = announced.map(addressOf);
  const foreign = [{ vrid, source: addressOf(source), version: 3, addresses, count: 1, lastAt: instant(0) }];
  const segments = [{ interface: 'eth0/ipv4', state: 'up' as const, detail: '', refused: {}, foreign }];
  return foreignWarnings({ segments, at: instant(1) }, config, 'lb1').map(({ text }) => text);
};

describe('a virtual router that this host does not have', () => {
  it('is not foreign where the file gives it to the node that speaks', () => {
    expect(warned(52, '192.0.2.12')).toEqual([]);
    expect(warned(52, '192.0.2.13')).toEqual([]);
  });

  it('is not foreign where it announces what the file has for it, from whichever address of a node', () => {
    expect(warned(52, '198.51.100.12', '192.0.2.102')).toEqual([]);
    expect(warned(52, '198.51.100.12', '192.0.2.102', '192.0.2.102')).toEqual([]);
    for (const announced of [['192.0.2.101'], ['192.0.2.102', '192.0.2.103'], ['2001:db8::102'], []])
      expect(warned(52, '198.51.100.12', ...announced)).toHaveLength(1);
    expect(warned(53, '198.51.100.12', '192.0.2.102')).toHaveLength(1);
  });

  it('is foreign when the file gives it to others, or has it not at all', () => {
    expect(warned(53, '192.0.2.12')).toEqual([
      expect.stringContaining('lb2 uses VRID 53, which is not configured here'),
    ]);
    expect(warned(52, '192.0.2.77')).toEqual([expect.stringContaining('another VRRP router uses VRID 52')]);
    expect(warned(52, 'fe80::c')).toHaveLength(1);
  });
});
