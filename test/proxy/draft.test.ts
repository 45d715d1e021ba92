import { describe, expect, it } from 'vitest';
import { optionsOf } from '../../profiles/site.ts';
import { sampleServer, sampleService } from '../../profiles/sample.ts';
import { draftOf, planOf } from '../../src/proxy/draft.ts';
import type { FrontModel } from '../../src/proxy/model.ts';
import type { Profile } from '../../src/proxy/profile.ts';
import type { RenderOptions } from '../../src/proxy/rendering.ts';
import type { RuntimePlan, RuntimeSteering } from '../../src/proxy/steering.ts';
import { front } from './scripted.ts';

const model = (): FrontModel => ({ services: [sampleService({ servers: [sampleServer()] })] });

const options: RenderOptions = optionsOf(
  { label: 'lb1', directory: '/run/front', healthPath: '/', listen: [80], backends: [] },
  '/run/front.pid',
  { version: '1', release: [1], abilities: {}, unusable: undefined },
);

/** A proxy whose files count how often they were rendered, and whose plans how often they were made. */
function counted(): Profile {
  let [drafts, plans] = [0, 0];
  const runtime = {
    plan: (): RuntimePlan => ({ commands: [`plan ${++plans}`], proofs: [] }),
  } as unknown as RuntimeSteering;
  return {
    ...front,
    render: () => [
      { path: '/run/front/front.conf', text: `draft ${++drafts}\n`, kind: 'main' },
      { path: '/run/front/state', text: `${drafts}\n`, kind: 'state' },
    ],
    steering: { ...front.steering, runtime },
  };
}

describe('what follows from models', () => {
  it('is made once for a model, a profile, a version of the program and the options', () => {
    const [profile, one] = [counted(), model()];
    const draft = draftOf(profile, one, options);
    expect(draft.files).toMatchObject([
      { text: expect.stringMatching(/^# managed by vipair \w+\ndraft 1\n$/) as string, kind: 'main' },
      { text: '1\n', kind: 'state' },
    ]);
    expect(draftOf(profile, one, { ...options })).toBe(draft);
    expect(draftOf(counted(), one, options)).not.toBe(draft);
    expect(draftOf(profile, one, { ...options, label: 'lb2' }).files[1]?.text).toBe('2\n');
    expect(draftOf(profile, one, { ...options, features: { ...options.features } }).files[1]?.text).toBe('3\n');
    expect(draftOf(profile, model(), options).files[1]?.text).toBe('4\n');
  });

  it('has a digest of what the proxy is told, and not of its state', () => {
    const stateful = (text: string): Profile => ({
      ...front,
      render: () => [
        { path: '/run/front/front.conf', text: 'x\n', kind: 'main' },
        { path: '/run/front/state', text, kind: 'state' },
      ],
    });
    const digest = (text: string): string => draftOf(stateful(text), model(), options).digest;
    expect(digest('1\n')).toBe(digest('2\n'));
    expect(draftOf(counted(), model(), options).digest).not.toBe(digest('1\n'));
  });

  it('is what to say between the same two models, too', () => {
    const [profile, one, two] = [counted(), model(), model()];
    const said = (before: FrontModel, after: FrontModel, how = options): string | undefined =>
      planOf(profile, before, after, how)?.commands[0];
    expect([said(one, two), said(one, two, { ...options }), said(model(), two)]).toEqual([
      'plan 1',
      'plan 1',
      'plan 2',
    ]);
    const others = [said(one, two), said(two, one), said(one, one), said(one, one, { ...options, mode: 'include' })];
    expect(others).toEqual(['plan 1', 'plan 3', 'plan 4', 'plan 5']);
    expect(planOf(front, one, two, options)).toBeUndefined();
  });
});
