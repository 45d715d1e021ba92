import { createHash } from 'node:crypto';
import type { Features } from './features.ts';
import type { FrontModel } from './model.ts';
import { seal } from './owned.ts';
import type { Profile } from './profile.ts';
import type { RenderedFile, RenderOptions } from './rendering.ts';
import type { RuntimePlan } from './steering.ts';

/**
 * What follows from models alone: the files of one, and what a running proxy is told to get from one to another. With
 * ten thousand servers either takes tens of milliseconds, so it is made once and remembered, which lets it be made while
 * a change waits out its quiet time (`Applier.prepare`). Models are immutable, so what was made of one holds for ever;
 * nothing that is on the disk, or that runs, is remembered here.
 */
export interface Draft {
  readonly files: readonly RenderedFile[];
  /** Of everything that the proxy has to be told about; what is only read at a start does not count. */
  readonly digest: string;
}

/** With what a thing was made; it is made anew with anything else. */
interface Circumstances {
  readonly profile: Profile;
  readonly features: Features;
  readonly options: string;
}

// BOUNDED: one of each for a model, and they go with it.
const drafts = new WeakMap<FrontModel, { readonly by: Circumstances; readonly draft: Draft }>();
/** By the model that a plan begins with: by the one that it leads to, each would keep all those before it. */
const plans = new WeakMap<
  FrontModel,
  { readonly by: Circumstances; readonly after: FrontModel; readonly plan: RuntimePlan | undefined }
>();

/** The files of a model that was not refused, sealed but for state. */
export function draftOf(profile: Profile, model: FrontModel, options: RenderOptions): Draft {
  const by = circumstances(profile, options);
  const known = drafts.get(model);
  if (known !== undefined && isSame(known.by, by)) return known.draft;
  const files = profile
    .render(model, options)
    .map((file): RenderedFile => (file.kind === 'state' ? file : { ...file, text: seal(file.text) }));
  const draft = { files, digest: digestOf(files) };
  drafts.set(model, { by, draft });
  return draft;
}

/** What to say to a running proxy to get from one model to another; see `RuntimeSteering.plan`. */
export function planOf(
  profile: Profile,
  before: FrontModel,
  after: FrontModel,
  options: RenderOptions,
): RuntimePlan | undefined {
  const by = circumstances(profile, options);
  const known = plans.get(before);
  if (known !== undefined && known.after === after && isSame(known.by, by)) return known.plan;
  const plan = profile.steering.runtime?.plan(before, after, options);
  plans.set(before, { by, after, plan });
  return plan;
}

/** One digest of all files that the proxy has to be told about. */
export function digestOf(files: readonly RenderedFile[]): string {
  const hash = createHash('sha256');
  for (const { path, text, kind } of files) if (kind !== 'state') hash.update(`${path}\0${text}\0`);
  return hash.digest('hex').slice(0, 32);
}

/** The features are an object for each version of a program, and compared as such. */
const circumstances = (profile: Profile, { features, ...options }: RenderOptions): Circumstances => ({
  profile,
  features,
  options: JSON.stringify(options),
});

const isSame = (a: Circumstances, b: Circumstances): boolean =>
  a.profile === b.profile && a.features === b.features && a.options === b.options;
