import { describe, expect, it } from 'vitest';
import { OpError } from '../../src/linux/operror.ts';
import { readSysctl, writeSysctl } from '../../src/linux/sysctl.ts';

describe('kernel parameters', () => {
  it('are read by dotted name and by path', () => {
    expect(readSysctl('kernel.ostype')).toBe('Linux');
    expect(readSysctl('net/ipv4/conf/lo/forwarding')).toMatch(/^[01]$/);
  });

  it('are undefined where this kernel has none', () => {
    expect(readSysctl('net.ipv4.no_such_parameter')).toBeUndefined();
    expect(readSysctl('net/ipv6/conf/no.such/forwarding')).toBeUndefined();
  });

  it('that cannot be set say how to set them', () => {
    expect(() => {
      writeSysctl('kernel.ostype', 'Minix');
    }).toThrow(OpError);
    expect(() => {
      writeSysctl('kernel.ostype', 'Minix');
    }).toThrow(
      'Cannot set sysctl "kernel.ostype" to "Minix": EACCES; run as root, or set kernel.ostype = Minix in /etc/sysctl.d',
    );
    expect(() => {
      writeSysctl('net.ipv4.no_such_parameter', '1');
    }).toThrow(/ENOENT|EACCES/);
  });

  it.each(['', '..', 'net/../../../etc/passwd', 'net..ipv4', '/net/ipv4'])('have no name like "%s"', (name) => {
    expect(() => readSysctl(name)).toThrow('Not the name of a sysctl');
  });
});
