import type { Status } from '../control/status.ts';
import { OpError } from '../linux/operror.ts';
import type { Milliseconds } from '../wire/units.ts';
import { milliseconds } from '../wire/units.ts';
import type { Daemon } from './daemon.ts';
import { failure } from './failure.ts';
import { until } from './until.ts';

/**
 * Waits until a pair is crossed: every VIP is held by the host with the highest configured priority, with that priority
 * and with its addresses in the kernel, and everybody else is a backup that knows whom it backs. Throws `OpError`.
 */
export async function settled(daemons: readonly Daemon[], limit: Milliseconds = milliseconds(15_000)): Promise<void> {
  let trouble = 'nobody answered';
  const isSettled = async (): Promise<boolean> => {
    try {
      const all = await Promise.all(daemons.map((daemon) => daemon.status()));
      trouble = unsettled(daemons, all) ?? '';
    } catch (error) {
      if (!(error instanceof OpError)) throw error;
      trouble = error.message;
    }
    return trouble === '';
  };
  try {
    await until('the pair is settled', isSettled, limit, milliseconds(25));
  } catch (error) {
    if (!(error instanceof OpError)) throw error;
    throw failure(`see within ${limit} ms that the pair is settled`, 'ETIMEDOUT', trouble);
  }
}

function unsettled(daemons: readonly Daemon[], all: readonly Status[]): string | undefined {
  const vips = all.flatMap((status, index) => status.vips.map((vip) => ({ ...vip, index, node: status.node })));
  for (const { vip, family } of vips) {
    const same = vips.filter((other) => other.vip === vip && other.family === family);
    const best = same.reduce((a, b) => (b.basePriority > a.basePriority ? b : a));
    for (const one of same) {
      const wanted = one === best ? 'active' : 'backup';
      const known = one.state === wanted && one.holder === best.node && one.priority === one.basePriority;
      if (!known) return `${one.node}: ${vip}/${family} is ${one.state}, priority ${one.priority}: ${one.reason}`;
      const own = daemons[one.index]?.host;
      for (const address of one.addresses) {
        const holds = own?.holds(address.replace(/\/\d+$/, '')) ?? false;
        if (holds !== (one === best)) return `${one.node} ${holds ? 'holds' : 'does not hold'} ${address}`;
      }
    }
  }
  return undefined;
}
