import { OpError } from '../linux/operror.ts';
import { milliseconds } from '../wire/units.ts';
import type { Profile } from './profile.ts';
import type { RuntimePlan } from './steering.ts';

/** How long a single answer may take. Thousands of servers are written in tens of milliseconds. */
const LIMIT = milliseconds(2000);

/**
 * Says what a plan has to say and looks at its proofs. `done` when all of it is in force, otherwise what went wrong; some
 * of the commands may have been carried out then, and a reload puts everything right.
 */
export async function say({ steering }: Profile, socket: string, plan: RuntimePlan): Promise<string> {
  const client = steering.runtime?.open(socket, LIMIT);
  if (client === undefined) return 'it has no run-time interface';
  try {
    for (const command of plan.commands) await client.ask(command);
    for (const { question, judge } of plan.proofs) {
      const wrong = judge(await client.ask(question));
      if (wrong !== undefined) return wrong;
    }
    return 'done';
  } catch (error) {
    if (!(error instanceof OpError)) throw error;
    return error.message;
  } finally {
    client.close();
  }
}
