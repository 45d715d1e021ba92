import type { Config } from '../config/config.ts';
import type { Instant } from '../wire/units.ts';
import type { Facts } from './fitness.ts';
import type { FailurePolicy } from './stance.ts';
import { observe } from './verdict.ts';

/** What a host would be like if something were so: `proxy=dead`, `link=down`, `check=db`. Pure. */
export type Hypothesis =
  | { readonly about: 'proxy'; readonly state: 'well' | 'degraded' | 'dead' }
  | { readonly about: 'link'; readonly state: 'up' | 'down' }
  | { readonly about: 'check'; readonly check: string; readonly state: 'well' | 'dead' };

/** How hypotheses are written. */
export const HYPOTHESES =
  'proxy=dead|degraded|well, link=down|up, check=NAME (fails), check=NAME:well, backends=few|enough';

/** Reads hypotheses as they are written, or says why one cannot be. */
export function readHypotheses(
  asked: readonly string[],
  { checks, vips }: Pick<Config, 'checks' | 'vips'>,
): readonly Hypothesis[] | { readonly refused: string } {
  const names = checks.map(({ name }) => name);
  const known = vips.some(({ trackBackends }) => trackBackends !== undefined) ? [...names, 'backends'] : names;
  const hypotheses: Hypothesis[] = [];
  for (const text of asked) {
    const hypothesis = readHypothesis(text);
    if (hypothesis === undefined) return { refused: `"${text}" is no hypothesis; write ${HYPOTHESES}` };
    if (hypothesis.about === 'check' && !known.includes(hypothesis.check)) {
      return { refused: `no VIP tracks a check "${hypothesis.check}"; there is ${known.join(', ') || 'none'}` };
    }
    hypotheses.push(hypothesis);
  }
  return hypotheses;
}

/** Reads one as it is written; `undefined` when it is none. */
function readHypothesis(text: string): Hypothesis | undefined {
  const [, about, value = ''] = /^(proxy|link|check|backends)=(.+)$/.exec(text) ?? [];
  switch (about) {
    case undefined:
      return undefined;
    case 'proxy':
      return value === 'well' || value === 'degraded' || value === 'dead' ? { about, state: value } : undefined;
    case 'link':
      return value === 'up' || value === 'down' ? { about, state: value } : undefined;
    case 'backends':
      if (value !== 'few' && value !== 'enough') return undefined;
      return { about: 'check', check: 'backends', state: value === 'few' ? 'dead' : 'well' };
    case 'check': {
      const [, check = '', state] = /^(.*?)(?::(well|dead))?$/.exec(value) ?? [];
      return { about: 'check', check, state: state === 'well' ? 'well' : 'dead' };
    }
    default:
      return undefined;
  }
}

const REASON = 'if it were so';

/** A host with which nothing is wrong, to suppose things of. */
export function allWell(policy: FailurePolicy, hasProxy: boolean, at: Instant): Facts {
  const well = observe(undefined, { state: 'well', reason: 'as supposed' }, at);
  const checks = Object.fromEntries(policy.tracks.map(({ check }) => [check, well]));
  return { proxy: hasProxy ? well : undefined, checks };
}

/** The facts as they would be. A hypothesis about `backends` is one about those of every VIP. */
export function suppose(facts: Facts, hypotheses: readonly Hypothesis[], at: Instant): Facts {
  let { proxy } = facts;
  const checks = { ...facts.checks };
  for (const hypothesis of hypotheses) {
    if (hypothesis.about === 'proxy') {
      // Something that is well if it were so has never been otherwise.
      proxy = observe(hypothesis.state === 'well' ? undefined : proxy, { ...hypothesis, reason: REASON }, at);
    }
    if (hypothesis.about !== 'check') continue;
    const { check, state } = hypothesis;
    for (const name of new Set([check, ...Object.keys(checks).filter((other) => other.startsWith(`${check}@`))])) {
      checks[name] = observe(state === 'well' ? undefined : checks[name], { state, reason: REASON }, at);
    }
  }
  return { proxy, checks };
}

/** Whether the link is down if all of these were so, or as it is. */
export const isLinkDown = (hypotheses: readonly Hypothesis[], now: boolean): boolean => {
  const last = hypotheses.findLast(({ about }) => about === 'link');
  return last === undefined ? now : last.state === 'down';
};
