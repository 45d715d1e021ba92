import { describe, expect, it } from 'vitest';
import { abandon, GOOD_ROUNDS, INITIAL, resume, step, WRONG_ROUNDS } from '../../../src/proxy/switch/machine.ts';
import type { Phase, SwitchAction, SwitchEvent, SwitchPlan, SwitchState } from '../../../src/proxy/switch/state.ts';
import { instant, milliseconds } from '../../../src/wire/units.ts';

const plan: SwitchPlan = {
  ...{ hasOld: true, sharing: false, isKept: false, patience: milliseconds(1000) },
  ...{ bake: milliseconds(500), drain: milliseconds(3000) },
};

type News = SwitchEvent extends infer E ? (E extends SwitchEvent ? Omit<E, 'at'> & { at?: number } : never) : never;

const fine = { trouble: undefined };
const good: News = { type: 'probed', answer: 'good', detail: '' };
const wrong: News = { type: 'probed', answer: 'wrong', detail: 'it answers 403' };
const silent: News = { type: 'probed', answer: 'silent', detail: 'it has taken no connection' };
const lost = (who: 'old' | 'new'): News => ({ type: 'gone', who, detail: `${who} has ended` });

/** Plays events and tells each phase that was entered with what was to be done. */
function play(events: readonly News[], how: SwitchPlan = plan): { states: SwitchState[]; told: string[] } {
  let state = INITIAL;
  const states = [state];
  const told: string[] = [];
  for (const { at = 0, ...event } of [{ type: 'begin' } as News, ...events]) {
    const next = step(how, state, { ...event, at: instant(at) });
    const words = next.actions.length === 0 ? '' : `: ${next.actions.join(', ')}`;
    if (next.state.phase !== state.phase || words !== '') told.push(`${next.state.phase}${words}`);
    state = next.state;
    states.push(state);
  }
  return { states, told };
}

const baking: readonly News[] = [{ type: 'validated', ...fine }, { type: 'started', ...fine }, good, good];
const draining: readonly News[] = [...baking, { ...good, at: 500 }];

describe('a switch', () => {
  it('tells the old one to leave only after the new one has answered and has lived for the bake time', () => {
    expect(play([...draining, lost('old')]).told).toEqual([
      'validating: validate',
      'starting: start',
      'probing: watch-both, probe',
      'probing: probe',
      'baking: probe',
      'draining: hand-over, drain-old',
      'done: commit',
    ]);
  });

  it('lets the old one share its sockets first where it has to', () => {
    const { told } = play(
      [
        { type: 'validated', ...fine },
        { type: 'shared', ...fine },
      ],
      { ...plan, sharing: true },
    );
    expect(told).toEqual(['validating: validate', 'sharing: share', 'starting: start']);
  });

  it.each([
    ['the checker refuses', [{ type: 'validated', trouble: 'no' }], 'refused'],
    [
      'it does not start',
      [
        { type: 'validated', ...fine },
        { type: 'started', trouble: 'no' },
        { type: 'ended', ...fine },
      ],
      'rolled-back',
    ],
    ['it answers wrongly', [...baking.slice(0, 2), wrong, wrong, wrong, { type: 'ended', ...fine }], 'rolled-back'],
    [
      'it does not answer in time',
      [...baking.slice(0, 2), { type: 'tick', at: 1000 }, { type: 'ended', ...fine }],
      'rolled-back',
    ],
    [
      'it is not reached any more in the bake time',
      [...baking, silent, silent, silent, { type: 'ended', ...fine }],
      'rolled-back',
    ],
    ['it hangs in the bake time', [...baking, { type: 'tick', at: 1500 }, { type: 'ended', ...fine }], 'rolled-back'],
    ['it dies in the bake time', [...baking, lost('new'), { type: 'ended', ...fine }], 'rolled-back'],
    [
      'it answers wrongly in the bake time',
      [...baking, wrong, wrong, wrong, { type: 'ended', ...fine }],
      'rolled-back',
    ],
    ['it dies while the old one leaves', [...draining, lost('new'), { type: 'restored', ...fine }], 'rolled-back'],
    ['the old one cannot be started again', [...draining, lost('new'), { type: 'restored', trouble: 'no' }], 'failed'],
    [
      'the old one dies while the new one is ended',
      [...baking, lost('new'), lost('old'), { type: 'restored', ...fine }],
      'rolled-back',
    ],
  ] as [string, News[], string][])('goes back when %s', (_, events, result) => {
    const { states, told } = play(events);
    expect(states.at(-1)).toMatchObject({ phase: 'done', result });
    if (!told.join().includes('draining')) expect(told.join()).not.toMatch(/drain-old|end-old|hand-over/);
  });

  it('goes on when the old one dies meanwhile, because the new one is the better hope', () => {
    const { states, told } = play([...baking, lost('old'), lost('old')]);
    expect(states.at(-1)).toMatchObject({ phase: 'done', result: 'switched' });
    expect(told.at(-1)).toBe('done: commit');
  });

  it('ends the old one when it takes longer than it may, once', () => {
    const { told } = play([...draining, { type: 'tick', at: 3500 }, { type: 'tick', at: 9000 }, lost('old')]);
    expect(told.slice(-2)).toEqual(['draining: end-old', 'done: commit']);
  });

  it('does not go back to a proxy that never ran', () => {
    const { states } = play([...baking.slice(0, 2), wrong, wrong, wrong, lost('old'), { type: 'ended', ...fine }], {
      ...plan,
      hasOld: false,
    });
    expect(states.at(-1)).toMatchObject({ phase: 'done', result: 'rolled-back' });
  });

  it('does nothing for a phase that could not be written down', () => {
    for (const state of play([...draining, lost('new')]).states) {
      const instead = abandon(state, 'disk full');
      expect(instead?.actions ?? []).not.toContain('drain-old');
      expect(instead?.actions ?? []).not.toContain('start');
      if (state.phase === 'draining') expect(instead).toMatchObject({ state: { phase: 'ending' } });
    }
  });
});

describe('a switch between two that this program keeps', () => {
  const kept: SwitchPlan = { ...plan, isKept: true };
  const full: News = { type: 'committed', trouble: 'the disk is full' };

  it('is over when it is recorded that the new one is the proxy, and hands over only then', () => {
    expect(play([...draining, { type: 'committed', ...fine }], kept).told.slice(-2)).toEqual([
      'committing: commit-new',
      'done: hand-over, commit',
    ]);
  });

  it('goes back when that cannot be recorded', () => {
    const { states, told } = play([...draining, full, { type: 'ended', ...fine }], kept);
    expect(told.slice(-3)).toEqual(['committing: commit-new', 'ending: end-new', 'done: hand-back']);
    expect(abandon(play(draining, kept).states.at(-1)!, 'disk full')).toMatchObject({ state: { phase: 'ending' } });
    expect(states.at(-1)).toMatchObject({ result: 'rolled-back', reason: 'the disk is full' });
  });

  it.each([
    ['has died meanwhile', [...baking, lost('old')], kept],
    ['dies in that moment', [...draining, lost('old'), lost('old')], kept],
    ['never ran', draining, { ...kept, hasOld: false }],
  ] as [string, News[], SwitchPlan][])('stays and tries again when the old one %s', (_, events, how) => {
    const { states, told } = play([...events, { ...full, at: 1000 }, { type: 'tick', at: 1500 }], how);
    expect(states.at(-1)).toMatchObject({ phase: 'committing', isAlone: true, trouble: 'the disk is full' });
    const again = play(
      [...events, { ...full, at: 1000 }, { type: 'tick', at: 2000 }, { type: 'committed', ...fine }],
      how,
    );
    expect(again.told.slice(told.length)).toEqual(['committing: commit-new', 'done: hand-over, commit']);
    expect(play([...events, full, lost('new')], how).told.at(-1)).toBe('ending: end-new');
    expect(abandon(states.at(-1)!, 'disk full')).toBeUndefined();
  });
});

describe('the bake time', () => {
  it('is over with a good answer only', () => {
    const { states } = play([...baking, { ...silent, at: 500 }, { ...wrong, at: 510 }]);
    expect(states.at(-1)).toMatchObject({ phase: 'baking', wrong: 2 });
    expect(play([...baking, { ...silent, at: 500 }, { ...good, at: 520 }]).states.at(-1)?.phase).toBe('draining');
  });
});

describe('a switch that was interrupted', () => {
  it('leaves alone what a boot has started meanwhile', () => {
    const { state } = resume(plan, 'draining', { old: true, new: false, isOther: true }, instant(0));
    expect(state).toMatchObject({ phase: 'done', result: 'rolled-back' });
  });

  const results = (phase: Phase): string[] =>
    [true, false].flatMap((old) =>
      [true, false].map((alive) => {
        const { state, actions } = resume(plan, phase, { old, new: alive }, instant(0));
        const end = state.phase === 'done' ? state.result : state.phase;
        return `${old ? 'old ' : ''}${alive ? 'new ' : ''}-> ${end}: ${actions.join(', ')}`;
      }),
    );

  it.each<[Phase, string[]]>([
    ['validating', ['rolled-back: hand-back', 'rolled-back: hand-back']],
    ['sharing', ['rolled-back: hand-back', 'rolled-back: hand-back']],
    ['starting', ['ending: end-new', 'ending: end-new']],
    ['probing', ['ending: end-new', 'ending: end-new']],
    ['baking', ['ending: end-new', 'ending: end-new']],
    ['committing', ['ending: end-new', 'ending: end-new']],
    ['ending', ['ending: end-new', 'ending: end-new']],
    ['draining', ['draining: hand-over, drain-old', 'restoring: restore-old']],
    ['restoring', ['rolled-back: hand-back', 'rolled-back: hand-back']],
  ])('in the phase %s goes where something serves', (phase, [both, onlyOld]) => {
    expect(results(phase).slice(0, 2)).toEqual([`old new -> ${both}`, `old -> ${onlyOld}`]);
  });

  it('takes the new one when the old one is gone, and starts the old one when both are', () => {
    for (const phase of ['starting', 'probing', 'baking', 'committing', 'draining'] as const) {
      expect(results(phase).slice(2)).toEqual(['new -> switched: hand-over, commit', '-> restoring: restore-old']);
    }
  });
});

/** A small generator, so that a failure is found again. */
function* numbers(seed: number): Generator<number> {
  for (let state = seed; ;) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    yield state >>> 8;
  }
}

it('never tells the old one to leave before enough good answers, whatever happens in whatever order', () => {
  const kinds: readonly News[] = [
    { type: 'validated', ...fine },
    { type: 'validated', trouble: 'no' },
    { type: 'shared', ...fine },
    { type: 'started', ...fine },
    { type: 'started', trouble: 'no' },
    ...[good, good, good, wrong, lost('new'), lost('old')],
    { type: 'probed', answer: 'silent', detail: 'nobody' },
    { type: 'committed', ...fine },
    { type: 'committed', trouble: 'no' },
    { type: 'ended', ...fine },
    { type: 'restored', ...fine },
    { type: 'tick' },
  ];
  const random = numbers(7);
  const ends = new Set<string>();
  for (let run = 0; run < 3000; run++) {
    let state: SwitchState = INITIAL;
    let goods = 0;
    let isOldGone = false;
    const done: SwitchAction[] = [];
    for (let at = 0; at < 60 && state.phase !== 'done'; at++) {
      const event = kinds[(random.next().value as number) % kinds.length] as News;
      if (state.phase === 'probing') goods = event.type === 'probed' && event.answer === 'good' ? goods + 1 : goods;
      if (event.type === 'gone' && event.who === 'old') isOldGone = true;
      const how = { ...plan, sharing: run % 2 === 0, isKept: run % 3 === 0 };
      const next = step(how, state, { ...event, at: instant(at * 150) });
      if (next.actions.includes('commit-new')) expect(goods, `run ${run}`).toBeGreaterThanOrEqual(GOOD_ROUNDS);
      if (next.actions.includes('hand-over') && how.isKept) expect(done, `run ${run}`).toContain('commit-new');
      if (next.actions.includes('drain-old')) expect(goods, `run ${run}`).toBeGreaterThanOrEqual(GOOD_ROUNDS);
      if (next.actions.includes('end-new')) expect(done, `run ${run}`).not.toContain('drain-old');
      if (next.actions.includes('restore-old')) expect(done.includes('drain-old') || isOldGone).toBe(true);
      done.push(...next.actions);
      state = next.state;
    }
    if (state.phase === 'done') ends.add(state.result);
  }
  expect([...ends].toSorted()).toEqual(['refused', 'rolled-back', 'switched']);
  expect(WRONG_ROUNDS).toBeGreaterThan(1);
});
