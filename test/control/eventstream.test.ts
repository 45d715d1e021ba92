import { mkdtempSync, rmSync } from 'node:fs';
import type { Server } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { readEvents } from '../../src/control/client.ts';
import type { EventLine, EventRecord } from '../../src/control/event.ts';
import type { EventSource } from '../../src/control/eventstream.ts';
import { openControlServer } from '../../src/control/server.ts';
import { record } from '../manager/record.ts';
import { idle, status } from './status.ts';

/** A log that keeps so many events. */
class Source implements EventSource {
  readonly #most: number;
  readonly listeners = new Set<() => void>();
  records: EventRecord[] = [];
  last = 0;

  constructor(most: number) {
    this.#most = most;
  }

  tell(text = 'x'): void {
    this.records = [...this.records, record({ seq: ++this.last, text })].slice(-this.#most);
    for (const listener of this.listeners) listener();
  }

  after(seq: number): ReturnType<EventSource['after']> {
    const records = this.records.filter((one) => one.seq > (seq > this.last ? 0 : seq));
    return { missed: Math.max(0, (records[0]?.seq ?? seq + 1) - seq - 1), records };
  }

  listen(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}

let folder: string;
let path: string;
let source: Source;
let server: Server;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'stream-'));
  path = join(folder, 'control.sock');
  source = new Source(10);
  const handlers = { ...idle, status: async () => status(), reload: () => Promise.reject(new Error('no')) };
  server = await openControlServer(
    path,
    {
      ...handlers,
      get events() {
        return source;
      },
    },
    () => {},
  );
});

afterEach(() => {
  vi.useRealTimers();
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true });
});

async function read(question: Partial<Parameters<typeof readEvents>[1]>): Promise<EventLine[]> {
  const lines: EventLine[] = [];
  await readEvents(path, { since: undefined, last: undefined, follow: false, ...question }, (line) => lines.push(line));
  return lines;
}

const numbers = (lines: readonly EventLine[]): number[] => lines.flatMap((line) => ('seq' in line ? [line.seq] : []));

describe('events', () => {
  it('are those that are kept, those after a number, or the last', async () => {
    for (let i = 0; i < 5; i++) source.tell();
    expect(numbers(await read({}))).toEqual([1, 2, 3, 4, 5]);
    expect(numbers(await read({ since: 3 }))).toEqual([4, 5]);
    expect(numbers(await read({ last: 2 }))).toEqual([4, 5]);
    expect(numbers(await read({ since: 1, last: 2 }))).toEqual([4, 5]);
    expect(await read({ since: 5 })).toEqual([]);
  });

  it('come after how many are missing', async () => {
    for (let i = 0; i < 25; i++) source.tell();
    const lines = await read({ since: 5 });
    expect(lines[0]).toEqual({ missed: 10 });
    expect(numbers(lines)).toHaveLength(10);
    expect(await read({})).toHaveLength(10);
  });

  it('are followed in order, from now or from a number, until the reader leaves', async () => {
    source.tell('before');
    const seen: number[] = [];
    const later: number[] = [];
    const all = readEvents(path, { since: 0, last: undefined, follow: true }, (line) => seen.push(...numbers([line])));
    const some = readEvents(path, { since: undefined, last: undefined, follow: true }, (line) =>
      later.push(...numbers([line])),
    );
    await vi.waitFor(() => expect([seen, source.listeners.size]).toEqual([[1], 2]));
    for (let i = 0; i < 5; i++) source.tell();
    await vi.waitFor(() =>
      expect([seen, later]).toEqual([
        [1, 2, 3, 4, 5, 6],
        [2, 3, 4, 5, 6],
      ]),
    );
    server.closeAllConnections();
    await Promise.allSettled([all, some]);
    await vi.waitFor(() => expect(source.listeners.size).toBe(0));
  });

  it('are refused for what is no number', async () => {
    const socket = connect(path);
    socket.write('GET /v1/events?since=x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    let answer = '';
    socket.on('data', (data) => (answer += data.toString()));
    await new Promise((resolve) => socket.on('close', resolve));
    expect(answer).toMatch(/^HTTP\/1\.1 400 [\s\S]*is no since; write a number/);
  });
});

describe('a reader that does not read', () => {
  it('is cut off, and nobody waits for it', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    source = new Source(10_000);
    const socket = connect(path);
    socket.on('error', () => {});
    socket.pause();
    socket.write('GET /v1/events?since=0&follow HTTP/1.1\r\nHost: x\r\n\r\n');
    await vi.waitFor(() => expect(source.listeners.size).toBe(1));
    for (let i = 0; i < 10_000; i++) source.tell('x'.repeat(1000));
    const seen: number[] = [];
    const other = readEvents(path, { since: source.last - 1, last: undefined, follow: true }, (line) =>
      seen.push(...numbers([line])),
    );
    await vi.waitFor(() => expect(seen).toEqual([source.last]));
    expect(source.listeners.size).toBe(2);
    await vi.advanceTimersByTimeAsync(10_000);
    await vi.waitFor(() => expect(source.listeners.size).toBe(1));
    server.closeAllConnections();
    await Promise.allSettled([other]);
  });
});
