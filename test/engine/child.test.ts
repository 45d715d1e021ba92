import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ManagerChild } from '../../src/engine/child.ts';
import type { ToManager } from '../../src/engine/messages.ts';
import { instant } from '../../src/wire/units.ts';

/** A child process that does nothing by itself. */
class Child extends EventEmitter {
  pid: number | undefined = 500;
  connected = true;
  readonly sent: ToManager[] = [];
  readonly signals: string[] = [];
  readonly #taken: (() => void)[] = [];

  send(message: ToManager, done: () => void): void {
    this.sent.push(message);
    this.#taken.push(done);
  }

  kill(signal: string): void {
    this.signals.push(signal);
  }

  /** Takes everything that was sent. */
  take(): void {
    for (const done of this.#taken.splice(0)) done();
  }
}

let children: Child[];
let refuses: boolean;

vi.mock('node:child_process', () => ({
  fork: () => {
    if (refuses) throw Object.assign(new Error('spawn'), { code: 'EMFILE' });
    const child = new Child();
    children.push(child);
    return child;
  },
}));

let exits: string[];
let starts: number[];
let messages: unknown[];
let again: boolean;
let manager: ManagerChild;

beforeEach(() => {
  vi.useFakeTimers();
  children = [];
  refuses = false;
  exits = [];
  starts = [];
  messages = [];
  again = true;
  manager = new ManagerChild({
    program: 'manager.js',
    argv: [],
    now: () => instant(Date.now()),
    onMessage: (message) => messages.push(message),
    onStart: (restarts) => starts.push(restarts),
    onExit: (status, code, restartIn) => {
      exits.push(`${status} ${code} ${restartIn}`);
      return again;
    },
  });
  manager.start();
});

afterEach(() => {
  vi.useRealTimers();
});

const last = (): Child => children.at(-1)!;
const event = (pid: number): ToManager => ({ type: 'proxy-exited', pid });

describe('the manager', () => {
  it('is told hello each time it starts, with how often it did before', () => {
    last().emit('exit', null, 'SIGKILL');
    vi.advanceTimersByTime(100);
    expect(starts).toEqual([0, 1]);
    expect(exits).toEqual(['SIGKILL 1 100']);
    expect(manager.restarts).toBe(1);
  });

  it('is started later each time, at most every ten seconds, and soon again after a long life', () => {
    for (let i = 0; i < 9; i++) {
      last().emit('exit', 1, null);
      vi.advanceTimersByTime(10_000);
    }
    expect(exits.map((exit) => exit.split(' ').at(-1))).toEqual(
      [100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000].map(String),
    );
    vi.advanceTimersByTime(60_000);
    last().emit('exit', 1, null);
    expect(exits.at(-1)).toBe('exit code 1 1 100');
  });

  it('that cannot be started is tried again', () => {
    refuses = true;
    last().emit('exit', 1, null);
    vi.advanceTimersByTime(350);
    expect(exits).toEqual(['exit code 1 1 100', 'it cannot be started 1 200', 'it cannot be started 1 400']);
    refuses = false;
    vi.advanceTimersByTime(1000);
    expect(children).toHaveLength(2);
  });

  it('that could not be spawned ends once, though error and exit both come', () => {
    const child = last();
    child.pid = undefined;
    child.emit('error', new Error('spawn EAGAIN'));
    child.emit('exit', -11, null);
    expect(exits).toHaveLength(1);
  });

  it('may have trouble with its channel and still live', () => {
    last().emit('error', new Error('write EPIPE'));
    expect(exits).toEqual([]);
  });

  it('that is gone says nothing any more', () => {
    const [first] = children;
    first?.emit('exit', 0, null);
    vi.advanceTimersByTime(100);
    first?.emit('message', { type: 'give-up', exitCode: 1 });
    last().emit('message', { type: 'snapshot', id: 1 });
    expect(messages).toEqual([{ type: 'snapshot', id: 1 }]);
  });
});

describe('sending', () => {
  it('to a manager that takes nothing ends, so that events wait where they are bounded', () => {
    let sent = 0;
    while (manager.hasRoom && sent < 10_000) manager.send(event(sent++));
    expect(sent).toBe(200);
    last().take();
    expect(manager.hasRoom).toBe(true);
  });

  it('to a manager that is gone, or has closed its channel, does nothing', () => {
    last().connected = false;
    manager.send(event(1));
    expect([manager.hasRoom, last().sent]).toEqual([false, []]);
    last().emit('exit', 0, null);
    manager.send(event(2));
    expect(manager.hasRoom).toBe(false);
  });

  it('begins anew with each manager, whatever its predecessor has not taken', () => {
    while (manager.hasRoom) manager.send(event(1));
    const [first] = children;
    first?.emit('exit', null, 'SIGKILL');
    vi.advanceTimersByTime(100);
    expect(manager.hasRoom).toBe(true);
    first?.take();
    let sent = 0;
    while (manager.hasRoom && sent < 10_000) manager.send(event(sent++));
    expect(sent).toBe(200);
  });
});

describe('silence', () => {
  const beats = (count: number): void => {
    for (let i = 0; i < count; i++) manager.beat();
  };

  it('of 6 s is the end of a manager that has spoken, and its successor comes as after any death', () => {
    last().emit('message', { type: 'alive' });
    beats(11);
    last().emit('message', { type: 'alive' });
    beats(11);
    expect(last().signals).toEqual([]);
    beats(1);
    expect(last().signals).toEqual(['SIGKILL']);
    last().emit('exit', null, 'SIGKILL');
    expect(exits).toEqual(['frozen: not a word for 6 s, killed 1 100']);
    vi.advanceTimersByTime(100);
    expect(children).toHaveLength(2);
  });

  it('is allowed for 30 s before the first word, and for as long again to the next manager', () => {
    beats(59);
    expect(last().signals).toEqual([]);
    last().emit('exit', 1, null);
    beats(100);
    vi.advanceTimersByTime(100);
    beats(59);
    expect(last().signals).toEqual([]);
    beats(1);
    expect(last().signals).toEqual(['SIGKILL']);
  });

  it('that goes on after the kill says that it cannot even be killed', () => {
    last().emit('message', { type: 'alive' });
    beats(23);
    expect(manager.isStuck).toBe(false);
    beats(1);
    expect([manager.isStuck, last().signals]).toEqual([true, ['SIGKILL']]);
    last().emit('exit', null, 'SIGKILL');
    expect(manager.isStuck).toBe(false);
  });

  it('is not what somebody else killed it for', () => {
    last().emit('message', { type: 'alive' });
    beats(5);
    last().emit('exit', null, 'SIGKILL');
    expect(exits).toEqual(['SIGKILL 1 100']);
  });
});

describe('stopping', () => {
  it('asks it to end and waits for it, and starts no other', () => {
    const stopped = vi.fn<() => void>();
    manager.stop(stopped);
    expect([last().signals, stopped.mock.calls.length]).toEqual([['SIGTERM'], 0]);
    last().emit('exit', 0, null);
    expect(stopped).toHaveBeenCalled();
    vi.advanceTimersByTime(60_000);
    expect([children.length, exits]).toEqual([1, []]);
  });

  it('does not wait for one that is frozen', () => {
    const stopped = vi.fn<() => void>();
    manager.stop(stopped);
    vi.advanceTimersByTime(1000);
    expect(stopped).toHaveBeenCalled();
  });

  it('between two managers starts no other', () => {
    last().emit('exit', 1, null);
    const stopped = vi.fn<() => void>();
    manager.stop(stopped);
    expect(stopped).toHaveBeenCalledOnce();
    vi.advanceTimersByTime(60_000);
    expect(children).toHaveLength(1);
  });

  it('is what the owner may decide at an exit', () => {
    again = false;
    last().emit('exit', 2, null);
    vi.advanceTimersByTime(60_000);
    expect(children).toHaveLength(1);
  });
});
