import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import { decodeDnsAnswer, dnsTypes } from '../../../src/wire/dns.ts';

/** A record as it is canned: its data in the presentation form of a zone file. */
export type Canned = readonly [name: string, ttl: number, type: 'A' | 'AAAA' | 'CNAME' | 'SRV' | 'SOA', data: string];

/** What the server does with a question. */
export interface Script {
  readonly answers?: readonly Canned[];
  readonly authority?: readonly Canned[];
  readonly additional?: readonly Canned[];
  readonly rcode?: number;
  /** Over UDP nothing but the sign that there is more. */
  readonly truncated?: boolean;
  /** No answer at all. */
  readonly silent?: boolean;
  /** Refuses questions with EDNS as old servers do. */
  readonly old?: boolean;
  /** First an answer with another id, which must not be believed. */
  readonly forged?: readonly Canned[];
}

export interface NameServer {
  /** `address:port`. */
  readonly address: string;
  /** What was asked, such as `udp A app.example`. */
  readonly asked: string[];
  /** By `TYPE name`. */
  readonly zone: Map<string, Script>;
  close(): void;
}

/** A name server on the loopback that answers what it is told. */
export async function startNameServer(): Promise<NameServer> {
  const zone = new Map<string, Script>();
  const asked: string[] = [];
  const udp = createSocket('udp4');
  const port = await new Promise<number>((resolve) => udp.bind(0, '127.0.0.1', () => resolve(udp.address().port)));
  const reply = (question: Uint8Array, transport: 'udp' | 'tcp'): Uint8Array[] => {
    const { id, name, type, hasEdns } = read(question);
    asked.push(`${transport} ${type} ${name}`);
    const script = zone.get(`${type} ${name}`) ?? { rcode: 3 };
    if (script.silent === true) return [];
    if (script.old === true && hasEdns) return [message(id, question, { rcode: 1 })];
    if (script.truncated === true && transport === 'udp') return [message(id, question, {}, true)];
    const forged =
      script.forged === undefined ? [] : [message((id + 1) & 0xffff, question, { answers: script.forged })];
    return [...forged, message(id, question, script)];
  };
  udp.on('message', (question, from) => {
    for (const bytes of reply(question, 'udp')) udp.send(bytes, from.port, from.address);
  });
  const tcp = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', (bytes) => {
      for (const answer of reply(bytes.subarray(2), 'tcp')) {
        const length = Buffer.alloc(2);
        length.writeUInt16BE(answer.length);
        // In pieces, as a network would.
        socket.write(Buffer.concat([length, answer.subarray(0, 5)]));
        setTimeout(() => socket.write(answer.subarray(5)), 5);
      }
    });
  });
  await new Promise<void>((resolve) => {
    tcp.listen(port, '127.0.0.1', resolve);
  });
  return {
    address: `127.0.0.1:${port}`,
    asked,
    zone,
    close() {
      udp.close();
      tcp.close();
    },
  };
}

function read(question: Uint8Array): { id: number; name: string; type: string; hasEdns: boolean } {
  // The decoder refuses questions, so the bit that tells them from answers is set first.
  const bytes = Uint8Array.from(question);
  bytes[2] = (bytes[2] ?? 0) | 0x80;
  const decoded = decodeDnsAnswer(bytes);
  if ('malformed' in decoded) throw new Error(`The question is malformed: ${decoded.malformed}`);
  const { name, type } = decoded.question ?? { name: '', type: 0 };
  const word = Object.entries(dnsTypes).find(([, value]) => value === type)?.[0] ?? `${type}`;
  return { id: decoded.id, name, type: word, hasEdns: question[11] === 1 };
}

/** An answer, with the question as it came. */
export function message(id: number, question: Uint8Array, script: Script, truncated = false): Uint8Array {
  const { answers = [], authority = [], additional = [], rcode = 0 } = script;
  const header = Buffer.alloc(12);
  header.writeUInt16BE(id, 0);
  header.writeUInt16BE(0x8180 | (truncated ? 0x0200 : 0) | rcode, 2);
  [1, answers.length, authority.length, additional.length].forEach((count, at) =>
    header.writeUInt16BE(count, 4 + 2 * at),
  );
  const end = question.indexOf(0, 12) + 5;
  return Buffer.concat([header, question.subarray(12, end), ...[...answers, ...authority, ...additional].map(record)]);
}

/** The bytes of a name, without compression. */
export const nameBytes = (name: string): Buffer =>
  Buffer.concat([
    ...name
      .split('.')
      .filter((label) => label !== '')
      .map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)])),
    Buffer.from([0]),
  ]);

function record([name, ttl, type, data]: Canned): Buffer {
  const rdata = dataBytes(type, data.split(' '));
  const fixed = Buffer.alloc(10);
  fixed.writeUInt16BE(dnsTypes[type], 0);
  fixed.writeUInt16BE(1, 2);
  fixed.writeUInt32BE(ttl, 4);
  fixed.writeUInt16BE(rdata.length, 8);
  return Buffer.concat([nameBytes(name), fixed, rdata]);
}

function dataBytes(type: Canned[2], words: readonly string[]): Buffer {
  const [first = ''] = words;
  switch (type) {
    case 'A':
      return Buffer.from(first.split('.').map(Number));
    case 'AAAA':
      return Buffer.from(
        first
          .split(':')
          .map((group) => group.padStart(4, '0'))
          .join(''),
        'hex',
      );
    case 'CNAME':
      return nameBytes(first);
    case 'SRV': {
      const numbers = Buffer.alloc(6);
      words.slice(0, 3).forEach((word, at) => numbers.writeUInt16BE(Number(word), 2 * at));
      return Buffer.concat([numbers, nameBytes(words[3] ?? '')]);
    }
    case 'SOA': {
      const numbers = Buffer.alloc(20);
      numbers.writeUInt32BE(Number(first), 16);
      return Buffer.concat([nameBytes('ns.example'), nameBytes('admin.example'), numbers]);
    }
  }
}
