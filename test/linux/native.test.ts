import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { native } from '../../src/linux/native.ts';
import { AF_UNIX, unixSockaddr } from '../../src/linux/sockaddr.ts';
import { until } from './until.ts';

const library = fileURLToPath(new URL('../../src/linux/native/build/Release/linux.node', import.meta.url));
const descriptors = (): number => readdirSync('/proc/self/fd').length;
const EBADF = -9;
const EINVAL = -22;
const closeOnExecFlag = 0o2000000;

/** A pair of datagram sockets: one bound to an abstract name, one to send to it. */
function pair(): { receiver: InstanceType<ReturnType<typeof native>['Socket']>; send: (text: string) => number } {
  const address = unixSockaddr(`@vipair-native-${process.pid}-${Math.random()}`) ?? new Uint8Array();
  const receiver = new (native().Socket)(AF_UNIX, 2, 0);
  const sender = new (native().Socket)(AF_UNIX, 2, 0);
  expect(receiver.bind(address)).toBe(0);
  return { receiver, send: (text) => sender.send(new TextEncoder().encode(text), address) };
}

/** Runs JavaScript with the library as `linux` in a process of its own. */
const script = (body: string): string[] => ['-e', `const linux = require(${JSON.stringify(library)});${body}`];

describe('a native descriptor', () => {
  it('is close-on-exec and non-blocking', () => {
    const socket = new (native().Socket)(AF_UNIX, 2, 0);
    const timer = new (native().Timer)();
    const handle = new (native().Process)(process.pid);
    for (const { fd } of [socket, timer, handle]) {
      const flags = execFileSync('sed', ['-n', 's/^flags:\t//p', `/proc/${process.pid}/fdinfo/${fd}`], {
        encoding: 'utf8',
      });
      expect(Number.parseInt(flags, 8) & closeOnExecFlag).toBe(closeOnExecFlag);
    }
    expect(socket.receive(new Uint8Array(1), undefined, undefined, new Int32Array(3))).toBe(-11);
    for (const descriptor of [socket, timer, handle]) expect(descriptor.close()).toBe(0);
  });

  it('carries the errno of a failed opening, and gives it for every use', () => {
    const socket = new (native().Socket)(4711, 2, 0);
    expect(socket.fd).toBe(-97);
    expect(socket.send(new Uint8Array(1))).toBe(-97);
    expect(socket.close()).toBe(-97);
  });

  it('is closed once; every use after that is EBADF', () => {
    const socket = new (native().Socket)(AF_UNIX, 2, 0);
    expect(socket.close()).toBe(0);
    const bytes = new Uint8Array(8);
    const uses = [
      socket.fd,
      socket.close(),
      socket.bind(bytes),
      socket.setOption(1, 8, 1),
      socket.getOption(1, 8, bytes),
      socket.attachFilter(bytes),
      socket.send(bytes),
      socket.receive(bytes, undefined, undefined, new Int32Array(3)),
      socket.watch(() => {}),
      socket.unwatch(),
    ];
    expect(uses).toEqual(uses.map(() => EBADF));
  });

  it('opens again once it is closed, as often as it is asked to', () => {
    const before = descriptors();
    const socket = new (native().Socket)(AF_UNIX, 2, 0);
    expect(socket.reopen(AF_UNIX, 2, 0)).toBe(-114);
    socket.close();
    expect(socket.reopen(AF_UNIX, 1, 0)).toBe(socket.fd);
    const type = new Int32Array(1);
    expect(socket.getOption(1, 3, new Uint8Array(type.buffer))).toBe(4);
    expect(type[0]).toBe(1);
    socket.close();
    expect([socket.reopen(4711, 2, 0), socket.fd, socket.close()]).toEqual([-97, -97, -97]);
    expect(socket.reopen(AF_UNIX, 2, 0)).toBeGreaterThan(0);
    socket.close();
    expect(descriptors()).toBe(before);
  });

  it('is closed by the garbage collector, but not while it is watched', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const before = descriptors();
    const watched = ((): { fd: number; close: () => void } => {
      for (let i = 0; i < 50; i++) new (native().Socket)(AF_UNIX, 2, 0);
      const socket = new (native().Socket)(AF_UNIX, 2, 0);
      socket.watch(() => {});
      const weak = new WeakRef(socket);
      return { fd: socket.fd, close: () => weak.deref()?.close() };
    })();
    await until('the others to be collected', () => {
      collect();
      return descriptors() === before + 1;
    });
    expect(readdirSync('/proc/self/fd')).toContain(String(watched.fd));
    watched.close();
    expect(descriptors()).toBe(before);
  });

  it('refuses what is no byte array, no function and no filter', () => {
    const socket = new (native().Socket)(AF_UNIX, 2, 0) as unknown as Record<string, (...args: unknown[]) => number>;
    expect(socket['bind']?.('x')).toBe(EINVAL);
    expect(socket['send']?.()).toBe(EINVAL);
    expect(socket['watch']?.({})).toBe(EINVAL);
    expect(socket['receive']?.(new Uint8Array(1), undefined, undefined, new Int32Array(2))).toBe(EINVAL);
    expect(socket['attachFilter']?.(new Uint8Array(7))).toBe(EINVAL);
    expect(socket['getOption']?.(1, 8, 'x')).toBe(EINVAL);
    socket['close']?.();
  });

  it('refuses a method on a foreign object', () => {
    const { close } = Object.getPrototypeOf(new (native().Timer)()) as { close: () => number };
    expect(() => Reflect.apply(close, {}, [])).toThrow('Illegal invocation');
    expect(() => Reflect.apply(close, new (native().Process)(process.pid), [])).toThrow('Illegal invocation');
  });
});

describe('a native socket', () => {
  it('fills message, sender and details, and says what was cut', () => {
    const { receiver, send } = pair();
    const message = new Uint8Array(4);
    const from = new Uint8Array(32);
    const details = new Int32Array(3);
    expect(send('abcdef')).toBe(6);
    expect(receiver.receive(message, undefined, from, details)).toBe(4);
    expect(Buffer.from(message).toString()).toBe('abcd');
    expect([...details]).toEqual([0, 0, 0x20]);
    expect(receiver.receive(message, undefined, undefined, details)).toBe(-11);
    receiver.close();
  });

  it('sets and gets options', () => {
    const socket = new (native().Socket)(AF_UNIX, 2, 0);
    const value = new Int32Array(1);
    const bytes = new Uint8Array(value.buffer);
    expect(socket.setOption(1, 9, 1)).toBe(0);
    expect(socket.getOption(1, 9, bytes)).toBe(4);
    expect(value[0]).toBe(1);
    expect(socket.setOption(1, 9, new Uint8Array(4))).toBe(0);
    expect(socket.getOption(1, 9, bytes)).toBe(4);
    expect(value[0]).toBe(0);
    expect(socket.setOption(4711, 1, 1)).toBeLessThan(0);
    socket.close();
  });

  it('filters: a program that returns 0 drops everything', () => {
    const { receiver, send } = pair();
    // BPF_RET | BPF_K, 0
    expect(receiver.attachFilter(Uint8Array.of(6, 0, 0, 0, 0, 0, 0, 0))).toBe(0);
    send('dropped');
    expect(receiver.receive(new Uint8Array(9), undefined, undefined, new Int32Array(3))).toBe(-11);
    receiver.close();
  });
});

describe('a native poll', () => {
  const { Poll } = native();
  const EPOLLIN = 1;

  it('tells each change once, by its key, as many as there is room for, until the descriptor is closed', () => {
    const [poll, pairs] = [new Poll(), new Int32Array(8)];
    const [one, other] = [pair(), pair()];
    expect(poll.include(one.receiver.fd, 7)).toBe(0);
    expect(poll.include(other.receiver.fd, -8)).toBe(0);
    poll.wait(pairs);
    expect(poll.wait(pairs)).toBe(0);
    one.send('a');
    expect([poll.wait(pairs), pairs[0], pairs[1]! & EPOLLIN]).toEqual([1, 7, EPOLLIN]);
    expect(poll.wait(pairs)).toBe(0);
    one.send('b');
    other.send('c');
    expect([poll.wait(pairs.subarray(0, 3)), poll.wait(pairs.subarray(0, 3)), poll.wait(pairs)]).toEqual([1, 1, 0]);
    other.send('d');
    other.receiver.close();
    expect(poll.wait(pairs)).toBe(0);
    one.receiver.close();
    poll.close();
  });

  it('is watched as one descriptor', async () => {
    const [poll, pairs] = [new Poll(), new Int32Array(2)];
    const { receiver, send } = pair();
    const told: number[] = [];
    poll.watch(() => {
      for (let count = poll.wait(pairs); count > 0; count = poll.wait(pairs)) told.push(pairs[1]! & EPOLLIN);
    });
    poll.include(receiver.fd, 1);
    send('a');
    await until('it is told', () => told.includes(EPOLLIN));
    poll.close();
    receiver.close();
  });

  it('refuses what cannot be awaited', () => {
    const poll = new Poll();
    expect(poll.include(-1, 1)).toBe(EBADF);
    expect(poll.include(poll.fd, 1)).toBe(EINVAL);
    expect(poll.wait(new Int32Array(1))).toBe(EINVAL);
    expect(poll.hold(true)).toBe(EINVAL);
    poll.close();
    expect([poll.include(0, 1), poll.wait(new Int32Array(2)), poll.hold(true)]).toEqual([EBADF, EBADF, EBADF]);
  });
});

describe('watching', () => {
  it('calls back again and again until everything has been taken', async () => {
    const { receiver, send } = pair();
    let calls = 0;
    receiver.watch(() => {
      calls++;
      receiver.receive(new Uint8Array(9), undefined, undefined, new Int32Array(3));
    });
    expect(receiver.watch(() => {})).toBe(-114);
    for (const text of ['a', 'b', 'c']) send(text);
    await until('three calls', () => calls === 3);
    receiver.unwatch();
    send('d');
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    expect(calls).toBe(3);
    receiver.watch(() => {
      calls++;
      receiver.close();
    });
    await until('the fourth call', () => calls === 4);
  });

  it('lets exceptions of the callback through as uncaught', () => {
    const { stdout } = spawnSync(
      process.execPath,
      script(`
        const timer = new linux.Timer();
        timer.arm(0, 1);
        timer.watch(() => { timer.close(); throw new Error('a mistake'); });
        process.on('uncaughtException', (error) => console.log('uncaught', error.message));`),
      { encoding: 'utf8' },
    );
    expect(stdout).toBe('uncaught a mistake\n');
  });

  it('keeps the process alive, unless it is not held', () => {
    const watching = 'const poll = new linux.Poll(); poll.watch(() => {});';
    const end = "process.on('exit', () => console.log('idle'));";
    const idle = spawnSync(process.execPath, script(`${watching} poll.hold(false); ${end}`), { encoding: 'utf8' });
    expect(idle.stdout).toBe('idle\n');
    const timer = 'setTimeout(() => { console.log("alive"); process.exit(); }, 50).unref();';
    const held = spawnSync(process.execPath, script(`${watching} poll.hold(false); poll.hold(true); ${timer} ${end}`), {
      encoding: 'utf8',
    });
    expect(held.stdout).toBe('alive\nidle\n');
  });

  it('ends with the process, whatever is open', () => {
    const { status, signal } = spawnSync(
      process.execPath,
      script(`
        for (let i = 0; i < 20; i++) { const t = new linux.Timer(); t.arm(0, 1); t.watch(() => {}); new linux.Timer(); }
        setTimeout(() => process.exit(7), 20);`),
    );
    expect({ status, signal }).toEqual({ status: 7, signal: null });
  });

  it('ends with its thread, and closes what the thread had open', async () => {
    const before = descriptors();
    for (let i = 0; i < 30; i++) {
      const worker = new Worker(
        `const linux = require(${JSON.stringify(library)});
         const { parentPort } = require('node:worker_threads');
         for (let i = 0; i < 5; i++) {
           const timer = new linux.Timer();
           timer.watch(() => {});
           if (i === 0) timer.arm(0, 1);
           new linux.Socket(1, 2, 0);
         }
         new linux.Timer().close();
         parentPort.postMessage('ready');`,
        { eval: true },
      );
      await new Promise((resolve) => {
        worker.once('message', resolve);
      });
      await worker.terminate();
    }
    expect(descriptors()).toBe(before);
  });
});

describe('closeOnExec', () => {
  it('marks a descriptor that was inherited without the mark', () => {
    const body = `
      const flags = () => parseInt(/flags:\\s*(\\d+)/.exec(require('fs').readFileSync('/proc/self/fdinfo/77', 'utf8'))[1], 8);
      const before = flags() & 0o2000000;
      console.log(before, linux.closeOnExec(77), flags() & 0o2000000, linux.closeOnExec(78));`;
    const output = execFileSync('bash', [
      '-c',
      'exec 77</dev/null; exec "$@"',
      'bash',
      process.execPath,
      ...script(body),
    ]);
    expect(output.toString().trim()).toBe(`0 0 ${closeOnExecFlag} ${EBADF}`);
  });
});

describe('execute', () => {
  it('becomes another program, with the same pid, environment and streams', () => {
    const body = `
      console.log(process.pid);
      linux.execute(Buffer.from(['/bin/sh', '-c', 'echo $$ $GIVEN "$1"', 'sh', 'two words', ''].join('\\0')));`;
    const { stdout, status } = spawnSync(process.execPath, script(body), {
      encoding: 'utf8',
      env: { ...process.env, GIVEN: 'given' },
    });
    const [before, after] = stdout.split('\n');
    expect(after).toBe(`${before} given two words`);
    expect(status).toBe(0);
  });

  it('comes back with what the kernel said against it', () => {
    expect(native().execute(new TextEncoder().encode('/nowhere/at/all\0'))).toBe(-2);
    expect(native().execute(new TextEncoder().encode('/bin/true'))).toBe(EINVAL);
    expect(native().execute(new Uint8Array())).toBe(EINVAL);
  });
});
