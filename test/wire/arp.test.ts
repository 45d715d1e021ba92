import { describe, expect, it } from 'vitest';
import { addressOf } from '../../src/wire/address.ts';
import { arpProbe, decodeArp, encodeArp, gratuitousArp, type ArpPacket } from '../../src/wire/arp.ts';
import { parseMac, type MacAddress } from '../../src/wire/mac.ts';
import { bytes, hex } from './hex.ts';

const mac = parseMac('02:00:00:00:00:01') as MacAddress;
const vip = addressOf('10.9.0.100');

describe('ARP (RFC 826)', () => {
  it('announces a VIP by a broadcast request from and for it, target hardware address all ones', () => {
    expect(hex(gratuitousArp(vip, mac))).toBe(
      'ffffffffffff' +
        '020000000001' +
        '0806' +
        '0001080006040001' +
        '020000000001' +
        '0a090064' +
        'ffffffffffff' +
        '0a090064',
    );
  });

  it('probes without claiming (RFC 5227 2.1.1): no sender address, target hardware address zero', () => {
    expect(hex(arpProbe(vip, mac))).toBe(
      'ffffffffffff' +
        '020000000001' +
        '0806' +
        '0001080006040001' +
        '020000000001' +
        '00000000' +
        '000000000000' +
        '0a090064',
    );
  });

  it('sends a reply to the one who asked', () => {
    const asker = parseMac('02:00:00:00:00:0c') as MacAddress;
    const reply: ArpPacket = {
      ...{ operation: 'reply', senderMac: mac, senderAddress: vip },
      ...{ targetMac: asker, targetAddress: addressOf('10.9.0.9') },
    };
    expect(hex(encodeArp(reply)).slice(0, 28)).toBe('02000000000c' + '020000000001' + '0806');
    expect(decodeArp(encodeArp(reply))).toEqual(reply);
  });

  it('tolerates the padding of a short Ethernet frame', () => {
    const frame = gratuitousArp(vip, mac);
    expect(decodeArp(Uint8Array.of(...frame, ...new Uint8Array(18)))).toEqual({
      ...{
        operation: 'request',
        senderMac: mac,
        senderAddress: vip,
        targetMac: 'ff:ff:ff:ff:ff:ff',
        targetAddress: vip,
      },
    });
  });

  it('refuses every truncation', () => {
    const frame = gratuitousArp(vip, mac);
    for (let length = 0; length < frame.length; length++) {
      expect(decodeArp(frame.subarray(0, length)), String(length)).toEqual({ malformed: 'length' });
    }
  });

  it.each([
    ['another EtherType', 12, '0800'],
    ['another hardware', 14, '0006'],
    ['another protocol', 16, '86dd'],
    ['other address lengths', 18, '0610'],
    ['operation 0', 20, '0000'],
    ['reverse ARP', 20, '0003'],
  ])('refuses %s', (_what, offset, value) => {
    const frame = gratuitousArp(vip, mac);
    frame.set(bytes(value), offset);
    expect(decodeArp(frame)).toEqual({ malformed: 'type' });
  });

  it('cannot carry IPv6: asking for it is a bug', () => {
    expect(() => gratuitousArp(addressOf('fe80::1'), mac)).toThrow('fe80::1');
    expect(() => arpProbe(addressOf('fe80::1'), mac)).toThrow();
  });
});
