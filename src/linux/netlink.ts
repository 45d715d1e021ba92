import {
  NLMSG_DONE,
  NLMSG_ERROR,
  NLM_F_DUMP_INTR,
  decodeError,
  decodeMessages,
  type Message,
} from '../wire/netlink.ts';
import { isMalformed } from '../wire/malformed.ts';
import { errnoName } from './errno.ts';
import { OpError } from './operror.ts';
import { AF_NETLINK, netlinkSockaddr, readNetlinkPort } from './sockaddr.ts';
import { SOCK_RAW, SOL_SOCKET, Socket, askReceiveBuffer } from './socket.ts';

// netlink(7), linux/netlink.h.
const NETLINK_ROUTE = 0;
const NETLINK_SOCK_DIAG = 4;
const SOL_NETLINK = 270;
const NETLINK_CAP_ACK = 10;
const NETLINK_EXT_ACK = 11;

/** The kernel never fills more than 32 KiB of a dump into one datagram. */
const bufferBytes = 65_536;

/** How often an answer is looked for that is not there yet. The kernel answers before it returns from sendto. */
const attemptsMax = 100;

/** How often a dump is repeated that a change disturbed; then the last one is taken, and the change is announced. */
const dumpsMax = 5;

const advice = 'run as root or grant CAP_NET_ADMIN';

/** Requests to one of the kernel's families and their answers. Synchronous: the kernel answers while it is asked. */
export interface NetlinkRequests {
  /** Asks for a change and waits for the acknowledgement. Throws OpError with the kernel's errno. */
  change(op: string, request: (sequence: number) => Uint8Array): void;
  /** Asks for a list. Throws OpError. */
  dump(op: string, request: (sequence: number) => Uint8Array): Message[];
  close(): void;
}

/** Opens a socket for requests about links and addresses, or about sockets. Throws OpError. */
export function openNetlinkRequests(family: 'route' | 'sockets' = 'route'): NetlinkRequests {
  const protocol = family === 'route' ? NETLINK_ROUTE : NETLINK_SOCK_DIAG;
  const socket = openNetlink('netlink socket', protocol).prepare((opened) => {
    // The kernel then says in words what it did not like, and does not repeat the request.
    opened.setOption('error texts', SOL_NETLINK, NETLINK_EXT_ACK, 1);
    opened.setOption('short errors', SOL_NETLINK, NETLINK_CAP_ACK, 1);
    opened.bind(netlinkSockaddr(0));
  });
  const kernel = netlinkSockaddr(0);
  let sequence = 0;
  const ask = (op: string, request: (sequence: number) => Uint8Array): Message[] => {
    sequence = (sequence % 0xffff_ffff) + 1;
    socket.send(request(sequence), kernel);
    return answer(socket, op, sequence);
  };
  return {
    change(op: string, request: (sequence: number) => Uint8Array): void {
      ask(op, request);
    },
    dump(op: string, request: (sequence: number) => Uint8Array): Message[] {
      let messages = ask(op, request);
      for (let i = 1; i < dumpsMax && messages.some(isDisturbed); i++) messages = ask(op, request);
      return messages;
    },
    close(): void {
      socket.close();
    },
  };
}

/** Room for the news of about a thousand addresses at once; what is lost beyond that is asked for again. */
const monitorBufferBytes = 1 << 20;

/** Opens a socket for notifications of some groups, not watched yet. Overruns are its only passing error. */
export function openNetlinkMonitor(groups: number): Socket {
  return openNetlink('netlink monitor', NETLINK_ROUTE).prepare((opened) => {
    const setBuffer = (option: number, bytes: number): void =>
      opened.setOption('receive buffer', SOL_SOCKET, option, bytes);
    askReceiveBuffer(setBuffer, monitorBufferBytes);
    opened.bind(netlinkSockaddr(groups));
  });
}

/** The messages of the next datagram from the kernel, `undefined` when none is queued. Throws OpError. */
export function receiveMessages(socket: Socket): Message[] | undefined {
  const received = socket.receive();
  if (received === undefined) return undefined;
  // Any process may send to a netlink socket; only port 0 is the kernel.
  return readNetlinkPort(received.from) === 0 ? decodeMessages(received.bytes) : [];
}

const openNetlink = (name: string, protocol: number): Socket =>
  new Socket({ domain: AF_NETLINK, type: SOCK_RAW, protocol, name, bufferBytes, passing: ['ENOBUFS'] });

/** The messages that answer one request, without the final one. What answers an earlier request is passed over. */
function answer(socket: Socket, op: string, sequence: number): Message[] {
  const messages: Message[] = [];
  for (let attempt = 0; attempt < attemptsMax;) {
    const received = receiveMessages(socket);
    if (received === undefined) attempt++;
    for (const message of received ?? []) {
      if (message.sequence !== sequence) continue;
      if (message.type === NLMSG_ERROR || message.type === NLMSG_DONE) {
        conclude(op, message);
        return messages;
      }
      messages.push(message);
    }
  }
  throw new OpError(op, 'ETIMEDOUT', { advice: 'the kernel did not answer' });
}

function conclude(op: string, message: Message): void {
  const verdict = decodeError(message.payload, message.flags);
  if (isMalformed(verdict)) throw new OpError(op, 'EBADMSG');
  if (verdict.errno === 0) return;
  const code = errnoName(verdict.errno);
  throw new OpError(op, code, { advice: verdict.text ?? (code === 'EPERM' ? advice : undefined) });
}

const isDisturbed = (message: Message): boolean => (message.flags & NLM_F_DUMP_INTR) !== 0;
