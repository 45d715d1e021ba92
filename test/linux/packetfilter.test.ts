import { describe, expect, it } from 'vitest';
import { arrivingOn, packetFilter } from '../../src/linux/packetfilter.ts';
import { littleEndian } from '../../src/wire/netlink.ts';
import { Reader } from '../../src/wire/reader.ts';

/** What the kernel knows of a packet: SKF_AD_PKTTYPE and SKF_AD_IFINDEX. */
interface Known {
  readonly kind: number;
  readonly ifindex: number;
}

/** Runs a program as the kernel would (classic BPF, four kinds of instructions); what it returns. */
function run(
  program: Uint8Array,
  packet: readonly number[],
  { kind, ifindex }: Known = { kind: 0, ifindex: 2 },
): number {
  const known = new Map([
    [2 ** 32 - 0x1000 + 4, kind],
    [2 ** 32 - 0x1000 + 8, ifindex],
  ]);
  const reader = new Reader(program, littleEndian);
  const code = Array.from({ length: program.length / 8 }, () => ({
    ...{ op: reader.u16(), jt: reader.u8(), jf: reader.u8(), k: reader.u32() },
  }));
  let a = 0;
  for (let at = 0; ; at++) {
    const { op, jt, jf, k } = code[at] ?? { op: -1, jt: 0, jf: 0, k: 0 };
    if (op === 0x06) return k;
    if (op === 0x30 && k >= packet.length) return 0;
    if (op === 0x30) a = packet[k] ?? 0;
    else if (op === 0x20) a = known.get(k) ?? -1;
    else if (op === 0x15) at += a === k ? jt : jf;
    else throw new Error(`instruction ${at} is ${op}`);
  }
}

describe('a packet filter', () => {
  const program = packetFilter([
    { offset: 1, values: [58] },
    { offset: 2, values: [135, 136, 137] },
    { offset: 0, values: [7] },
  ]);

  it.each([
    [[7, 58, 135], true],
    [[7, 58, 136, 0], true],
    [[7, 58, 137], true],
    [[7, 58, 138], false],
    [[7, 59, 135], false],
    [[8, 58, 135], false],
    [[7, 58], false],
    [[], false],
  ] as const)('lets %j pass: %s', (packet, passes) => {
    expect(run(program, packet)).toBe(passes ? 0xffff_ffff : 0);
  });

  it.each([
    ['of the interface', { kind: 0, ifindex: 300 }, true],
    ['to all', { kind: 1, ifindex: 300 }, true],
    ['to a group', { kind: 2, ifindex: 300 }, true],
    ['of a VLAN on top of it', { kind: 1, ifindex: 301 }, false],
    ['for another host, or of a VLAN that is not here', { kind: 3, ifindex: 300 }, false],
  ] as const)('lets a packet %s pass: %j, %s', (_, known, passes) => {
    expect(run(packetFilter(arrivingOn(300)), [], known)).toBe(passes ? 0xffff_ffff : 0);
  });

  it('without a test lets everything pass', () => {
    expect(run(packetFilter([]), [])).toBe(0xffff_ffff);
  });

  it('of too many values is a bug', () => {
    expect(() => packetFilter([{ offset: 0, values: Array<number>(300).fill(0) }])).toThrow(/too long/);
  });
});
