import { describe, expect, it, vi } from 'vitest';
import { listenOnSegments } from '../../src/doctor/facts/segment.ts';
import type { Patient } from '../../src/doctor/patient.ts';
import { OpError } from '../../src/linux/operror.ts';
import { eth0, lb1 } from './case/case.ts';

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

describe('listening', () => {
  it('leaves no socket open when another one is refused', async () => {
    const patient: Patient = {
      ...{ ...lb1(), profile: undefined, silence: undefined },
      admission: { file: '', name: undefined, socket: '', state: '', profiles: {} },
    };
    await expect(listenOnSegments(patient, [eth0()])).rejects.toThrow(/EPERM/);
    expect(open.count).toBe(0);
  });
});
