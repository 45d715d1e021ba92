import { describe, expect, it } from 'vitest';
import { backendDifferences, lasting, reportOf, setOf } from '../../src/pair/backendview.ts';
import type { BackendView } from '../../src/pair/backendview.ts';
import { decodeBackendWords, encodeBackendWords } from '../../src/wire/backendwords.ts';
import type { BackendReport } from '../../src/wire/backendwords.ts';
import { instant, milliseconds } from '../../src/wire/units.ts';

const ids = ['192.0.2.21:8080', '192.0.2.22:8080', '[2001:db8::23]:8080'];

const view = (down: readonly string[] = [], more: Partial<BackendView> = {}): BackendView => ({
  ...{ service: 'web', ids, down, set: setOf(ids), unknown: 0, total: ids.length, up: ids.length - down.length },
  ...more,
});

/** What lb2 says, as it arrives. */
const said = (their: BackendView, more: Partial<BackendReport> = {}): readonly BackendReport[] =>
  (decodeBackendWords(encodeBackendWords([reportOf(their)])) ?? []).map((report) => ({ ...report, ...more }));

const [first = '', second = ''] = ids;

describe('two hosts that see the backends', () => {
  it('alike differ in nothing, whatever the order', () => {
    expect(backendDifferences('lb2', [view([first])], said(view([first])))).toEqual([]);
    expect(setOf(ids)).toBe(setOf(ids.toReversed()));
    expect(backendDifferences('lb2', [view()], [])).toEqual([]);
  });

  it('differently: which ones are down only here, and only there', () => {
    expect(backendDifferences('lb2', [view([first])], said(view([second])))).toEqual([
      {
        ...{ kind: 'seen', node: 'lb2', service: 'web', here: [first], there: [second] },
        ...{ own: { up: 2, total: 3 }, theirs: { up: 2, total: 3 } },
      },
    ]);
  });

  it('differently, by their number where they are not told one by one', () => {
    const [found] = backendDifferences('lb2', [view([first])], said(view(), { down: undefined }));
    expect(found).toMatchObject({ kind: 'seen', here: [], there: [], own: { up: 2 }, theirs: { up: 3 } });
    expect(backendDifferences('lb2', [view([first])], said(view([second]), { down: undefined }))).toEqual([]);
  });

  it.each([
    ['one has not looked at all of them', view([first], { unknown: 1, up: 1 }), view()],
    ['the other has not', view([first]), view([], { unknown: 3, up: 0 })],
    ['one of them was told to drain on one host', view([first]), view([], { total: 2, up: 2 })],
  ])('are not compared while %s', (_, own, their) => {
    expect(backendDifferences('lb2', [own], said(their))).toEqual([]);
  });

  it('and do not have the same ones are told apart from that', () => {
    const two = ids.slice(0, 2);
    const other = view([], { ids: two, set: setOf(two), total: 2, up: 2 });
    expect(backendDifferences('lb2', [view([first])], said(other))).toEqual([
      { kind: 'known', node: 'lb2', service: 'web', own: { up: 2, total: 3 }, theirs: { up: 2, total: 2 } },
    ]);
  });
});

it('a difference is one when it has lasted', () => {
  const found = backendDifferences('lb2', [view([first])], said(view()));
  const patience = (): ReturnType<typeof milliseconds> => milliseconds(1000);
  const once = lasting(new Map(), found, patience, instant(0));
  expect(once.lasting).toEqual([]);
  expect(lasting(once.ages, found, patience, instant(999)).lasting).toEqual([]);
  expect(lasting(once.ages, found, patience, instant(1000)).lasting).toEqual(found);
  const gone = lasting(once.ages, [], patience, instant(500));
  expect(lasting(gone.ages, found, patience, instant(1000)).lasting).toEqual([]);
});
