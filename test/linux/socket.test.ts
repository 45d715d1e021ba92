import { afterEach, describe, expect, it } from 'vitest';
import { native, type Native, type NativeSocket } from '../../src/linux/native.ts';
import { AF_UNIX, unixSockaddr } from '../../src/linux/sockaddr.ts';
import { SOCK_DGRAM, Socket, type SocketOptions } from '../../src/linux/socket.ts';

const library = native() as { Socket: Native['Socket'] };
const real = library.Socket;

afterEach(() => {
  library.Socket = real;
});

const options: SocketOptions = { domain: AF_UNIX, type: SOCK_DGRAM, protocol: 0, name: 'test socket' };

/** A kernel that plays back what each receive returns, and counts how often the watch was ended. */
function scripted(...outcomes: number[]): { unwatched: number } {
  const kernel = { unwatched: 0 };
  const socket: Partial<NativeSocket> = {
    fd: 3,
    receive: () => outcomes.shift() ?? -11,
    unwatch: () => ++kernel.unwatched,
  };
  library.Socket = function Scripted() {
    return socket;
  } as unknown as Native['Socket'];
  return kernel;
}

describe('a socket', () => {
  it('says what could not be opened, and what to do', () => {
    expect(() => new Socket({ ...options, domain: 4711, advice: 'load the module' })).toThrow(
      'Cannot open test socket: EAFNOSUPPORT; load the module',
    );
  });

  it('says what could not be done with it', () => {
    const socket = new Socket(options);
    const nobody = unixSockaddr('@vipair-nobody') ?? new Uint8Array();
    expect(() => socket.send(new Uint8Array(1), nobody)).toThrow('Cannot send on test socket: ECONNREFUSED');
    expect(() => socket.setOption('device', 1, 25, new Uint8Array(16).fill(65), 'advice')).toThrow(
      /^Cannot set device of test socket: \w+; advice$/,
    );
    expect(() => socket.bind(new Uint8Array(1))).toThrow('Cannot bind test socket: EINVAL');
    socket.close();
    socket.close();
    expect(() => socket.receive()).toThrow('Cannot receive on test socket: EBADF');
    expect(() => socket.watch(() => {})).toThrow('Cannot watch test socket: EBADF');
  });

  it('delivers a datagram, then nothing', () => {
    const address = unixSockaddr(`@vipair-socket-${process.pid}`) ?? new Uint8Array();
    const receiver = new Socket({ ...options, bufferBytes: 4 }).prepare((socket) => socket.bind(address));
    const sender = new Socket(options);
    sender.send(new TextEncoder().encode('abcd'), address);
    sender.send(new TextEncoder().encode('abcde'), address);
    expect(receiver.receive()).toMatchObject({ bytes: new TextEncoder().encode('abcd'), truncated: false });
    expect(receiver.receive()).toMatchObject({ bytes: new TextEncoder().encode('abcd'), truncated: true });
    expect(receiver.receive()).toBeUndefined();
    receiver.close();
    sender.close();
  });

  it('is closed when a step of its preparation fails', () => {
    const socket = new Socket(options);
    expect(socket.isOpen).toBe(true);
    expect(() => socket.prepare((opened) => opened.bind(new Uint8Array(1)))).toThrow('EINVAL');
    expect(socket.isOpen).toBe(false);
  });

  it('stops being watched after an error that would come again at once', () => {
    const kernel = scripted(-5);
    const socket = new Socket({ ...options, passing: ['ENETDOWN'] });
    expect(() => socket.receive()).toThrow('Cannot receive on test socket: EIO');
    expect(kernel.unwatched).toBe(1);
  });

  it('stays watched after an error that passes, and when nothing is queued', () => {
    const kernel = scripted(-100, -11);
    const socket = new Socket({ ...options, passing: ['ENETDOWN'] });
    expect(() => socket.receive()).toThrow('ENETDOWN');
    expect(socket.receive()).toBeUndefined();
    expect(kernel.unwatched).toBe(0);
  });
});
