import { expect, test } from 'vitest';
import { internetChecksum } from '../../src/wire/checksum.ts';
import { decodeEchoReply, encodeEchoRequest, skipIpv4Header } from '../../src/wire/icmp.ts';
import { bytes as bytesOf } from './hex.ts';

const echo = { identifier: 0x1234, sequence: 7, data: bytesOf('00ff01') };

test('RFC 792: an echo request, with its checksum', () => {
  const bytes = encodeEchoRequest('ipv4', echo);
  expect(Buffer.from(bytes).toString('hex')).toMatch(/^0800....1234000700ff01$/);
  expect(internetChecksum(bytes)).toBe(0);
});

test('RFC 4443 4.1: an echo request, whose checksum the kernel fills in', () => {
  expect(Buffer.from(encodeEchoRequest('ipv6', echo)).toString('hex')).toBe('800000001234000700ff01');
});

test('a reply is read, everything else is not', () => {
  expect(decodeEchoReply('ipv4', bytesOf('000000001234000700ff01'))).toEqual(echo);
  expect(decodeEchoReply('ipv6', bytesOf('810000001234000700ff01'))).toEqual(echo);
  for (const other of ['0800000012340007', '0001000012340007', '00000000123400', '', '8100000012340007']) {
    expect(decodeEchoReply('ipv4', bytesOf(other))).toBeUndefined();
  }
});

test('what follows an IPv4 header with options', () => {
  const header = `46${'00'.repeat(23)}`;
  expect(skipIpv4Header(bytesOf(`${header}abcd`))).toEqual(bytesOf('abcd'));
  expect(skipIpv4Header(bytesOf('46000000'))).toBeUndefined();
  expect(skipIpv4Header(bytesOf('40'.repeat(30)))).toBeUndefined();
});
