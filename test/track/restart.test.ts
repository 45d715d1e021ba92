import { describe, expect, it } from 'vitest';
import { backoffBefore, restartDeadline, restartStep, watching } from '../../src/track/restart.ts';
import type { RestartEvent, RestartPolicy, RestartState } from '../../src/track/restart.ts';
import { instant, milliseconds } from '../../src/wire/units.ts';

const policy: RestartPolicy = {
  attempts: 3,
  backoff: milliseconds(1000),
  longestBackoff: milliseconds(60_000),
  verify: milliseconds(5000),
  settle: milliseconds(30_000),
  lastResort: true,
  back: true,
};

type Word = 'well' | 'sick' | 'unsure' | 'good' | 'bad' | 'tick';

/** Steps through `TIME WORD` lines and gives what came of each, as short words. */
function story(lines: readonly string[], with_: Partial<RestartPolicy> = {}): string[] {
  let state: RestartState = watching;
  return lines.map((line) => {
    const [time, word] = line.split(' ') as [string, Word];
    const step = restartStep({ ...policy, ...with_ }, state, eventOf(word, Number(time)));
    ({ state } = step);
    const said = step.actions.map((action) =>
      action.type === 'run' ? `${action.command} ${action.number}` : action.news.type,
    );
    const due = restartDeadline(state);
    return [state.name, ...(due === undefined ? [] : [`@${due}`]), ...said].join(' ');
  });
}

function eventOf(word: Word, time: number): RestartEvent {
  const at = instant(time);
  if (word === 'tick') return { type: 'tick', at };
  if (word === 'good' || word === 'bad') return { type: 'ended', good: word === 'good', at };
  return { type: 'look', health: word, at };
}

describe('a restart', () => {
  it('comes at once, and is taken for good when it was seen to work for a while', () => {
    expect(
      story(['0 well', '10 unsure', '20 sick', '30 sick', '100 good', '200 unsure', '300 well', '30300 tick']),
    ).toEqual([
      'watching',
      'watching',
      'restarting restart 1',
      'restarting',
      'verifying @5100',
      'verifying @5100',
      'settling @30300 came-up',
      'watching recovered',
    ]);
  });

  it('that ends well and brings nothing up has failed', () => {
    expect(story(['0 sick', '10 good', '100 sick', '5009 tick', '5010 tick', '6010 tick'])).toEqual([
      'restarting restart 1',
      'verifying @5010',
      'verifying @5010',
      'verifying @5010',
      'waiting @6010 not-up',
      'restarting restart 2',
    ]);
  });

  it('that complains is believed with the first bad look, and not before', () => {
    expect(story(['0 sick', '10 bad', '20 unsure', '30 sick'])).toEqual([
      'restarting restart 1',
      'verifying @5010',
      'verifying @5010',
      'waiting @1030 not-up',
    ]);
    expect(story(['0 sick', '10 bad', '20 well']).at(-1)).toBe('settling @30020 came-up');
  });

  it('does not begin when somebody else has mended it meanwhile', () => {
    expect(story(['0 sick', '10 bad', '20 sick', '30 well', '1020 tick']).slice(-2)).toEqual([
      'settling @30030 came-up',
      'settling @30030',
    ]);
  });

  it('counts against the attempts when what it brought up dies before it settled', () => {
    const dies = ['0 sick', '10 good', '20 well', '1000 sick', '2000 tick', '2010 good', '2020 well', '3000 sick'];
    expect(story([...dies, '5000 tick', '5010 good', '5020 well', '6000 sick'])).toEqual([
      'restarting restart 1',
      'verifying @5010',
      'settling @30020 came-up',
      'waiting @2000 sick-again',
      'restarting restart 2',
      'verifying @7010',
      'settling @32020 came-up',
      'waiting @5000 sick-again',
      'restarting restart 3',
      'verifying @10010',
      'settling @35020 came-up',
      'resorting sick-again gave-up last-resort 1',
    ]);
  });

  it('has all its attempts again after it has settled', () => {
    const lines = ['0 sick', '10 good', '20 well', '30020 tick', '30030 sick'];
    expect(story(lines).at(-1)).toBe('restarting restart 1');
  });

  it('waits longer each time, up to the longest', () => {
    const pauses = [1, 2, 3, 4, 5, 6, 7, 8, 9].map((number) => backoffBefore(policy, number));
    expect(pauses).toEqual([0, 1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]);
  });
});

const GIVEN_UP = [
  '0 sick',
  '1 bad',
  '2 sick',
  '1002 tick',
  '1003 bad',
  '1004 sick',
  '3004 tick',
  '3005 bad',
  '3006 sick',
];

describe('giving up', () => {
  it('comes after the last attempt, and the last resort is run', () => {
    expect(story(GIVEN_UP).at(-1)).toBe('resorting not-up gave-up last-resort 1');
  });

  it('runs the last resort until it works', () => {
    expect(
      story([...GIVEN_UP, '4000 bad', '4999 sick', '5000 tick', '5010 bad', '7010 tick', '7020 good']).slice(-6),
    ).toEqual([
      'resort-failed @5000',
      'resort-failed @5000',
      'resorting last-resort 2',
      'resort-failed @7010',
      'resorting last-resort 3',
      'given-up',
    ]);
  });

  it('comes at once without a restart to run, and without a last resort is only told', () => {
    expect(story(['0 sick'], { attempts: 0 })).toEqual(['resorting gave-up last-resort 1']);
    expect(story(['0 sick', '10 sick'], { attempts: 0, lastResort: false })).toEqual(['given-up gave-up', 'given-up']);
  });

  it('is taken back after it was well for long enough, with all attempts', () => {
    const lines = [
      ...GIVEN_UP,
      '4000 good',
      '5000 sick',
      '6000 well',
      '7000 well',
      '36000 tick',
      '36010 good',
      '40000 sick',
    ];
    expect(story(lines).slice(-7)).toEqual([
      'given-up',
      'given-up',
      'returning @36000 returning',
      'returning @36000',
      'backing back 1',
      'watching recovered',
      'restarting restart 1',
    ]);
    expect(story([...GIVEN_UP, '4000 good', '6000 well', '36000 tick'], { back: false }).at(-1)).toBe(
      'watching recovered',
    );
  });

  it('stays when it is sick again too soon; the last resort is still in force', () => {
    expect(story([...GIVEN_UP, '4000 good', '6000 well', '7000 sick', '36000 tick']).slice(-2)).toEqual([
      'given-up sick-again',
      'given-up',
    ]);
  });

  it('runs the last resort again when it never worked before it was well', () => {
    expect(story([...GIVEN_UP, '4000 bad', '4500 well', '4600 sick']).slice(-2)).toEqual([
      'returning @34500 returning',
      'resorting last-resort 1',
    ]);
  });

  it('comes back as often as it takes, and gives up again when it is sick meanwhile', () => {
    const lines = [
      ...GIVEN_UP,
      '4000 good',
      '6000 well',
      '36000 tick',
      '36010 bad',
      '37010 tick',
      '37020 bad',
      '37100 sick',
    ];
    expect(story(lines).slice(-5)).toEqual([
      'backing back 1',
      'back-failed @37010',
      'backing back 2',
      'back-failed @39020',
      'resorting sick-again last-resort 1',
    ]);
  });
});

describe('whatever happens in whatever order', () => {
  it('never starts a command while one runs, and never runs more restarts than it may between two recoveries', () => {
    let seed = 7;
    const random = (below: number): number => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      return Math.floor((seed / 2_147_483_648) * below);
    };
    let state: RestartState = watching;
    let running = false;
    let restarts = 0;
    for (let at = 0; at < 2_000_000; at += random(2000)) {
      const words: Word[] = ['well', 'sick', 'unsure', 'tick', ...(running ? (['good', 'bad'] as const) : [])];
      const word = words[random(words.length)] ?? 'tick';
      const step = restartStep(policy, state, eventOf(word, at));
      ({ state } = step);
      if (word === 'good' || word === 'bad') running = false;
      for (const action of step.actions) {
        if (action.type === 'tell' && action.news.type === 'recovered') restarts = 0;
        if (action.type !== 'run') continue;
        expect(running).toBe(false);
        running = true;
        if (action.command === 'restart') restarts++;
      }
      expect(restarts).toBeLessThanOrEqual(policy.attempts);
    }
  });
});
