import { describe, expect, it } from 'vitest';
import { addressOf } from '../../src/wire/address.ts';
import { isMalformed } from '../../src/wire/malformed.ts';
import {
  NLMSG_DONE,
  NLMSG_ERROR,
  decodeError,
  decodeMessages,
  littleEndian,
  type Message,
} from '../../src/wire/netlink.ts';
import {
  RTM_NEWADDR,
  RTM_NEWLINK,
  addressDump,
  decodeAddress,
  decodeLink,
  linkByName,
  linkDump,
  putAddress,
  removeAddress,
} from '../../src/wire/rtnetlink.ts';
import { seconds } from '../../src/wire/units.ts';
import type { Instant } from '../../src/wire/units.ts';
import recording from '../vectors/netlink.json' with { type: 'json' };
import { bytes, hex } from './hex.ts';
import { addressMessage, linkMessage } from './kernel.ts';

const index = 3;
const lease = { index, lease: seconds(2), protocol: 0x70 };
const ipv4 = { address: addressOf('192.0.2.101'), prefixLength: 32 };
const global = { address: addressOf('2001:db8::101'), prefixLength: 128 };
const linkLocal = { address: addressOf('fe80::101'), prefixLength: 128 };

const messages = (datagrams: readonly string[]): Message[] => datagrams.flatMap((text) => decodeMessages(bytes(text)));
const answers = (name: keyof typeof recording.exchanges): Message[] => messages(recording.exchanges[name].answer);
const verdict = (message: Message | undefined): unknown => message && decodeError(message.payload, message.flags);

describe.runIf(littleEndian)('requests are the bytes that Linux took in the recording', () => {
  it.each([
    ['linkDump', linkDump(6)],
    ['linkByName', linkByName('v0', 7)],
    ['put4', putAddress({ ...lease, ...ipv4 }, 1)],
    ['put6', putAddress({ ...lease, ...global }, 2)],
    ['putll', putAddress({ ...lease, ...linkLocal }, 3)],
    ['renew4', putAddress({ ...lease, ...ipv4 }, 1)],
    ['renew6', putAddress({ ...lease, ...global }, 2)],
    ['addressDump', addressDump(5)],
    ['remove4', removeAddress({ index, ...ipv4 }, 4)],
    ['removeMissing', removeAddress({ index, address: addressOf('192.0.2.222'), prefixLength: 32 }, 8)],
    ['badPrefix', putAddress({ ...lease, ...ipv4, prefixLength: 33 }, 9)],
  ] as const)('%s', (name, request) => {
    expect(hex(request)).toBe(recording.exchanges[name].request);
  });

  it.each([
    // What `ip addr replace ADDRESS dev v0 valid_lft 2 preferred_lft 2|0 [nodad]` of iproute2 6.1 sends, sequence zeroed.
    [
      'IPv4',
      ipv4,
      '3c00000014000505 00000000 00000000 02200000 03000000 08000200c0000265 08000100c0000265 140006000200000002000000 0000000000000000',
    ],
    [
      'IPv6',
      global,
      '5400000014000505 00000000 00000000 0a800200 03000000 1400020020010db8000000000000000000000101 1400010020010db8000000000000000000000101 140006000000000002000000 0000000000000000',
    ],
  ])('%s: an address is put as iproute2 does, with IFA_FLAGS and IFA_PROTO besides', (_family, key, text) => {
    const expected = bytes(text);
    const ours = putAddress({ ...lease, ...key }, 0);
    expect(hex(ours.subarray(24, expected.length))).toBe(hex(expected.subarray(24)));
    expect(hex(ours.subarray(4, 18))).toBe(hex(expected.subarray(4, 18)));
    // iproute2 puts the flag into the header's byte, which IFA_FLAGS overrides.
    const flags = key === global ? '0800080002000000' : '';
    expect(hex(ours.subarray(expected.length))).toBe(`${flags}05000b0070000000`);
  });

  it('asks for the addresses of one family', () => {
    expect(hex(addressDump(1, 'ipv4')).slice(32)).toBe('0200000000000000');
    expect(hex(addressDump(1, 'ipv6')).slice(32)).toBe('0a00000000000000');
  });
});

describe.runIf(littleEndian)('what Linux answered', () => {
  it('lists links', () => {
    const list = answers('linkDump');
    expect(list.pop()?.type).toBe(NLMSG_DONE);
    const ethernet = { removed: false, mtu: 1500, up: true, carrier: true, loopback: false };
    expect(list.map(decodeLink)).toEqual([
      { ...ethernet, index: 1, name: 'lo', mac: '00:00:00:00:00:00', mtu: 65536, loopback: true },
      { ...ethernet, index: 2, name: 'v1', mac: '7a:da:98:1b:6b:82' },
      { ...ethernet, index: 3, name: 'v0', mac: '02:00:00:00:00:0a' },
    ]);
    expect(answers('linkByName').map(decodeLink)).toMatchObject([{ index: 3, name: 'v0' }]);
  });

  it('lists addresses, with who installed them and how long they last', () => {
    const list = answers('addressDump');
    expect(list.pop()?.type).toBe(NLMSG_DONE);
    const renewedAt = expect.any(Number) as Instant;
    const base = {
      removed: false,
      index,
      tentative: false,
      duplicate: false,
      lifetime: undefined,
      protocol: 0,
      renewedAt,
    };
    // IFA_F_PERMANENT is 0x80, IFA_F_DEPRECATED and IFA_F_NODAD are 0x20 and 0x02.
    const permanent = { ...base, flags: 0x80, scope: 0 };
    const leased = { ...base, lifetime: 1, protocol: 0x70, scope: 0 };
    expect(list.map(decodeAddress)).toEqual([
      { ...permanent, index: 1, address: '127.0.0.1', prefixLength: 8, scope: 254 },
      { ...permanent, address: '192.0.2.11', prefixLength: 24 },
      { ...leased, address: '192.0.2.101', prefixLength: 32, flags: 0 },
      { ...permanent, index: 1, address: '::1', prefixLength: 128, protocol: 1, scope: 254 },
      { ...permanent, index: 2, address: 'fe80::78da:98ff:fe1b:6b82', prefixLength: 64, protocol: 3, scope: 253 },
      { ...leased, address: '2001:db8::101', prefixLength: 128, flags: 0x22 },
      { ...permanent, address: 'fe80::ff:fe00:a', prefixLength: 64, protocol: 3, scope: 253 },
    ]);
  });

  it('acknowledges, or refuses in words', () => {
    for (const name of ['put4', 'put6', 'putll', 'renew4', 'renew6', 'remove4'] as const) {
      expect(answers(name).map(verdict), name).toEqual([{ errno: 0, text: undefined }]);
    }
    expect(answers('removeMissing').map(verdict)).toEqual([{ errno: 99, text: 'ipv4: Address not found' }]);
    expect(answers('badPrefix').map(verdict)).toEqual([{ errno: 22, text: 'ipv4: Invalid prefix length' }]);
    expect(answers('badPrefix')[0]?.type).toBe(NLMSG_ERROR);
  });

  it('reports changes: leases, their end, a lost carrier, a deleted link', () => {
    const events = messages(recording.monitor).map((message) => {
      const address = decodeAddress(message);
      if (!isMalformed(address)) return `${address.removed ? '-' : '+'}${address.index} ${address.address}`;
      const link = decodeLink(message);
      if (isMalformed(link)) throw new Error(link.malformed);
      return `${link.removed ? '-' : '+'}${link.name}${link.up ? ' up' : ''}${link.carrier ? ' carrier' : ''}`;
    });
    expect(events).toEqual([
      ...['+3 192.0.2.101', '+3 2001:db8::101', '+3 fe80::101', '+3 192.0.2.101', '+3 2001:db8::101', '-3 fe80::101'],
      ...['-3 192.0.2.101', '-3 2001:db8::101', '+v1', '-2 fe80::78da:98ff:fe1b:6b82', '+v0 up', '+v0'],
      ...['-3 fe80::ff:fe00:a', '-3 192.0.2.11', '-v0', '-v1'],
    ]);
  });
});

describe('messages are refused', () => {
  const link = linkMessage({
    ...{ removed: false, index: 2, name: 'eth0', mac: undefined, mtu: 1500, up: true, carrier: true, loopback: false },
  });
  const address = addressMessage({
    ...{ removed: false, index: 2, ...ipv4, lifetime: undefined, tentative: false, duplicate: false, protocol: 0 },
    ...{ flags: 0x80, scope: 0, renewedAt: undefined },
  });

  it('of another type', () => {
    expect(decodeLink(link)).toMatchObject({ name: 'eth0' });
    expect(decodeLink({ ...link, type: RTM_NEWADDR })).toEqual({ malformed: 'type' });
    expect(decodeAddress(address)).toMatchObject({ address: '192.0.2.101' });
    expect(decodeAddress({ ...address, type: RTM_NEWLINK })).toEqual({ malformed: 'type' });
  });

  it('shorter than their header', () => {
    expect(decodeLink({ ...link, payload: link.payload.subarray(0, 15) })).toEqual({ malformed: 'length' });
    expect(decodeAddress({ ...address, payload: address.payload.subarray(0, 7) })).toEqual({ malformed: 'length' });
  });

  it('of another family: a port that left its bridge is not a link that is gone', () => {
    const payload = Uint8Array.from(link.payload);
    payload[0] = 7; // AF_BRIDGE
    expect(decodeLink({ ...link, payload })).toEqual({ malformed: 'version' });
    const packet = Uint8Array.from(address.payload);
    packet[0] = 17; // AF_PACKET
    expect(decodeAddress({ ...address, payload: packet })).toEqual({ malformed: 'version' });
  });

  it('without a name, without an address, with an impossible prefix', () => {
    expect(decodeLink({ ...link, payload: link.payload.subarray(0, 16) })).toEqual({ malformed: 'field' });
    expect(decodeAddress({ ...address, payload: address.payload.subarray(0, 8) })).toEqual({ malformed: 'field' });
    const payload = Uint8Array.from(address.payload);
    payload[1] = 33;
    expect(decodeAddress({ ...address, payload })).toEqual({ malformed: 'field' });
  });
});

describe.runIf(littleEndian)('addresses as other kernels and links report them', () => {
  it('a point-to-point address is the local one, not the peer', () => {
    const payload = bytes('02200000 02000000 080001000a000002 080002000a000001');
    expect(decodeAddress({ type: RTM_NEWADDR, flags: 0, sequence: 0, payload })).toMatchObject({ address: '10.0.0.1' });
  });

  it('flags of the header count where IFA_FLAGS is missing', () => {
    const payload = bytes('0a404800 02000000 14000100fe800000000000000000000000000001');
    expect(decodeAddress({ type: RTM_NEWADDR, flags: 0, sequence: 0, payload })).toMatchObject({
      ...{ tentative: true, duplicate: true, lifetime: undefined, protocol: 0 },
    });
  });
});
