import { openProbe } from '../../../src/backends/check/open.ts';
import { systemClock } from '../../../src/backends/clock.ts';
import type { CheckResult } from '../../../src/backends/rise.ts';
import type { CheckConfig } from '../../../src/config/checkconfig.ts';
import { addressOf } from '../../../src/wire/address.ts';

/** One look at a host of this machine. */
export async function look(check: CheckConfig, port: number, host = '127.0.0.1'): Promise<CheckResult> {
  const probe = openProbe(check, systemClock);
  const target = { id: `${host}:${port}`, name: 'app', host, address: addressOf(host), port };
  try {
    return await new Promise((resolve) => {
      probe.look(target, resolve);
    });
  } finally {
    probe.close();
  }
}
