import { describe, expect, it } from 'vitest';
import { remembered } from '../../profiles/remembered.ts';
import { sampleService } from '../../profiles/sample.ts';
import type { Features } from '../../src/proxy/features.ts';
import type { FrontModel } from '../../src/proxy/model.ts';

const features = (version: string): Features => ({ version, release: [], abilities: {}, unusable: undefined });

describe('a remembered judgement', () => {
  it('is made once for a model and a program', () => {
    const asked: string[] = [];
    const judge = remembered((model, { version }) => {
      asked.push(`${model.services[0]?.name} ${version}`);
      return [{ service: undefined, path: 'a', reason: version }];
    });
    const [one, two]: FrontModel[] = ['one', 'two'].map((name) => ({ services: [sampleService({ name })] }));
    const [old, fresh] = [features('1'), features('2')];
    const answers = [
      ...[one!, one!, two!, one!].map((model) => judge(model, old)),
      ...[judge(one!, fresh), judge(one!, fresh)],
    ];
    expect(asked).toEqual(['one 1', 'two 1', 'one 2']);
    expect(answers.map(([refusal]) => refusal?.reason)).toEqual(['1', '1', '1', '1', '2', '2']);
  });
});
