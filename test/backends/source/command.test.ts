import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/backends/clock.ts';
import { openCommandStore } from '../../../src/backends/source/command.ts';
import { formatState, parseState } from '../../../src/backends/source/statefile.ts';
import { backendOf, shown } from '../sample.ts';
import { until } from '../until.ts';

let directory: string;
let file: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'vipair-state-'));
  file = join(directory, 'sub', 'backends.json');
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const open = () => openCommandStore(file, systemClock);
const backendsOf = (service: string): string[] => {
  const source = open().source(service);
  source.start(() => {});
  return shown(source.state().backends);
};

describe('orders of the command line', () => {
  test('hold after a restart', () => {
    const store = open();
    expect(store.add('web', '192.0.2.1:80')).toEqual({ id: '192.0.2.1:80' });
    expect(store.add('web', '[2001:db8::7]:80')).toEqual({ id: '[2001:db8::7]:80' });
    expect(store.add('web', '{ address: app.example.net, port: 81, weight: 3, slow_start: 30s, name: app }')).toEqual({
      id: 'app.example.net:81',
    });
    store.admin('web', '192.0.2.1:80', 'drain');
    store.weight('web', '192.0.2.1:80', 7);
    store.weight('api', '192.0.2.9:80', 2);
    expect(backendsOf('web')).toEqual([
      '192.0.2.1:80',
      '[2001:db8::7]:80',
      'app.example.net:81 name=app weight=3 slow_start=30s',
    ]);
    expect(open().overrides('web')).toEqual([{ id: '192.0.2.1:80', admin: 'drain', weight: 7 }]);
    expect(open().overrides('api')).toEqual([{ id: '192.0.2.9:80', admin: undefined, weight: 2 }]);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  test('are taken back', () => {
    const store = open();
    store.add('web', '192.0.2.1:80');
    store.admin('web', '192.0.2.1:80', 'drain');
    store.weight('web', '192.0.2.1:80', 7);
    store.admin('web', '192.0.2.1:80', 'ready');
    expect(open().overrides('web')).toEqual([{ id: '192.0.2.1:80', admin: undefined, weight: 7 }]);
    store.weight('web', '192.0.2.1:80', undefined);
    expect(open().overrides('web')).toEqual([]);
    store.admin('web', '192.0.2.1:80', 'maint');
    expect(store.remove('web', '192.0.2.1:80')).toEqual({ id: '192.0.2.1:80' });
    expect(backendsOf('web')).toEqual([]);
    expect(open().overrides('web')).toEqual([]);
  });

  test('adding once more is changing', () => {
    const store = open();
    store.add('web', '192.0.2.1:80');
    store.add('web', '{ address: 192.0.2.1:80, weight: 9 }');
    expect(backendsOf('web')).toEqual(['192.0.2.1:80 weight=9']);
  });

  test('are told to whoever listens', async () => {
    const store = open();
    const source = store.source('web');
    let changes = 0;
    source.start(() => changes++);
    await until('the first', () => changes === 1);
    store.add('web', '192.0.2.1:80');
    await until('the second', () => changes === 2);
    expect(shown(source.state().backends)).toEqual(['192.0.2.1:80']);
    source.close();
    store.add('web', '192.0.2.2:80');
    await Promise.resolve();
    expect(changes).toBe(2);
  });

  test.each([
    ['192.0.2.1', 'has no port'],
    ['192.0.2.1:99999', 'is no address and port'],
    ['{ address: 192.0.2.1:80, wieght: 3 }', 'did you mean "weight"?'],
    ['{ address: 192.0.2.1:80, name: "a;b" }', 'is no name of a backend'],
    ['{ address: 192.0.2.1:80', 'not valid YAML'],
    ['a b; c:80', 'is no IPv4 or IPv6 address'],
  ])('add %s is refused', (written, reason) => {
    expect(open().add('web', written)).toEqual({ refused: expect.stringContaining(reason) });
    expect(existsSync(file)).toBe(false);
  });

  test('what was not added is not removed, and a weight has bounds', () => {
    expect(open().remove('web', '192.0.2.1:80')).toEqual({ refused: expect.stringContaining('drain it instead') });
    expect(open().weight('web', '192.0.2.1:80', 257)).toEqual({ refused: expect.stringContaining('from 1 to 256') });
  });
});

describe('the file of orders', () => {
  test.each([
    '',
    '{',
    '[]',
    '{"version":2,"services":{}}',
    '{"version":1,"services":{"web":{"backends":["x"],"overrides":[]}}}',
  ])('holding %j is told and never overwritten', (text) => {
    mkdirSync(join(directory, 'sub'));
    writeFileSync(file, text);
    const store = open();
    const refused = { refused: expect.stringContaining('it is not what vipair wrote') };
    expect(store.add('web', '192.0.2.1:80')).toEqual(refused);
    const source = store.source('web');
    source.start(() => {});
    expect(source.state()).toMatchObject({ backends: [], error: refused.refused });
    expect(readFileSync(file, 'utf8')).toBe(text);
  });

  test('that cannot be written is a refusal, and nothing has changed', () => {
    writeFileSync(join(directory, 'sub'), 'a file where a directory should be');
    const store = open();
    expect(store.add('web', '192.0.2.1:80')).toEqual({ refused: expect.stringContaining('Cannot ') });
    expect(backendsOf('web')).toEqual([]);
  });

  test('what was left by a crash in the middle is no matter', () => {
    open().add('web', '192.0.2.1:80');
    writeFileSync(`${file}.new`, '{"version":1,"serv');
    chmodSync(`${file}.new`, 0o600);
    expect(backendsOf('web')).toEqual(['192.0.2.1:80']);
    open().add('web', '192.0.2.2:80');
    expect(backendsOf('web')).toEqual(['192.0.2.1:80', '192.0.2.2:80']);
  });

  test('is read as it was written', () => {
    const state = new Map([
      [
        'web',
        {
          backends: [backendOf('{ address: "[2001:db8::7]:80", backup: true, max_connections: 5 }')],
          overrides: [{ id: '[2001:db8::7]:80', admin: 'maint', weight: 3 } as const],
        },
      ],
    ]);
    expect(parseState(formatState(state))).toEqual(state);
  });
});
