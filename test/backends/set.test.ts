import { describe, expect, test } from 'vitest';
import { idOf, nameOf, sameBackends } from '../../src/backends/backend.ts';
import { inForce } from '../../src/backends/force.ts';
import { emptySet, mergeBackends, sameSet } from '../../src/backends/set.ts';
import type { BackendSet, Said } from '../../src/backends/set.ts';
import { milliseconds } from '../../src/wire/units.ts';
import { backendOf } from './sample.ts';

const said = (name: string, ...written: string[]): Said => ({ name, backends: written.map(backendOf) });
const keep = { minBackends: 1, onEmpty: 'keep' } as const;
const idsOf = (set: BackendSet): string[] => set.backends.map(({ id }) => id);

describe('the union of the sources', () => {
  test('is in their order, each backend once', () => {
    const set = mergeBackends(
      [said('a', '192.0.2.1:80', '192.0.2.2:80'), said('b', '192.0.2.3:80', '192.0.2.1:80')],
      [],
      keep,
      emptySet,
    );
    expect(set).toMatchObject({ conflicts: [], supply: 'enough', reason: undefined });
    expect(idsOf(set)).toEqual(['192.0.2.1:80', '192.0.2.2:80', '192.0.2.3:80']);
    expect(set.backends[0]?.sources).toEqual(['a', 'b']);
  });

  test('believes the first of two that differ, and says so', () => {
    const set = mergeBackends(
      [said('a', '{ address: 192.0.2.1:80, weight: 3 }'), said('b', '{ address: 192.0.2.1:80, weight: 5 }')],
      [],
      keep,
      emptySet,
    );
    expect(set.backends[0]).toMatchObject({ weight: 3 });
    expect(set.conflicts).toEqual(['192.0.2.1:80: weight 5 of b is ignored, a has it first']);
  });

  test('gives every backend a name of its own', () => {
    const set = mergeBackends(
      [
        said(
          'a',
          '{ address: 192.0.2.1:80, name: app }',
          '192.0.2.2:80',
          '{ address: 192.0.2.9:80, name: 192.0.2.2_80 }',
        ),
        said('b', '{ address: 192.0.2.3:80, name: app }', '[2001:db8::7]:80'),
      ],
      [],
      keep,
      emptySet,
    );
    const names = set.backends.map(({ name }) => name);
    expect(names).toEqual(['app', '192.0.2.2_80-2', '192.0.2.2_80', '192.0.2.3_80', '2001-db8--7_80']);
    expect(set.conflicts).toEqual(['192.0.2.3:80: the name "app" is another\'s; it is called "192.0.2.3_80"']);
  });

  test('names fit every proxy, and long ones stay different', () => {
    const long = (end: string): string => nameOf({ host: `${'a'.repeat(60)}.${'b'.repeat(60)}.${end}`, port: 80 });
    expect(long('example')).not.toBe(long('example2'));
    for (const name of [
      long('example'),
      nameOf({ host: '::7', port: 1 }),
      nameOf({ host: 'app.example.net', port: 80 }),
    ]) {
      expect(name).toMatch(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/);
    }
    expect(idOf({ host: '2001:db8::7', port: 80 })).toBe('[2001:db8::7]:80');
  });

  test('is overruled by the command line', () => {
    const overrides = [
      { id: '192.0.2.1:80', admin: 'drain', weight: undefined },
      { id: '192.0.2.2:80', admin: undefined, weight: 9 },
      { id: '192.0.2.99:80', admin: 'drain', weight: undefined },
    ] as const;
    const set = mergeBackends([said('a', '192.0.2.1:80', '192.0.2.2:80')], overrides, keep, emptySet);
    expect(set.backends).toMatchObject([
      { admin: 'drain', weight: 1 },
      { admin: 'ready', weight: 9 },
    ]);
  });

  test('has a bound', () => {
    const many = Array.from({ length: 10_001 }, (_, at) => ({ ...backendOf('192.0.2.1:80'), port: at + 1 }));
    const set = mergeBackends([{ name: 'a', backends: many }], [], keep, emptySet);
    expect(set.backends).toHaveLength(10_000);
    expect(set.conflicts.join()).toContain('a service has at most 10000 backends');
  });
});

describe('a source that suddenly says none', () => {
  const four = mergeBackends(
    [said('a', '192.0.2.1:80', '192.0.2.2:80', '192.0.2.3:80', '192.0.2.4:80')],
    [],
    keep,
    emptySet,
  );

  test('keeps the last good set, and says why', () => {
    const set = mergeBackends([said('a')], [], keep, four);
    expect(set).toMatchObject({
      supply: 'kept',
      reason: 'the sources say that there are none, and min_backends is 1',
      backends: four.backends,
    });
    // It stays so, however often it is asked, and ends with the first good answer.
    expect(mergeBackends([said('a')], [], keep, set).backends).toEqual(four.backends);
    expect(idsOf(mergeBackends([said('a', '192.0.2.9:80')], [], keep, set))).toEqual(['192.0.2.9:80']);
  });

  test('with min_backends also a loss of some', () => {
    const set = mergeBackends([said('a', '192.0.2.1:80')], [], { ...keep, minBackends: 2 }, four);
    expect(set).toMatchObject({ supply: 'kept', reason: 'the sources say only 1, and min_backends is 2' });
    expect(idsOf(set)).toHaveLength(4);
    expect(idsOf(mergeBackends([said('a', '192.0.2.1:80')], [], keep, four))).toEqual(['192.0.2.1:80']);
  });

  test('who is drained stays drained in the set that is kept', () => {
    const drained = [{ id: '192.0.2.1:80', admin: 'drain', weight: undefined } as const];
    const set = mergeBackends([said('a')], drained, keep, four);
    expect(set.backends.map(({ admin }) => admin)).toEqual(['drain', 'ready', 'ready', 'ready']);
    expect(mergeBackends([said('a')], [], keep, set).backends[0]?.admin).toBe('ready');
  });

  test('at the start there is nothing to keep', () => {
    expect(mergeBackends([said('a')], [], keep, emptySet)).toMatchObject({ supply: 'few', backends: [] });
    const one = mergeBackends([said('a', '192.0.2.1:80')], [], { ...keep, minBackends: 2 }, emptySet);
    expect(one).toMatchObject({ supply: 'few' });
    expect(idsOf(one)).toEqual(['192.0.2.1:80']);
  });

  test('with sorry what there is is in force, with refuse nobody', () => {
    expect(mergeBackends([said('a')], [], { ...keep, onEmpty: 'sorry' }, four)).toMatchObject({
      supply: 'few',
      backends: [],
    });
    const refused = mergeBackends([said('a')], [], { ...keep, onEmpty: 'refuse' }, four);
    expect(refused.supply).toBe('refused');
    expect(refused.backends.map(({ admin }) => admin)).toEqual(['maint', 'maint', 'maint', 'maint']);
    expect(mergeBackends([said('a', '192.0.2.1:80')], [], { ...keep, onEmpty: 'refuse' }, refused)).toMatchObject({
      supply: 'enough',
      backends: [{ admin: 'ready' }],
    });
  });

  test('min_backends 0 takes none for an answer', () => {
    expect(mergeBackends([said('a')], [], { ...keep, minBackends: 0 }, four)).toMatchObject({
      supply: 'enough',
      backends: [],
    });
  });
});

describe('what a proxy is rendered from', () => {
  const set = mergeBackends([said('a', '192.0.2.1:80', '192.0.2.2:80')], [], keep, emptySet);
  const verdicts = (...states: ('up' | 'down')[]) =>
    new Map(states.map((state, at) => [`192.0.2.${at + 1}:80`, { state }]));
  const healthOf = (onEmpty: 'keep' | 'sorry', ...states: ('up' | 'down')[]): string[] =>
    inForce(set, verdicts(...states), { onEmpty }).servers.map(({ health }) => health);

  test('is the set with its verdicts; who was not judged is unknown', () => {
    expect(healthOf('keep', 'up', 'down')).toEqual(['up', 'down']);
    expect(healthOf('keep', 'up')).toEqual(['up', 'unknown']);
  });

  test('when all are down, keep hopes, and sorry does not', () => {
    expect(healthOf('keep', 'down', 'down')).toEqual(['unknown', 'unknown']);
    expect(healthOf('sorry', 'down', 'down')).toEqual(['down', 'down']);
  });

  test('who is drained does not count', () => {
    const drained = mergeBackends(
      [said('a', '192.0.2.1:80', '192.0.2.2:80')],
      [{ id: '192.0.2.1:80', admin: 'drain', weight: undefined }],
      keep,
      emptySet,
    );
    const force = inForce(drained, verdicts('up', 'down'), keep);
    expect(force).toMatchObject({ isHoping: true, servers: [{ health: 'up' }, { health: 'unknown' }] });
  });
});

describe('whether something has changed', () => {
  const plain = backendOf('{ address: 192.0.2.1:80, name: a }');

  test.each([
    { name: 'b' },
    { name: undefined },
    { host: '192.0.2.2' },
    { port: 81 },
    { weight: 2 },
    { backup: true },
    { maxConnections: 5 },
    { slowStart: milliseconds(1000) },
  ])('in a backend: %j', (change) => {
    expect(sameBackends([plain], [{ ...plain }])).toBe(true);
    expect(sameBackends([plain, plain], [plain, { ...plain, ...change }])).toBe(false);
  });

  test('in a list', () => {
    const other = backendOf('192.0.2.2:80');
    expect(sameBackends([plain, other], [plain])).toBe(false);
    expect(sameBackends([plain], [plain, other])).toBe(false);
    expect(sameBackends([plain, other], [other, plain])).toBe(false);
    expect(sameBackends([], [])).toBe(true);
  });

  test('in a set', () => {
    const set = mergeBackends([said('a', '192.0.2.1:80'), said('b', '192.0.2.1:80')], [], keep, emptySet);
    const [backend] = set.backends;
    const changes: Partial<BackendSet>[] = [
      { supply: 'few' },
      { reason: 'because' },
      { conflicts: ['a'] },
      { backends: [] },
      { backends: [{ ...backend!, admin: 'drain' }] },
      { backends: [{ ...backend!, sources: ['a'] }] },
      { backends: [{ ...backend!, weight: 9 }] },
    ];
    expect(sameSet(set, structuredClone(set))).toBe(true);
    for (const change of changes) expect(sameSet(set, { ...set, ...change }), JSON.stringify(change)).toBe(false);
  });
});
