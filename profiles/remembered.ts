import type { Features } from '../src/proxy/features.ts';
import type { FrontModel } from '../src/proxy/model.ts';
import type { Refusal } from '../src/proxy/refusal.ts';

type Judge = (model: FrontModel, features: Features) => readonly Refusal[];

/**
 * A judgement that is made once for a model and a program: rendering asserts it again, and with ten thousand servers that
 * would be milliseconds of every apply. Models are immutable, so that nothing can have changed in between; what is
 * remembered goes with the model.
 */
export function remembered(judge: Judge): Judge {
  const known = new WeakMap<FrontModel, { readonly features: Features; readonly refusals: readonly Refusal[] }>();
  return (model, features) => {
    const before = known.get(model);
    if (before?.features === features) return before.refusals;
    const refusals = judge(model, features);
    known.set(model, { features, refusals });
    return refusals;
  };
}
