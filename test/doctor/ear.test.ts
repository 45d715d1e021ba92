import { describe, expect, it, vi } from 'vitest';
import { listenOnSegments } from '../../src/doctor/facts/segment.ts';
import type { Patient } from '../../src/doctor/patient.ts';
import type { NeighborClaim, NeighborOptions, NeighborSocket } from '../../src/linux/neighbors.ts';
import { OpError } from '../../src/linux/operror.ts';
import type { MacAddress } from '../../src/wire/mac.ts';
import { crossed } from '../config/sample.ts';
import { eth0, held, lb1 } from './case/case.ts';

const open = { count: 0 };

vi.mock('../../src/linux/vrrp4.ts', () => ({
  openVrrp4: () => {
    open.count += 1;
    return { receive: () => undefined, close: () => void (open.count -= 1) };
  },
}));

vi.mock('../../src/linux/arp.ts', () => ({
  openArp: () => {
    throw new OpError('open packet socket on "eth0"', 'EPERM');
  },
}));

vi.mock('../../src/linux/vrrp6.ts', () => ({
  openVrrp6: () => ({ receive: () => undefined, close: () => undefined }),
}));

/** An IPv6 segment on which one stranger answers for every address that it is asked for. */
vi.mock('../../src/linux/ndp.ts', () => ({
  openNdp: ({ onReadable }: NeighborOptions): NeighborSocket => {
    const queue: NeighborClaim[] = [];
    return {
      announce: () => undefined,
      probe: (address) => {
        queue.push({ address, mac: '02:00:00:00:00:99' as MacAddress });
        onReadable();
      },
      receive: () => queue.shift(),
      close: () => undefined,
    };
  },
}));

describe('listening', () => {
  it('leaves no socket open when another one is refused', async () => {
    const patient: Patient = {
      ...{ ...lb1(), profile: undefined, silence: undefined },
      admission: { file: '', name: undefined, socket: '', state: '', profiles: {} },
    };
    await expect(listenOnSegments(patient, [eth0()])).rejects.toThrow(/EPERM/);
    expect(open.count).toBe(0);
  });

  it('asks over IPv6, too, for the VIPs and the nodes', async () => {
    vi.useFakeTimers();
    const text = crossed.replaceAll('192.0.2.', '2001:db8::').replaceAll('/24', '/64');
    const patient: Patient = {
      ...{ ...lb1(text), profile: undefined, silence: undefined },
      admission: { file: '', name: undefined, socket: '', state: '', profiles: {} },
    };
    const listening = listenOnSegments(patient, [eth0({ addresses: [held('fe80::11/64')] })]);
    await vi.advanceTimersByTimeAsync(5000);
    vi.useRealTimers();
    const [facts] = await listening;
    expect(facts).toMatchObject({ interface: 'eth0', family: 'ipv6' });
    const addresses = new Set<string>(facts?.answers.map(({ address }) => address));
    expect(addresses).toEqual(new Set(['11', '12', '101', '102'].map((last) => `2001:db8::${last}`)));
  });
});
