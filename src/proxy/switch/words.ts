import type { Profile } from '../profile.ts';
import type { SwitchOutcome, SwitchPlan, SwitchState } from './state.ts';

type Named = { readonly profile: Pick<Profile, 'title'> };

/** What is being done in a phase; `undefined` when nothing is any more. */
export function phaseWords(state: SwitchState, plan: SwitchPlan, from: Named, to: Named): string | undefined {
  const [old, next] = [from.profile.title, to.profile.title];
  switch (state.phase) {
    case 'validating':
      return `${next} checks its configuration`;
    case 'sharing':
      return `${old} opens its sockets for another`;
    case 'starting':
      return `${next} starts beside ${old}`;
    case 'probing':
      return `${next} is asked through the listener`;
    case 'baking':
      return `${next} answers; both serve for ${plan.bake} ms`;
    case 'committing': {
      const again = state.trouble === undefined ? '' : `, as soon as that can be recorded: ${state.trouble}`;
      return `${next} takes the place of ${old}${again}`;
    }
    case 'draining':
      return `${old} finishes what it has, for at most ${plan.drain} ms`;
    case 'ending':
      return `${next} is ended and ${old} serves on: ${state.reason}`;
    case 'restoring':
      return `${old} is started again: ${state.reason}`;
    case 'done':
      return undefined;
  }
}

/** How it ended, in one sentence. */
export function outcomeWords(result: SwitchOutcome, reason: string, from: Named, to: Named): string {
  const [old, next] = [from.profile.title, to.profile.title];
  switch (result) {
    case 'switched':
      return `${next} serves instead of ${old}${reason === '' ? '' : `; finished after ${reason}`}`;
    case 'refused':
      return reason;
    case 'rolled-back':
      return `${old} serves as before: ${reason}`;
    case 'failed':
      return `neither could be left as it should be: ${reason}`;
  }
}
