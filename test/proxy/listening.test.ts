import { describe, expect, it } from 'vitest';
import { judgeListening } from '../../src/proxy/listening.ts';
import type { OwnedSocket, Stranger, Wanted } from '../../src/proxy/listening.ts';
import { ListenWatch } from '../../src/proxy/listenwatch.ts';
import type { SocketTable } from '../../src/proxy/listenwatch.ts';
import { addressOf } from '../../src/wire/address.ts';

const ANY = addressOf('0.0.0.0');
const VIP = addressOf('192.0.2.101');
const thief: Stranger = { pid: 812, comm: 'python3', command: 'python3 -m http.server 80' };
const on = (port: number, owner: OwnedSocket['owner'] = 'proxy', address = ANY): OwnedSocket => ({
  address,
  port,
  owner,
});
const want = (port: number, address?: Wanted['address']): Wanted => ({ address, port });

describe('the listening sockets of a proxy', () => {
  it('are well when it has all of them, on the address or on all', () => {
    const well = { trouble: undefined, shared: undefined };
    expect(judgeListening('Front', [want(80)], [on(80)])).toEqual(well);
    expect(judgeListening('Front', [want(80, VIP)], [on(80)])).toEqual(well);
    expect(judgeListening('Front', [want(80, VIP)], [on(80, 'proxy', VIP)])).toEqual(well);
    expect(judgeListening('Front', [want(80)], [on(80, 'hidden')])).toEqual(well);
    expect(judgeListening('Front', [want(80)], [on(80), on(8080, thief)])).toEqual(well);
  });

  it('are missing when nobody listens, or somebody else does, who is named', () => {
    expect(judgeListening('Front', [want(80), want(443)], []).trouble).toBe(
      'Front does not listen on ports 80, 443; nobody does',
    );
    expect(judgeListening('Front', [want(80)], [on(80, thief)]).trouble).toBe(
      'Front does not listen on port 80; process 812 "python3" (python3 -m http.server 80) does',
    );
    expect(judgeListening('Front', [want(80, VIP)], [on(80, 'proxy', addressOf('192.0.2.102'))]).trouble).toBe(
      'Front does not listen on 192.0.2.101 port 80; nobody does',
    );
  });

  it('are shared when somebody else listens beside it', () => {
    expect(judgeListening('Front', [want(80)], [on(80), on(80, thief)])).toEqual({
      trouble: undefined,
      shared:
        'Front shares port 80 with process 812 "python3" (python3 -m http.server 80), which gets a part of the connections',
    });
  });
});

/** A kernel of which tests say who has which socket. */
class Sockets implements SocketTable {
  found: { address: typeof ANY; port: number; inode: number; pids: number[] }[] = [];
  questions = 0;

  listeners = () => this.found;

  owners = (pids: readonly number[] | 'all', inodes: readonly number[]) => {
    this.questions++;
    const known = this.found.filter(({ inode }) => inodes.includes(inode));
    const held = known.map(({ inode, pids: all }): [number, number[]] => [
      inode,
      all.filter((pid) => pids === 'all' || pids.includes(pid)),
    ]);
    return { byInode: new Map(held.filter(([, some]) => some.length > 0)), hidden: false };
  };

  children = () => [];

  describe = (pid: number) => ({ ...thief, pid });
}

const watch = (table: Sockets, wanted: Wanted[], allowed: number[] = []): ListenWatch =>
  new ListenWatch({ title: 'Front', wanted, allowed: () => allowed, table });

describe('a watch of the listening sockets', () => {
  it('finds out whose they are only when something has changed', () => {
    const table = new Sockets();
    table.found = [{ address: ANY, port: 80, inode: 1, pids: [10, 11] }];
    const one = watch(table, [want(80)]);
    for (let i = 0; i < 5; i++) expect(one.look(10, [11]).trouble).toBeUndefined();
    expect(table.questions).toBe(1);
    table.found = [{ address: ANY, port: 80, inode: 2, pids: [812] }];
    expect(one.look(10, [11]).trouble).toContain('process 812');
  });

  it('takes those that may have them beside the proxy for the proxy', () => {
    const table = new Sockets();
    table.found = [{ address: ANY, port: 80, inode: 1, pids: [7] }];
    expect(watch(table, [want(80)], [7]).look(10, [11]).trouble).toBeUndefined();
  });

  it('with nothing configured expects what was there, until the processes are others', () => {
    const table = new Sockets();
    const both = [
      { address: ANY, port: 80, inode: 1, pids: [10, 11] },
      { address: VIP, port: 443, inode: 2, pids: [10] },
      { address: ANY, port: 22, inode: 3, pids: [1] },
    ];
    table.found = both;
    const one = watch(table, []);
    expect(one.look(10, [11])).toMatchObject({ trouble: undefined, held: [{ port: 80 }, { port: 443 }] });
    table.found = both.slice(0, 1);
    expect(one.look(10, [11]).trouble).toBe('Front does not listen on 192.0.2.101 port 443; nobody does');
    expect(one.look(10, [12]).trouble).toBeUndefined();
  });
});
