import { beforeEach, describe, expect, it, vi } from 'vitest';
import { OpError } from '../../src/linux/operror.ts';
import { sysctlNeeds } from '../../src/config/sysctl.ts';
import { applySysctls, checkSysctls } from '../../src/manager/sysctl.ts';
import { configOf, crossed } from '../config/sample.ts';

/** The kernel's parameters, by file below /proc/sys. One that is not in here does not exist. */
const kernel = new Map<string, string>();
let refuses: string | undefined;

vi.mock('node:fs', async (original) => ({
  ...(await original<object>()),
  readFileSync: (file: string) => {
    const value = kernel.get(file.replace('/proc/sys/', ''));
    if (refuses === 'read') throw Object.assign(new Error(), { code: 'EACCES' });
    if (value === undefined) throw Object.assign(new Error(), { code: 'ENOENT' });
    return `${value}\n`;
  },
  writeFileSync: (file: string, value: string) => {
    if (refuses === 'write') throw Object.assign(new Error(), { code: 'EACCES' });
    kernel.set(file.replace('/proc/sys/', ''), value.trim());
  },
}));

const nonlocal = 'net/ipv4/ip_nonlocal_bind';
const promote = 'net/ipv4/conf/eth0/promote_secondaries';

beforeEach(() => {
  refuses = undefined;
  kernel.clear();
  kernel.set(nonlocal, '0').set('net/ipv6/ip_nonlocal_bind', '0').set(promote, '0');
});

const config = configOf(crossed);
const applying = configOf(`sysctl: apply\n${crossed}`);

describe('what the kernel must be set to', () => {
  it('is for the families that there are, and for interfaces with addresses in a subnet', () => {
    expect(sysctlNeeds(config, 'lb1').map(({ name }) => name)).toEqual([
      'net.ipv4.ip_nonlocal_bind',
      'net.ipv4.conf.eth0.promote_secondaries',
    ]);
    const six = configOf(crossed.replaceAll(/address: 192.0.2.10(\d)\/24/g, 'address: "2001:db8::10$1"'));
    expect(sysctlNeeds(six, 'lb1').map(({ name }) => name)).toEqual(['net.ipv6.ip_nonlocal_bind']);
  });

  it('is found also for an interface with a dot in its name', () => {
    const vlan = configOf(crossed.replace('eth0', 'eth0.100'));
    kernel.set(nonlocal, '1').set('net/ipv4/conf/eth0.100/promote_secondaries', '1');
    expect(checkSysctls(vlan, 'lb1')).toEqual([]);
    kernel.set('net/ipv4/conf/eth0.100/promote_secondaries', '0');
    expect(checkSysctls(vlan, 'lb1')[0]).toContain(
      'run `sysctl -w net/ipv4/conf/eth0.100/promote_secondaries=1` or set `sysctl: apply`',
    );
  });
});

describe('a check', () => {
  it('tells what is not so, why it should be, and what to do', () => {
    expect(checkSysctls(config, 'lb1')).toEqual([
      'sysctl net.ipv4.ip_nonlocal_bind is "0" and should be "1": a proxy that listens on a VIP cannot start on the host ' +
        'that does not hold it; run `sysctl -w net.ipv4.ip_nonlocal_bind=1` or set `sysctl: apply`',
      'sysctl net.ipv4.conf.eth0.promote_secondaries is "0" and should be "1": deleting the primary address of a subnet ' +
        'would delete the VIPs in it; run `sysctl -w net.ipv4.conf.eth0.promote_secondaries=1` or set `sysctl: apply`',
    ]);
  });

  it('sees at once what somebody has mended', () => {
    kernel.set(nonlocal, '1').set(promote, '1');
    expect(checkSysctls(config, 'lb1')).toEqual([]);
  });

  it('says nothing of an interface that is not there, but of a parameter that this kernel lacks', () => {
    kernel.clear();
    expect(checkSysctls(config, 'lb1')).toEqual([expect.stringContaining('net.ipv4.ip_nonlocal_bind is not there')]);
  });

  it('is no crash where reading is refused', () => {
    refuses = 'read';
    expect(checkSysctls(config, 'lb1')).toHaveLength(1);
  });
});

describe('sysctl: apply', () => {
  it('sets what is not so, and only where it is written', () => {
    expect(applySysctls(config, 'lb1')).toEqual([]);
    expect(kernel.get(nonlocal)).toBe('0');
    expect(applySysctls(applying, 'lb1')).toEqual([]);
    expect([kernel.get(nonlocal), kernel.get(promote)]).toEqual(['1', '1']);
    expect(checkSysctls(applying, 'lb1')).toEqual([]);
  });

  it('tells what it could not set, and goes on', () => {
    refuses = 'write';
    const failures = applySysctls(applying, 'lb1');
    expect(failures).toHaveLength(2);
    expect(failures[0]).toMatch(/^Cannot set sysctl "net.ipv4.ip_nonlocal_bind" to "1": EACCES; run as root/);
    expect(checkSysctls(applying, 'lb1')[0]).toContain('run `sysctl -w net.ipv4.ip_nonlocal_bind=1` as root');
    expect(new OpError('x', 'EACCES').code).toBe('EACCES');
  });
});
