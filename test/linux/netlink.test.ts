import { endianness } from 'node:os';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { native, type Native, type NativeSocket } from '../../src/linux/native.ts';
import { openNetlinkRequests, receiveMessages } from '../../src/linux/netlink.ts';
import { netlinkSockaddr } from '../../src/linux/sockaddr.ts';
import { Socket } from '../../src/linux/socket.ts';
import {
  NLMSG_DONE,
  NLMSG_ERROR,
  NLM_F_DUMP_INTR,
  NLM_F_MULTI,
  decodeMessages,
  encodeMessage,
} from '../../src/wire/netlink.ts';
import { RTM_NEWLINK, linkDump } from '../../src/wire/rtnetlink.ts';

const little = endianness() === 'LE';
const EAGAIN = -11;

/** A datagram from a port, or the outcome of a receive that brings none. */
type Play = { readonly port?: number; readonly messages: readonly Uint8Array[] } | number;

const library = native() as { Socket: Native['Socket'] };
const real = library.Socket;

/** A kernel that plays back a script for each request it is sent, and says how often it was asked for an answer. */
let script: ((sequence: number) => Play[])[] = [];
let receives = 0;

beforeEach(() => {
  const queue: Play[] = [];
  receives = 0;
  const socket: Partial<NativeSocket> = {
    fd: 3,
    bind: () => 0,
    setOption: () => 0,
    unwatch: () => 0,
    close: () => 0,
    send: (message) => {
      queue.push(...(script.shift()?.(decodeMessages(message)[0]?.sequence ?? 0) ?? []));
      return message.length;
    },
    receive: (buffer, _control, from, details) => {
      receives++;
      const play = queue.shift() ?? EAGAIN;
      if (typeof play === 'number') return play;
      const address = netlinkSockaddr(0);
      new DataView(address.buffer).setUint32(4, play.port ?? 0, little);
      from?.set(address);
      details[0] = address.length;
      const bytes = Buffer.concat(play.messages);
      buffer.set(bytes);
      return bytes.length;
    },
  };
  library.Socket = function Scripted() {
    return socket;
  } as unknown as Native['Socket'];
});

afterEach(() => {
  library.Socket = real;
});

const code = (errno: number): Uint8Array => new Uint8Array(Int32Array.of(-errno).buffer);
const verdict = (sequence: number, errno: number): Uint8Array =>
  encodeMessage({
    type: NLMSG_ERROR,
    flags: 0,
    sequence,
    payload: Uint8Array.of(...code(errno), ...new Uint8Array(16)),
  });
const part = (sequence: number, flags = 0): Uint8Array =>
  encodeMessage({ type: RTM_NEWLINK, flags: NLM_F_MULTI | flags, sequence, payload: new Uint8Array(16) });
const done = (sequence: number): Uint8Array =>
  encodeMessage({ type: NLMSG_DONE, flags: NLM_F_MULTI, sequence, payload: code(0) });

describe('a change', () => {
  it('is acknowledged', () => {
    script = [(sequence) => [{ messages: [verdict(sequence, 0)] }]];
    expect(() => {
      openNetlinkRequests().change('put address', linkDump);
    }).not.toThrow();
  });

  it('is refused with the kernel’s reason', () => {
    script = [(sequence) => [{ messages: [verdict(sequence, 1)] }]];
    expect(() => {
      openNetlinkRequests().change('put address "10.0.0.1/32"', linkDump);
    }).toThrow('Cannot put address "10.0.0.1/32": EPERM; run as root or grant CAP_NET_ADMIN');
  });

  it('is waited for a bounded number of times', () => {
    script = [(sequence) => [EAGAIN, EAGAIN, { messages: [verdict(sequence, 0)] }], () => []];
    const requests = openNetlinkRequests();
    requests.change('put address', linkDump);
    receives = 0;
    expect(() => {
      requests.change('put address', linkDump);
    }).toThrow('Cannot put address: ETIMEDOUT; the kernel did not answer');
    expect(receives).toBe(100);
  });

  it('is not acknowledged by another process, nor by the answer to an earlier request', () => {
    script = [
      (sequence) => [
        { port: 4711, messages: [verdict(sequence, 0)] },
        { messages: [verdict(sequence - 1, 0)] },
        { messages: [verdict(sequence, 19)] },
      ],
    ];
    expect(() => {
      openNetlinkRequests().change('put address', linkDump);
    }).toThrow('Cannot put address: ENODEV');
  });

  it('ends with the socket when that fails', () => {
    script = [() => [-5]];
    expect(() => {
      openNetlinkRequests().change('put address', linkDump);
    }).toThrow('Cannot receive on netlink socket: EIO');
  });

  it('has an acknowledgement that can be read', () => {
    const short = (sequence: number): Uint8Array =>
      encodeMessage({ type: NLMSG_ERROR, flags: 0, sequence, payload: new Uint8Array(2) });
    script = [(sequence) => [{ messages: [short(sequence)] }]];
    expect(() => {
      openNetlinkRequests().change('put address', linkDump);
    }).toThrow('Cannot put address: EBADMSG');
  });
});

describe('a list', () => {
  it('is put together from its parts', () => {
    script = [
      (sequence) => [
        { messages: [part(sequence), part(sequence)] },
        { messages: [part(sequence), part(sequence - 1), done(sequence)] },
      ],
    ];
    expect(openNetlinkRequests().dump('list links', linkDump)).toHaveLength(3);
  });

  it('is asked for again when a change disturbed it, but not for ever', () => {
    const disturbed = (sequence: number): Play[] => [{ messages: [part(sequence, NLM_F_DUMP_INTR), done(sequence)] }];
    const whole = (sequence: number): Play[] => [{ messages: [part(sequence), part(sequence), done(sequence)] }];
    script = [disturbed, whole];
    expect(openNetlinkRequests().dump('list links', linkDump)).toHaveLength(2);
    script = Array<typeof disturbed>(20).fill(disturbed);
    expect(openNetlinkRequests().dump('list links', linkDump)).toHaveLength(1);
    expect(script).toHaveLength(15);
  });
});

describe('notifications', () => {
  it('are taken from the kernel only', () => {
    script = [() => [{ port: 4711, messages: [part(0)] }, { messages: [part(0)] }]];
    const socket = new Socket({ domain: 16, type: 3, protocol: 0, name: 'monitor' });
    socket.send(new Uint8Array(16));
    expect(receiveMessages(socket)).toEqual([]);
    expect(receiveMessages(socket)).toHaveLength(1);
    expect(receiveMessages(socket)).toBeUndefined();
  });
});
