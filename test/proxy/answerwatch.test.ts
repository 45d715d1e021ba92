import { describe, expect, it } from 'vitest';
import { AnswerWatch } from '../../src/proxy/answerwatch.ts';
import type { Answer } from '../../src/proxy/answerwatch.ts';
import { combine, levelWords } from '../../src/proxy/liveness.ts';
import type { Verdict } from '../../src/proxy/observe.ts';
import { questionsFor } from '../../src/proxy/question.ts';
import type { Question } from '../../src/proxy/question.ts';
import { addressOf } from '../../src/wire/address.ts';
import { milliseconds } from '../../src/wire/units.ts';

const LOCAL = addressOf('127.0.0.1');
const ANY = addressOf('0.0.0.0');
const question = (port: number): Question => ({ address: LOCAL, port, how: { kind: 'accept' } });

/** A watch whose questions wait for what the test answers. */
function scripted(ports: readonly number[] = [80], fall = 2, rise = 2) {
  const waiting = new Map<number, (answer: Answer) => void>();
  const asked: number[][] = [];
  let turns = 0;
  const watch = new AnswerWatch({
    probe: { urls: [], period: milliseconds(250), timeout: milliseconds(250), fall, rise },
    ask: ({ port }, _, done) => {
      asked.at(-1)?.push(port);
      waiting.set(port, done);
      return () => waiting.delete(port);
    },
    onTurn: () => turns++,
  });
  const round = (results: Record<number, 'good' | 'bad' | 'late'> = {}): void => {
    asked.push([]);
    watch.round(ports.map(question));
    for (const [port, done] of waiting) {
      const result = results[port] ?? 'good';
      waiting.delete(port);
      const duration = milliseconds(result === 'late' ? 900 : 1);
      done({ result: result === 'good' ? 'good' : 'bad', reason: result === 'good' ? 'accepted' : 'not', duration });
    }
  };
  return { watch, round, asked, turns: () => turns };
}

describe('asking the proxy', () => {
  it('believes the second failure in a row, and the second answer', () => {
    const { watch, round, turns } = scripted();
    round();
    round({ 80: 'bad' });
    round();
    round({ 80: 'bad' });
    expect(watch.trouble).toBeUndefined();
    round({ 80: 'bad' });
    expect(watch.trouble).toBe('a connection to 127.0.0.1:80 failed: not');
    round();
    expect(watch.trouble).toBeDefined();
    round();
    expect([watch.trouble, turns()]).toEqual([undefined, 2]);
    expect(watch.words).toBe('a connection to 127.0.0.1:80: accepted');
  });

  it('passes over a failure that is later than its time-out: it was this program that was away', () => {
    const { watch, round } = scripted();
    for (let i = 0; i < 5; i++) round({ 80: 'late' });
    expect(watch.trouble).toBeUndefined();
  });

  it('asks few at once, each in its turn, and one that fails every time', () => {
    const ports = Array.from({ length: 20 }, (_, i) => 1000 + i);
    const { round, asked, watch } = scripted(ports);
    for (let i = 0; i < 6; i++) round({ 1003: 'bad' });
    expect(Math.max(...asked.map((some) => some.length))).toBeLessThanOrEqual(9);
    expect(new Set(asked.flat()).size).toBe(20);
    expect(asked.slice(1).every((some) => some.includes(1003))).toBe(true);
    expect(watch.trouble).toContain(':1003');
  });

  it('forgets what is no longer asked', () => {
    const { watch, round } = scripted();
    round({ 80: 'bad' });
    round({ 80: 'bad' });
    watch.reset();
    expect([watch.trouble, watch.words]).toEqual([undefined, undefined]);
  });
});

describe('what is asked', () => {
  const probe = { urls: [] };
  const isOwn = (address: string): boolean => address.startsWith('127.') || address === '192.0.2.101';
  const service = (listen: { address?: string; port: number }[], more: object = {}) =>
    ({
      mode: 'http',
      healthPath: undefined,
      listen: listen.map(({ address, port }) => ({ address: address && addressOf(address), port })),
      ...more,
    }) as never;
  const asked = (services: never[], held: { address: typeof ANY; port: number }[] = []): unknown[] =>
    questionsFor({ probe, services, held, isOwn }).map(({ address, port, how }) => [address, port, how.kind]);

  it('is the health path where the proxy has one, otherwise whether a connection is accepted', () => {
    expect(asked([service([{ port: 80 }], { healthPath: '/healthz' })])).toEqual([['127.0.0.1', 80, 'http']]);
    expect(asked([service([{ port: 80 }])])).toEqual([['127.0.0.1', 80, 'accept']]);
    expect(asked([service([{ port: 5432 }], { mode: 'tcp' })])).toEqual([['127.0.0.1', 5432, 'accept']]);
  });

  it('goes through the VIP where the proxy listens nowhere else, and only while it is here', () => {
    const here = service([{ address: '192.0.2.101', port: 80 }]);
    const away = service([{ address: '192.0.2.102', port: 80 }]);
    expect(asked([here, away])).toEqual([['192.0.2.101', 80, 'accept']]);
  });

  it('without services is whatever the proxy listens on', () => {
    expect(asked([], [{ address: ANY, port: 8080 }])).toEqual([['127.0.0.1', 8080, 'accept']]);
  });

  it('is what the configuration says, and nothing else', () => {
    const url = { scheme: 'http', address: LOCAL, port: 80, path: '/up', host: 'www.example.net' } as const;
    expect(questionsFor({ probe: { urls: [url] }, services: [service([{ port: 80 }])], held: [], isOwn })).toEqual([
      {
        address: LOCAL,
        port: 80,
        how: { kind: 'http', path: '/up', host: 'www.example.net', status: [{ from: 200, to: 399 }] },
      },
    ]);
  });
});

describe('the three levels together', () => {
  const process: Verdict = {
    state: 'well',
    reason: 'it runs',
    main: { pid: 1, startTime: 1 },
    workers: [2],
    notes: [],
  };
  const listener = { trouble: undefined, shared: undefined };
  const answer = { trouble: undefined, words: 'answered' };

  it('are well when all are, and dead when one is', () => {
    expect(combine({ process, listener, answer }).state).toBe('well');
    const hung = combine({ process, listener, answer: { ...answer, trouble: 'no answer' } });
    expect(hung).toMatchObject({ state: 'dead', reason: 'no answer', main: { pid: 1 } });
    const stolen = combine({ process, listener: { ...listener, trouble: 'stolen' }, answer });
    expect(stolen).toMatchObject({ state: 'dead', reason: 'stolen' });
    const gone = { ...process, state: 'dead', reason: 'gone' } as const;
    expect(combine({ process: gone, listener, answer })).toMatchObject({ state: 'dead', reason: 'gone' });
  });

  it('are degraded when a stranger shares a port', () => {
    const levels = { process, listener: { ...listener, shared: 'shares port 80' }, answer };
    expect(combine(levels)).toMatchObject({ state: 'degraded', reason: 'shares port 80' });
    expect(levelWords(levels).map(({ state }) => state)).toEqual(['well', 'degraded', 'well']);
  });
});
