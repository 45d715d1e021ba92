import { describe, expect, it } from 'vitest';
import { mechanismFrom } from '../../../src/proxy/switch/mechanism.ts';
import type { Bind } from '../../../src/proxy/bind.ts';
import { addressOf } from '../../../src/wire/address.ts';

const bind = (address: string): Bind => ({
  ...{ service: 'web', address: addressOf(address), port: 80, descriptor: 3 },
  family: address.includes(':') ? 'ipv6' : 'ipv4',
});

describe('the mechanism of a switch', () => {
  it('is inherited sockets in managed mode, and asks nothing of the host', () => {
    const facts = { migrate: undefined, whyNotShared: () => 'EADDRINUSE' };
    expect(mechanismFrom('managed', [bind('192.0.2.1')], facts)).toMatchObject({
      ...{ kind: 'inherited', missing: [], unshared: [] },
    });
  });

  it('is SO_REUSEPORT in adopted mode, with nothing missing on a prepared host', () => {
    const facts = { migrate: '1', whyNotShared: () => undefined };
    const { kind, missing, unshared } = mechanismFrom('adopted', [bind('192.0.2.1'), bind('::')], facts);
    expect([kind, missing, unshared]).toEqual(['reuseport', [], []]);
  });

  it('says what is missing, with what to do', () => {
    const codes: Readonly<Record<string, string>> = { '192.0.2.1': 'EADDRINUSE', '2001:db8::1': 'EADDRNOTAVAIL' };
    const facts = { migrate: '0', whyNotShared: ({ address }: Bind) => codes[address] };
    const { missing, unshared } = mechanismFrom('adopted', [bind('192.0.2.1'), bind('2001:db8::1')], facts);
    expect(unshared).toEqual(['192.0.2.1:80']);
    expect(missing.join('\n')).toContain('sysctl -w net.ipv4.tcp_migrate_req=1');
    expect(missing.join('\n')).toContain('sysctl -w net.ipv6.ip_nonlocal_bind=1');
    expect(mechanismFrom('adopted', [], { ...facts, migrate: undefined }).missing.join()).toContain('Linux 5.14');
  });
});
