import { describe, expect, it } from 'vitest';
import type { ServiceHealth } from '../../src/track/quorum.ts';
import { judgeSickness } from '../../src/track/sickness.ts';
import type { Sickness, SicknessPolicy } from '../../src/track/sickness.ts';
import { instant, milliseconds } from '../../src/wire/units.ts';

const policy: SicknessPolicy = { quorum: { kind: 'count', count: 2 }, hysteresis: 0, doubt: milliseconds(2500) };

/** How many of four are well, and not judged yet; `undefined` for a peer that is not heard. */
type Seen = number | readonly [up: number, unknown: number] | undefined;

const health = (seen: number | readonly [number, number]): ServiceHealth => {
  const [up, unknown] = typeof seen === 'number' ? [seen, 0] : seen;
  return { service: 'web', up, unknown, total: 4 };
};

/** One look: when, what this host sees, and what the peer says. */
type Look = readonly [at: number, own: Seen & number, peer?: Seen];

function run(looks: readonly Look[]): Sickness[] {
  let state: Sickness | undefined;
  return looks.map(([at, own, peer]) => {
    const peers = peer === undefined ? [] : [{ node: 'lb2', services: [health(peer)] }];
    state = judgeSickness(state, [health(own)], policy, peers, instant(at));
    return state;
  });
}

const stands = (looks: readonly Look[]): string =>
  run(looks)
    .map(({ stand }) => stand)
    .join(' ');

describe('a host that sees too few backends', () => {
  it.each<[string, readonly Look[], string]>([
    [
      'is lowered at once where nobody says anything of them',
      [
        [0, 4],
        [1, 1],
      ],
      'enough lowered',
    ],
    [
      'gives the peer the time to see it too',
      [
        [0, 4, 4],
        [10, 1, 4],
        [2000, 1, 4],
      ],
      'enough doubted doubted',
    ],
    [
      'is the sick one when the peer still sees enough',
      [
        [0, 1, 4],
        [2499, 1, 4],
        [2500, 1, 4],
      ],
      'doubted doubted lowered',
    ],
    [
      'keeps its VIPs when the peer sees no more',
      [
        [0, 1, 4],
        [1000, 1, 1],
        [9000, 1, 1],
      ],
      'doubted kept kept',
    ],
    [
      'keeps them when the peer has seen it first',
      [
        [0, 4, 1],
        [10, 1, 1],
        [9000, 1, 1],
      ],
      'enough kept kept',
    ],
    [
      'is sick when it sees none and the peer some, if too few',
      [
        [0, 0, 1],
        [2500, 0, 1],
      ],
      'doubted lowered',
    ],
    [
      'is not when the peer sees a few more, and too few',
      [
        [0, 0, 0],
        [10, 1, 0],
        [3000, 0, 0],
      ],
      'kept kept kept',
    ],
    [
      'waits anew for a peer that recovers first',
      [
        [0, 0, 0],
        [5000, 0, 4],
        [6000, 4, 4],
      ],
      'kept doubted enough',
    ],
    [
      'is sick when only the peer recovers',
      [
        [0, 0, 0],
        [5000, 0, 4],
        [7500, 0, 4],
      ],
      'kept doubted lowered',
    ],
    [
      'keeps them when the peer falls silent',
      [
        [0, 0, 0],
        [5000, 0],
        [60_000, 0],
      ],
      'kept kept kept',
    ],
    [
      'is lowered when the peer falls silent that saw them',
      [
        [0, 0, 4],
        [500, 0],
      ],
      'doubted lowered',
    ],
    [
      'takes nothing back because the peer has fallen as low',
      [
        [0, 0, 4],
        [2500, 0, 4],
        [3000, 0, 0],
        [4000, 0],
      ],
      'doubted lowered lowered lowered',
    ],
    [
      'is well when it sees enough again',
      [
        [0, 0, 4],
        [2500, 0, 4],
        [3000, 2, 4],
      ],
      'doubted lowered enough',
    ],
    ['does not take one for a witness that has not looked yet', [[0, 0, [0, 4]]], 'lowered'],
    ['nor one that has looked at a few', [[0, 1, [1, 3]]], 'lowered'],
  ])('%s', (_, looks, wanted) => {
    expect(stands(looks)).toBe(wanted);
  });

  it('does not move a VIP when the hosts notice one after the other, whoever is first', () => {
    for (const apart of [-2400, -1000, -1, 0, 1, 1000, 2400]) {
      const [here, there] = [instant(10_000), instant(10_000 + apart)];
      const looks = Array.from({ length: 1000 }, (_, i): Look => [
        i * 50,
        i * 50 >= here ? 0 : 4,
        i * 50 >= there ? 0 : 4,
      ]);
      expect(
        run(looks).some(({ verdict }) => verdict.state === 'dead'),
        `${apart} ms apart`,
      ).toBe(false);
    }
  });

  it('says why, as long as it lasts', () => {
    const [doubted, kept] = run([
      [0, 1, 4],
      [10, 1, 1],
    ]);
    expect(doubted).toMatchObject({ until: 2500, verdict: { state: 'well' } });
    expect(doubted?.verdict.reason).toBe(
      'web has 1 of 4 backends, fewer than 2; lb2 sees 4 of 4, and has 2.5 s to see what this host sees',
    );
    expect(kept).toMatchObject({
      until: undefined,
      verdict: {
        state: 'well',
        reason:
          'web has 1 of 4 backends, fewer than 2; so it is for others: lb2 sees 1 of 4; nothing moves because of it',
      },
    });
    expect(
      run([
        [0, 0, 4],
        [2500, 0, 4],
      ]).at(-1)?.verdict,
    ).toEqual({
      state: 'dead',
      reason: 'web has 0 of 4 backends, fewer than 2; lb2 sees 4 of 4, so it is this host that is sick',
    });
    expect(
      run([
        [0, 0, 0],
        [10, 0],
      ]).at(-1)?.verdict.reason,
    ).toContain('when they were heard last');
  });

  it('judges every service by itself: one that only it misses is enough', () => {
    const api: ServiceHealth = { service: 'api', up: 0, unknown: 0, total: 2 };
    const peers = [{ node: 'lb2', services: [health(0), { ...api, up: 2 }] }];
    const first = judgeSickness(undefined, [health(0), api], policy, peers, instant(0));
    expect(first).toMatchObject({ stand: 'doubted', own: { reason: 'web has 0 of 4 backends, fewer than 2' } });
    expect(judgeSickness(first, [health(0), api], policy, peers, instant(2500)).verdict.reason).toBe(
      'api has 0 of 2 backends, fewer than 2; lb2 sees 2 of 2, so it is this host that is sick',
    );
    // The peer says nothing of the other one.
    const silent = [{ node: 'lb2', services: [health(0)] }];
    expect(judgeSickness(undefined, [health(0), api], policy, silent, instant(0)).stand).toBe('lowered');
  });
});
