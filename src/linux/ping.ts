import { randomBytes } from 'node:crypto';
import type { Family, IpAddress } from '../wire/address.ts';
import { decodeEchoReply, encodeEchoRequest, skipIpv4Header } from '../wire/icmp.ts';
import { OpError } from './operror.ts';
import { AF_INET, AF_INET6, internetSockaddr, readIpv4Sockaddr, readIpv6Sockaddr } from './sockaddr.ts';
import { receiveBufferBytes, SO_RCVBUF, SOCK_DGRAM, SOCK_RAW, SOL_SOCKET, Socket } from './socket.ts';
import { rawSocketAdvice } from './transport.ts';

/** Echo requests of one address family, over one socket for all of them. */
export interface PingSocket {
  /**
   * Sends one request. `onReply` is called once when its reply comes, from that address and with its data. Gives back
   * how to stop waiting. Throws OpError.
   */
  ping(address: IpAddress, onReply: () => void): () => void;
  /** Whether it can still be used; it closes itself when the kernel fails it. */
  readonly isOpen: boolean;
  close(): void;
}

const IPPROTO_ICMP = 1;
const IPPROTO_ICMPV6 = 58;

/** linux/icmp.h and linux/icmpv6.h: filters of raw sockets; a set bit keeps a type out. */
const SOL_RAW = 255;
const ICMP_FILTER = 1;
const ICMPV6_FILTER = 1;

/** Errors that an earlier packet of another address left at the socket; the next receive does not meet them. */
const passing = ['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'EMSGSIZE', 'EPROTO'];

/**
 * Opens it: as a datagram socket where `net.ipv4.ping_group_range` allows it, else as a raw socket, which needs
 * CAP_NET_RAW. Throws OpError.
 */
export function openPing(family: Family): PingSocket {
  const { socket, isRaw } = open(family);
  /** BOUNDED by who pings: one for each request that is waited for. */
  const waiting = new Map<string, { readonly address: IpAddress; readonly onReply: () => void }>();
  // Replies carry the data back; whoever cannot read ours cannot answer for somebody else.
  const secret = randomBytes(8);
  const identifier = secret.readUInt16BE(0);
  let count = 0;
  const onReadable = (): void => {
    for (let times = 0; times < 256 && socket.isOpen; times++) {
      const received = receive(socket);
      if (received === undefined) return;
      const { bytes, from } = received;
      const isIpv4 = family === 'ipv4';
      const message = isIpv4 && isRaw ? skipIpv4Header(bytes) : bytes;
      const echo = message && decodeEchoReply(family, message);
      const source = isIpv4 ? readIpv4Sockaddr(from) : readIpv6Sockaddr(from);
      if (echo === undefined) continue;
      const key = Buffer.from(echo.data).toString('hex');
      const waiter = waiting.get(key);
      if (waiter === undefined || waiter.address !== source) continue;
      waiting.delete(key);
      waiter.onReply();
    }
  };
  socket.prepare((opened) => {
    // Replies to a burst come as a burst.
    opened.setOption('receive buffer', SOL_SOCKET, SO_RCVBUF, receiveBufferBytes);
    opened.watch(onReadable);
  });
  return {
    ping(address, onReply) {
      count++;
      const data = Buffer.alloc(16);
      secret.copy(data);
      data.writeBigUInt64BE(BigInt(count), 8);
      const key = data.toString('hex');
      socket.send(
        encodeEchoRequest(family, { identifier, sequence: count & 0xffff, data }),
        internetSockaddr(address, 0),
      );
      waiting.set(key, { address, onReply });
      return () => waiting.delete(key);
    },
    get isOpen() {
      return socket.isOpen;
    },
    close() {
      waiting.clear();
      socket.close();
    },
  };
}

function open(family: Family): { socket: Socket; isRaw: boolean } {
  const isIpv4 = family === 'ipv4';
  const options = {
    domain: isIpv4 ? AF_INET : AF_INET6,
    protocol: isIpv4 ? IPPROTO_ICMP : IPPROTO_ICMPV6,
    name: `${isIpv4 ? 'ICMP' : 'ICMPv6'} socket`,
    bufferBytes: 2048,
    passing,
  };
  try {
    return { socket: new Socket({ ...options, type: SOCK_DGRAM }), isRaw: false };
  } catch (error) {
    if (!(error instanceof OpError) || !['EACCES', 'EPERM', 'EPROTONOSUPPORT'].includes(error.code)) throw error;
  }
  const advice = `${rawSocketAdvice}, or set net.ipv4.ping_group_range`;
  const socket = new Socket({ ...options, type: SOCK_RAW, advice }).prepare((opened) => {
    if (isIpv4) opened.setOption('filter', SOL_RAW, ICMP_FILTER, new Uint8Array(Uint32Array.of(~1).buffer));
    else opened.setOption('filter', IPPROTO_ICMPV6, ICMPV6_FILTER, echoReplies());
  });
  return { socket, isRaw: true };
}

/** struct icmp6_filter: 256 bits in eight words, of which the one of type 129 is clear. */
function echoReplies(): Uint8Array {
  const words = new Uint32Array(8).fill(0xffff_ffff);
  words[4] = ~(1 << (129 - 128)) >>> 0;
  return new Uint8Array(words.buffer);
}

function receive(socket: Socket): ReturnType<Socket['receive']> {
  try {
    return socket.receive();
  } catch (error) {
    if (!(error instanceof OpError)) throw error;
    // An error report of some other packet passes; after anything else a new socket has to do.
    if (!passing.includes(error.code)) socket.close();
    return undefined;
  }
}
