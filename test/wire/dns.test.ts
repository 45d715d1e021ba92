import { describe, expect, test } from 'vitest';
import { decodeDnsAnswer, encodeDnsQuestion } from '../../src/wire/dns.ts';
import { message } from '../backends/source/nameserver.ts';
import { bytes as bytesOf } from './hex.ts';
import { random } from './random.ts';

const question = encodeDnsQuestion(0x1234, 'app.example', 'SRV', true);

describe('a question', () => {
  test('RFC 1035 4.1: header, name, type and class, recursion desired', () => {
    const plain = encodeDnsQuestion(0x1234, 'a.bc', 'AAAA', false);
    expect(Buffer.from(plain).toString('hex')).toBe(
      ['1234', '0100', '0001', '0000', '0000', '0000', '0161', '026263', '00', '001c', '0001'].join(''),
    );
  });

  test('RFC 6891 6.1.2: with EDNS an OPT record with the size that is taken', () => {
    expect(Buffer.from(question).subarray(-11).toString('hex')).toBe('00002904d0000000000000');
  });
});

describe('an answer', () => {
  test('has its records, in lower case and without final dots', () => {
    const bytes = message(0x1234, question, {
      answers: [
        ['App.Example', 60, 'CNAME', 'B.example'],
        ['b.example', 30, 'SRV', '1 2 80 T.example'],
      ],
      authority: [['example', 9, 'SOA', '5']],
      additional: [
        ['t.example', 1, 'A', '192.0.2.1'],
        ['t.example', 2, 'AAAA', '2001:db8:0:0:0:0:0:1'],
      ],
    });
    expect(decodeDnsAnswer(bytes)).toEqual({
      id: 0x1234,
      rcode: 0,
      isTruncated: false,
      question: { name: 'app.example', type: 33 },
      answers: [
        { type: 'CNAME', name: 'app.example', ttl: 60, target: 'b.example' },
        { type: 'SRV', name: 'b.example', ttl: 30, priority: 1, weight: 2, port: 80, target: 't.example' },
      ],
      authority: [{ type: 'SOA', name: 'example', ttl: 9, minimum: 5 }],
      additional: [
        { type: 'A', name: 't.example', ttl: 1, address: '192.0.2.1' },
        { type: 'AAAA', name: 't.example', ttl: 2, address: '2001:db8::1' },
      ],
    });
  });

  test('RFC 1035 4.1.4: names are compressed, and pointers only lead backwards', () => {
    const head = '123481800001000100000000' + '0161076578616d706c6500' + '00010001';
    const record = (name: string): string => `${name}00010001000000ff0004c0000201`;
    expect(decodeDnsAnswer(bytesOf(head + record('c00c')))).toMatchObject({
      answers: [{ name: 'a.example', ttl: 255 }],
    });
    expect(decodeDnsAnswer(bytesOf(head + record('0162c00e')))).toMatchObject({ answers: [{ name: 'b.example' }] });
    // To itself, and forwards.
    expect(decodeDnsAnswer(bytesOf(head + record('c01b')))).toEqual({ malformed: 'length' });
    expect(decodeDnsAnswer(bytesOf(head + record('c030')))).toEqual({ malformed: 'length' });
  });

  test('RFC 2181 8: a TTL with the first bit set is zero', () => {
    const bytes = message(1, question, { answers: [['a', 0x8000_0001, 'A', '192.0.2.1']] });
    expect(decodeDnsAnswer(bytes)).toMatchObject({ answers: [{ ttl: 0 }] });
  });

  test('a label with a dot in it does not pass for two', () => {
    const head = '123481800000000100000000';
    expect(decodeDnsAnswer(bytesOf(`${head}03612e6200000100010000000a0004c0000201`))).toMatchObject({
      answers: [{ name: 'a\\46b' }],
    });
  });

  test('a question is none, and cut ones are none', () => {
    expect(decodeDnsAnswer(question)).toEqual({ malformed: 'type' });
    const bytes = message(1, question, { answers: [['a.example', 1, 'SRV', '1 2 3 b.example']] });
    for (let length = 0; length < bytes.length; length++) {
      expect(decodeDnsAnswer(bytes.subarray(0, length))).toHaveProperty('malformed');
    }
  });

  test('no bytes make the decoder throw', () => {
    const next = random(5);
    const whole = message(1, question, {
      answers: [
        ['a.example', 1, 'SRV', '1 2 3 b.example'],
        ['a.example', 1, 'CNAME', 'b.example'],
        ['example', 1, 'SOA', '5'],
      ],
    });
    for (let round = 0; round < 20_000; round++) {
      const bytes = Uint8Array.from(whole);
      for (let times = next(6); times >= 0; times--) bytes[next(bytes.length)] = next(256);
      decodeDnsAnswer(bytes.subarray(0, next(4) === 0 ? next(bytes.length) : bytes.length));
    }
  });
});
