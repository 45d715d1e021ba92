import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { getServers } from 'node:dns';
import { connect } from 'node:net';
import type { Clock } from '../clock.ts';
import { decodeDnsAnswer, dnsTypes, encodeDnsQuestion, rcodes } from '../../wire/dns.ts';
import type { DnsMessage, DnsType } from '../../wire/dns.ts';
import { isMalformed } from '../../wire/malformed.ts';
import { milliseconds } from '../../wire/units.ts';
import { wordsOfError } from './exchange.ts';

/**
 * A small stub resolver, because the one of Node.js says no TTL of SRV records and does not tell a name that is not
 * there from a server that is. It asks each server in turn, over UDP and, when the answer does not fit, over TCP.
 */
export type Resolved = DnsMessage | { readonly error: string };

/** For one server's answer; the next is asked then. */
const TIMEOUT = milliseconds(1500);
/** How often each server is asked. */
const ROUNDS = 2;
/** A datagram of somebody else does not end the wait for ours. */
const MOST_STRANGERS = 64;

/** Asks for records. Tells once: a message with NOERROR, or why there is none. Gives back how to call it off. */
export function resolve(
  name: string,
  type: DnsType,
  servers: readonly string[] | undefined,
  clock: Clock,
  tell: (resolved: Resolved) => void,
): () => void {
  const all = (servers ?? systemServers()).slice(0, 8);
  let cancel = (): void => {};
  const attempt = (index: number, edns: boolean): void => {
    const server = all[index % all.length];
    if (server === undefined) return queueMicrotask(() => tell({ error: 'no name server is known' }));
    cancel = askOne({ server, name, type, edns, clock }, (found) => {
      const isLast = index + 1 >= all.length * ROUNDS;
      if ('error' in found) return isLast ? tell({ error: `${server}: ${found.error}` }) : attempt(index + 1, edns);
      const { rcode } = found;
      if (rcode === rcodes.NOERROR) return tell(found);
      // Whether a name is there is certain; that a server failed may be said by one only.
      if (rcode === rcodes.NXDOMAIN) return tell({ error: `${server}: ${name} does not exist (NXDOMAIN)` });
      if (edns && (rcode === rcodes.FORMERR || rcode === rcodes.NOTIMP)) return attempt(index, false);
      const next = nextServer(index, all.length);
      return next === undefined ? tell({ error: `${server}: ${rcodeName(rcode)}` }) : attempt(next, edns);
    });
  };
  attempt(0, true);
  return () => cancel();
}

/** A server that answered with a failure is not asked again. */
const nextServer = (index: number, count: number): number | undefined => (index + 1 < count ? index + 1 : undefined);

const rcodeName = (rcode: number): string =>
  Object.entries(rcodes).find(([, value]) => value === rcode)?.[0] ?? `response code ${rcode}`;

function systemServers(): string[] {
  return getServers().map((server) => {
    if (/^\[.*\]:\d+$|^[^:]*:\d+$/.test(server)) return server;
    return server.includes(':') ? `[${server}]:53` : `${server}:53`;
  });
}

interface Ask {
  /** `address:port`. */
  readonly server: string;
  readonly name: string;
  readonly type: DnsType;
  readonly edns: boolean;
  readonly clock: Clock;
}

type Tell = (found: Resolved) => void;

function askOne(ask: Ask, tell: Tell): () => void {
  let isOver = false;
  let close = (): void => {};
  const end = (found: Resolved): void => {
    if (isOver) return;
    isOver = true;
    cancelTime();
    close();
    tell(found);
  };
  const cancelTime = ask.clock.after(TIMEOUT, () => end({ error: 'no answer' }));
  const id = randomInt(0x1_0000);
  const question = encodeDnsQuestion(id, ask.name, ask.type, ask.edns);
  const isOurs = (message: DnsMessage): boolean =>
    message.id === id && message.question?.name === ask.name && message.question.type === dnsTypes[ask.type];
  close = overUdp(ask, question, isOurs, (found) => {
    if ('error' in found || !found.isTruncated) return end(found);
    close();
    close = overTcp(ask, question, isOurs, end);
  });
  return () => {
    isOver = true;
    cancelTime();
    close();
  };
}

function endpointOf(server: string): { host: string; port: number } {
  const colon = server.lastIndexOf(':');
  return { host: server.slice(0, colon).replaceAll(/[[\]]/g, ''), port: Number(server.slice(colon + 1)) };
}

function overUdp({ server }: Ask, question: Uint8Array, isOurs: (m: DnsMessage) => boolean, tell: Tell): () => void {
  const { host, port } = endpointOf(server);
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
  let strangers = 0;
  let isClosed = false;
  const close = (): void => {
    if (isClosed) return;
    isClosed = true;
    socket.removeAllListeners().on('error', () => {});
    socket.close();
  };
  socket.on('error', (error) => tell({ error: wordsOfError(error) }));
  socket.on('message', (bytes) => {
    const message = decodeDnsAnswer(bytes);
    if (!isMalformed(message) && isOurs(message)) return tell(message);
    strangers++;
    if (strangers > MOST_STRANGERS) tell({ error: 'answers that were not asked for' });
  });
  // Connected: the kernel takes datagrams of that server only, and tells of a closed port.
  socket.connect(port, host, () => {
    if (!isClosed) socket.send(question);
  });
  return close;
}

function overTcp({ server }: Ask, question: Uint8Array, isOurs: (m: DnsMessage) => boolean, tell: Tell): () => void {
  const socket = connect({ ...endpointOf(server) });
  let received: Buffer = Buffer.alloc(0);
  // RFC 1035 4.2.2: two bytes of length before each message.
  socket.on('connect', () =>
    socket.write(Buffer.concat([Buffer.from([question.length >> 8, question.length & 0xff]), question])),
  );
  socket.on('data', (bytes) => {
    received = Buffer.concat([received, bytes]);
    if (received.length < 2 || received.length < 2 + received.readUInt16BE(0)) return;
    const message = decodeDnsAnswer(received.subarray(2, 2 + received.readUInt16BE(0)));
    const isGood = !isMalformed(message) && isOurs(message) && !message.isTruncated;
    tell(isGood ? message : { error: 'an answer over TCP that is not whole' });
  });
  socket.on('error', (error) => tell({ error: wordsOfError(error) }));
  socket.on('end', () => tell({ error: 'closed the connection without an answer' }));
  return () => {
    socket.removeAllListeners().on('error', () => {});
    socket.destroy();
  };
}
