import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Config } from '../../src/config/config.ts';
import { pairUp } from '../../src/manager/pairing.ts';
import { configOf, GOOD, pairWith } from '../config/sample.ts';

let folder = '';
let key = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'vipair-key-'));
  key = join(folder, 'pair.key');
});
afterAll(() => rmSync(folder, { recursive: true }));

const config = (paths = '[eth1]', vip = GOOD): Config =>
  configOf(pairWith(vip, `heartbeat: { paths: ${paths}, key_file: ${key} }`));

const of = (which: Config, node = 'lb1') => {
  const found = which.nodes.find(({ name }) => name === node);
  if (found === undefined) throw new Error(`no node ${node}`);
  return pairUp(which, found);
};

function write(text: string, mode = 0o600): void {
  writeFileSync(key, text);
  chmodSync(key, mode);
}

describe('the key', () => {
  it('is what the file says, without the line end', () => {
    write('0123456789abcdef\n');
    expect(of(config()).pair?.key).toBe(Buffer.from('0123456789abcdef').toString('hex'));
  });

  it.each([
    ['short', 0o600, 'has 5 bytes, not 16 to 4096; make one with `openssl rand -base64 32 >'],
    ['0123456789abcdef', 0o644, 'is open to everybody; run `chmod 600'],
  ])('%s with mode %o is of no use, and VRRP goes on', (text, mode, words) => {
    write(text, mode);
    const { pair, warnings } = of(config());
    expect(pair).toBeUndefined();
    expect(warnings.join()).toContain(words);
    expect(warnings.join()).toContain('without it there is only VRRP');
  });

  it('that is not there can be made', () => {
    rmSync(key, { force: true });
    expect(of(config()).warnings.join()).toMatch(/cannot be read: ENOENT; make one with/);
  });
});

describe('the paths', () => {
  it('are broadcast on an interface, and unicast to the addresses of the others', () => {
    write('0123456789abcdef');
    expect(of(config('[eth1, 192.0.2.11]'), 'lb2').pair?.paths).toEqual([
      { name: 'eth1', place: { interface: 'eth1' }, destinations: ['255.255.255.255'], port: 5112 },
      {
        name: '192.0.2.11/192.0.2.12',
        place: { address: '192.0.2.12' },
        destinations: ['192.0.2.11'],
        port: 5112,
      },
    ]);
  });

  it('are spoken on as often as the fastest VIP speaks', () => {
    write('0123456789abcdef');
    expect(of(config('[eth1]', `${GOOD}, interval: 50ms`)).pair?.interval).toBe(50);
    expect(of(config('[eth1]', `${GOOD}, version: 2, interval: 5s`)).pair?.interval).toBe(1000);
  });
});

it('the digest is the same on every node, and another for another configuration', () => {
  write('0123456789abcdef');
  const one = of(config()).pair;
  const other = of(config(), 'lb2').pair;
  const changed = of(config('[eth1]', `${GOOD}, interval: 300ms`)).pair;
  expect([other?.digest, other?.digests]).toEqual([one?.digest, one?.digests]);
  expect(changed?.digest).not.toBe(one?.digest);
  expect(changed?.digests['web-1/ipv4']).not.toBe(one?.digests['web-1/ipv4']);
});

it('nothing is asked where nothing is configured', () => {
  expect(of(configOf(pairWith(GOOD)))).toEqual({ pair: undefined, warnings: [] });
});
