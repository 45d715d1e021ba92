import { beforeEach, describe, expect, it, vi } from 'vitest';
import type * as Accept from '../../src/manager/accept.ts';
import { configOf, CROSSED } from './configured.ts';

type Done = (error: Error | null, stdout: string, stderr: string) => void;

/** The runs of nft that have begun, in order, and how each is ended. */
const runs: { readonly script: string; readonly end: (failure?: string) => void }[] = [];
const removed: string[][] = [];

vi.mock('node:child_process', () => ({
  execFile: (_program: string, _argv: string[], _options: object, done: Done) => ({
    stdin: {
      on: () => {},
      end: (script: string) =>
        runs.push({
          script,
          end: (failure) => done(failure === undefined ? null : new Error('failed'), '', failure ?? ''),
        }),
    },
  }),
  spawnSync: (_program: string, argv: string[]) => removed.push(argv),
}));

let accept: typeof Accept;

beforeEach(async () => {
  runs.length = 0;
  removed.length = 0;
  vi.resetModules();
  accept = await import('../../src/manager/accept.ts');
});

const plain = configOf(CROSSED);
const refusing = configOf(CROSSED.replace('vrid: 51', 'vrid: 51, accept: false'));

/** Lets everything that can go on go on. */
const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

describe('accept: false', () => {
  it('is a table of its own that drops what is addressed to the VIPs, but for neighbor discovery', () => {
    expect(accept.rulesFor(['192.0.2.101', '192.0.2.103'], ['2001:db8::101'])).toBe(
      [
        'table inet vipair_accept {}',
        'delete table inet vipair_accept',
        'table inet vipair_accept {',
        '  chain input {',
        '    type filter hook input priority -300; policy accept;',
        '    icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept',
        '    ip daddr { 192.0.2.101, 192.0.2.103 } drop',
        '    ip6 daddr { 2001:db8::101 } drop',
        '  }',
        '}',
        '',
      ].join('\n'),
    );
  });

  it('is nothing but the removal of the table when nothing is refused', () => {
    expect(accept.rulesFor([], [])).toBe('table inet vipair_accept {}\ndelete table inet vipair_accept\n');
  });

  it('does not hold the owner of an address', async () => {
    const owner = configOf(
      CROSSED.replace(
        'address: 192.0.2.101/24, prefer: [lb1, lb2]',
        'address: 192.0.2.11/24, accept: false, priority: { lb1: 255, lb2: 100 }',
      ),
    );
    void accept.settleAccept(owner, 'lb1');
    void accept.settleAccept(owner, 'lb2');
    await settle();
    runs[0]?.end();
    await settle();
    expect(runs.map(({ script }) => script.includes('192.0.2.11'))).toEqual([false, true]);
    runs[1]?.end();
  });

  it('is told when it cannot be put in force', async () => {
    const warnings = accept.settleAccept(refusing, 'lb1');
    await settle();
    runs[0]?.end('Error: Operation not permitted\nmore');
    expect(await warnings).toEqual([
      'accept: false is not in force, traffic to 192.0.2.101 is accepted: nft: Error: Operation not permitted',
    ]);
  });

  it('waits for the removal of what a former run has left', async () => {
    void accept.settleAccept(plain, 'lb1');
    const warnings = accept.settleAccept(refusing, 'lb1');
    await settle();
    expect(runs).toHaveLength(1);
    runs[0]?.end();
    await settle();
    expect(runs[1]?.script).toContain('192.0.2.101');
    runs[1]?.end();
    expect(await warnings).toEqual([]);
  });

  it('is removed at the end, also when the last change of it failed', async () => {
    const first = accept.settleAccept(refusing, 'lb1');
    await settle();
    runs[0]?.end();
    await first;
    const second = accept.settleAccept(plain, 'lb1');
    await settle();
    runs[1]?.end('busy');
    expect(await second).toEqual([]);
    accept.clearAccept();
    accept.clearAccept();
    expect(removed).toEqual([['delete', 'table', 'inet', 'vipair_accept']]);
  });

  it('runs nothing at the end when there are no rules', async () => {
    void accept.settleAccept(plain, 'lb1');
    await settle();
    runs[0]?.end();
    accept.clearAccept();
    expect(removed).toEqual([]);
  });
});
