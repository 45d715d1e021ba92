import { openExecProbe } from '../../backends/check/exec.ts';
import { systemClock } from '../../backends/clock.ts';
import type { CommandHostCheck } from '../../config/hostcheckconfig.ts';
import type { IpAddress } from '../../wire/address.ts';
import { milliseconds } from '../../wire/units.ts';
import type { HostLook } from './look.ts';

/**
 * A program must end with 0: run without a shell, as an unprivileged user, and killed with all it started when its time
 * is up. It finds the name of the check and the node's address in its environment.
 */
export function commandLook(check: CommandHostCheck, address: IpAddress): HostLook {
  const { name, command, user, interval, timeout, rise, fall } = check;
  const pace = { interval, jitter: milliseconds(0), timeout, rise, fall, retry: 0, delayBeforeRetry: milliseconds(0) };
  const probe = openExecProbe({ type: 'exec', command, user, port: undefined, ...pace }, systemClock);
  const target = { name, id: name, host: address, address, port: 0 };
  return { look: (done) => probe.look(target, done), close: () => probe.close() };
}
