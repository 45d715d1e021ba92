import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sampleServer, sampleService } from '../../profiles/sample.ts';
import { now } from '../../src/linux/clock.ts';
import { OpError } from '../../src/linux/operror.ts';
import { Applier } from '../../src/proxy/apply.ts';
import type { ApplyOptions } from '../../src/proxy/apply.ts';
import type { ApplyResult } from '../../src/proxy/request.ts';
import { hostDisk } from '../../src/proxy/disk.ts';
import type { Found } from '../../src/proxy/family.ts';
import type { FrontModel } from '../../src/proxy/model.ts';
import type { Profile } from '../../src/proxy/profile.ts';
import { milliseconds } from '../../src/wire/units.ts';
import { front, process } from './scripted.ts';

/** How the scripted proxy takes its next reloads, the last one for all that follow. */
type Reaction = 'new' | 'none' | 'half';

let directory: string;
let reactions: Reaction[];
let found: Found | undefined;
let served: string;
let reloads: number;

const file = (): string => join(directory, 'front.conf');
const textOf = (): string => readFileSync(file(), 'utf8');
const weight = (value: number): FrontModel => ({
  services: [sampleService({ servers: [sampleServer({ weight: value })] })],
});

/** A proxy whose configuration is JSON, and whose checker dislikes the weight 13. */
const profile: Profile = {
  ...front,
  render: (model, options) => [
    {
      path: join(options.directory, 'front.conf'),
      text: `${JSON.stringify(model.services[0]?.servers)}\n`,
      kind: 'part',
    },
  ],
  steering: {
    ...front.steering,
    patience: milliseconds(150),
    validation: (_binary, _launch, candidates) => ({
      files: [],
      command: [
        '/bin/sh',
        '-c',
        '! grep -n "\\"weight\\":13" "$0" | sed "s|^|$0:|" | grep .',
        [...candidates.values()][0] ?? '',
      ],
    }),
    findings: (output) =>
      [...output.matchAll(/^([^:\n]+):(\d+):/gm)].map(([, path, line]) => ({
        ...{ isError: true, file: path, line: Number(line), message: 'the weight is unlucky' },
      })),
  },
};

const foundWith = (...workers: readonly number[]): Found => ({
  main: process(10, 'main'),
  workers: workers.map((pid) => process(pid, 'worker', { parent: 10 })),
  ...{ leaving: [], children: [...workers], alone: false, by: 'name' },
});

const applierOn = (change: Partial<ApplyOptions> = {}): Applier =>
  new Applier({
    ...{ profile, binary: '/bin/true', directory, label: undefined, pidFile: '/run/front.pid' },
    budget: { spacing: milliseconds(0), reloads: 1000, refill: milliseconds(1000) },
    time: { now, sleep: (duration) => new Promise((resolve) => setTimeout(resolve, duration)) },
    runner: {
      find: () => found,
      again: () => found,
      signal() {
        reloads++;
        const reaction = reactions.length > 1 ? reactions.shift() : reactions[0];
        const last = found?.workers.at(-1)?.pid ?? 10;
        if (reaction === 'new') [found, served] = [foundWith(last + 1), textOf()];
        if (reaction === 'half') found = foundWith(last, last + 1);
      },
      surroundings: () => ({ directory: undefined, environment: undefined }),
      listensOn: () => true,
    },
    ...change,
  });

const apply = (applier: Applier, model: FrontModel, force = false): Promise<ApplyResult> =>
  applier.apply({ model, cause: 'test', isByHand: true, force });

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'vipair-apply-'));
  [reactions, found, served, reloads] = [['new'], foundWith(11), '', 0];
});
afterEach(() => rmSync(directory, { recursive: true }));

describe('an apply', () => {
  it('is effective when new workers serve and no old one does', async () => {
    const applier = applierOn();
    expect(await apply(applier, weight(1))).toMatchObject({ result: 'effective', method: 'reload', id: 1 });
    expect([served, reloads]).toEqual([textOf(), 1]);
    expect(applier.records).toMatchObject([{ id: 1, cause: 'test', result: 'effective', isKept: true }]);
  });

  it('writes nothing and tells nobody when nothing has changed, in the next run too', async () => {
    await apply(applierOn(), weight(1));
    const names = (): string[] => readdirSync(directory, { recursive: true, encoding: 'utf8' }).toSorted();
    const before = names();
    expect(
      await apply(applierOn({ disk: { ...hostDisk, write: () => expect.unreachable() } }), weight(1)),
    ).toMatchObject({
      result: 'unchanged',
    });
    expect([names(), reloads]).toEqual([before, 1]);
  });

  it('renders nothing again that was prepared, and looks at the files anew', async () => {
    let renderings = 0;
    const counting: Profile = { ...profile, render: (...given) => (renderings++, profile.render(...given)) };
    const applier = applierOn({ profile: counting });
    const [first, second] = [weight(1), weight(2)];
    await applier.prepare(first);
    expect([readdirSync(directory), reloads, renderings]).toEqual([[], 0, 1]);
    expect(await apply(applier, first)).toMatchObject({ result: 'effective' });
    await applier.prepare(second);
    writeFileSync(file(), `${textOf()}# by hand\n`);
    expect(await apply(applier, second)).toMatchObject({
      result: 'refused',
      message: expect.stringContaining('edited') as string,
    });
    expect(renderings).toBe(2);
  });

  it('is prepared without a word about what is in its way', async () => {
    const applier = applierOn({ binary: '/nowhere' });
    await applier.prepare(weight(1));
    expect(await apply(applier, weight(1))).toMatchObject({
      result: 'failed',
      message: expect.stringContaining('install it') as string,
    });
  });

  it('reloads a main process that it has not reloaded before', async () => {
    await apply(applierOn(), weight(1));
    found = { ...foundWith(21), main: process(20, 'main') };
    expect(await apply(applierOn(), weight(1))).toMatchObject({ result: 'effective', method: 'reload' });
  });

  it('touches nothing that the checker refuses, and passes on its words, file and line', async () => {
    const applier = applierOn();
    await apply(applier, weight(1));
    const refused = await apply(applier, weight(13));
    expect(refused).toMatchObject({ result: 'refused', method: 'none' });
    expect(refused.findings[0]).toBe(`${file()}:2: the weight is unlucky ("${textOf13}")`);
    expect([textOf(), reloads]).toEqual([served, 1]);
    expect(readdirSync(directory)).toEqual(['.vipair', 'front.conf']);
  });

  it.each([
    [['new', 'none'], 2],
    [['new', 'half', 'new'], 3],
  ] as const)('goes back when the proxy does not take it (%s)', async (script, signals) => {
    reactions = [...script];
    const applier = applierOn();
    await apply(applier, weight(1));
    const before = textOf();
    expect(await apply(applier, weight(2))).toMatchObject({ result: 'rolled-back' });
    expect([textOf(), served, reloads]).toEqual([before, before, signals]);
    reactions = ['new'];
    expect(await apply(applier, weight(3))).toMatchObject({ result: 'effective' });
  });

  it('overwrites what somebody else wrote only when it is told to', async () => {
    writeFileSync(file(), 'mine\n');
    const applier = applierOn();
    expect(await apply(applier, weight(1))).toMatchObject({
      result: 'refused',
      diff: expect.stringContaining('-mine') as string,
    });
    expect(textOf()).toBe('mine\n');
    expect(await apply(applier, weight(1), true)).toMatchObject({ result: 'effective' });
  });

  it.each(['ENOSPC', 'EROFS'])(
    'that fails with %s leaves everything as it was, and the next one succeeds',
    async (code) => {
      await apply(applierOn(), weight(1));
      const before = textOf();
      const write = (path: string): void => {
        throw new OpError(`write "${path}"`, code, { advice: 'do something' });
      };
      const failed = await apply(applierOn({ disk: { ...hostDisk, write } }), weight(2));
      expect(failed).toMatchObject({
        result: 'failed',
        message: expect.stringContaining(`${code}; do something`) as string,
      });
      expect([textOf(), served]).toEqual([before, before]);
      expect(await apply(applierOn(), weight(2))).toMatchObject({ result: 'effective' });
    },
  );

  it('waits for the reload budget unless somebody asks for it', async () => {
    const applier = applierOn({ budget: { spacing: milliseconds(60_000), reloads: 10, refill: milliseconds(10_000) } });
    await apply(applier, weight(1));
    const deferred = await applier.apply({ model: weight(2), cause: 'change' });
    expect(deferred.result).toBe('deferred');
    expect(deferred.until).toBeGreaterThan(now() + 50_000);
    expect(await apply(applier, weight(2))).toMatchObject({ result: 'effective' });
  });

  it('records once what is tried again and again with the same answer', async () => {
    const applier = applierOn();
    await apply(applier, weight(1));
    const ids = [await apply(applier, weight(13)), await apply(applier, weight(13))].map(({ id }) => id);
    expect([ids, applier.records.length]).toEqual([[2, 2], 2]);
    expect(await apply(applier, weight(2))).toMatchObject({ result: 'effective', id: 3 });
    expect(await apply(applier, weight(13))).toMatchObject({ result: 'refused', id: 4 });
  });

  it('only writes when no proxy runs', async () => {
    found = undefined;
    expect(await apply(applierOn(), weight(1))).toMatchObject({ result: 'written', method: 'none' });
    expect(await apply(applierOn(), weight(1))).toMatchObject({ result: 'unchanged' });
  });

  it('reads from the disk once what is in force', async () => {
    await apply(applierOn(), weight(1));
    const read: string[] = [];
    const disk = {
      ...hostDisk,
      read: (path: string) => (/\d\.json$/.test(path) && read.push(path), hostDisk.read(path)),
    };
    const applier = applierOn({ disk });
    expect([applier.model, applier.model, read.length]).toEqual([weight(1), weight(1), 1]);
    await apply(applier, weight(2));
    expect([applier.model, read.length]).toEqual([weight(2), 1]);
  });

  it('keeps a bounded history, and what can be gone back to', async () => {
    const applier = applierOn();
    for (let value = 1; value <= 60; value++) await apply(applier, weight(value === 13 ? 14 : value));
    expect(applier.records).toHaveLength(50);
    expect(applier.records.filter(({ isKept }) => isKept)).toHaveLength(10);
    expect(readdirSync(join(directory, '.vipair'))).toHaveLength(11);
    expect(await applier.rollback(55, { cause: 'back', isByHand: true })).toMatchObject({ result: 'effective' });
    expect(textOf()).toContain('"weight":56');
  });
});

const textOf13 = JSON.stringify([sampleServer({ weight: 13 })]).slice(0, 120);
