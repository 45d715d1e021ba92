import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fetchApplies } from '../../../src/control/client.ts';
import { Rig } from '../../../src/lab/bench/apply/rig.ts';
import { until } from '../../../src/lab/until.ts';
import { now } from '../../../src/linux/clock.ts';
import { milliseconds } from '../../../src/wire/units.ts';
import { profileOf } from '../../profiles/program.ts';
import { labName } from '../name.ts';

const check = { type: 'http', path: '/healthz', interval: '100ms', timeout: '500ms', rise: 1, fall: 1, jitter: '0ms' };
const [RELOADS, REFILL] = [3, 2000];

describe('a daemon with nginx, whose backends it checks itself', () => {
  let rig: Rig;

  beforeAll(async () => {
    const apply = { quiet: '20ms', spacing: '100ms', reloads: RELOADS, refill: `${REFILL}ms` };
    rig = await Rig.up({ name: labName('healthn'), profile: 'nginx', service: { check }, proxy: { apply } });
  });
  afterAll(() => rig.down());

  const downs = (): number => {
    const path = join(rig.first.front.directory, profileOf('nginx').steering.mainName);
    return readFileSync(path, 'utf8').match(/ server \S+ down;/g)?.length ?? 0;
  };
  const reloads = async (): Promise<number> => {
    const { applies } = await fetchApplies(rig.first.daemon.socket);
    return applies.filter(({ method, cause }) => method === 'reload' && cause.startsWith('health of')).length;
  };
  const isCalm = async (count: number): Promise<void> => {
    await rig.first.daemon.until(
      `${count} backends are down in the file`,
      ({ apply }) => apply?.isBusy === false && downs() === count,
    );
  };

  it('marks a dead one in the file, and takes it back when it is well', async () => {
    const [backend] = rig.backends;
    await backend?.set('fail');
    await isCalm(1);
    await backend?.set('ok');
    await isCalm(0);
    expect(await reloads()).toBe(2);
  });

  it('reloads no more often than its budget allows for one that comes and goes, and ends with what is so', async () => {
    const [backend] = rig.backends;
    const [begun, before] = [now(), await reloads()];
    let waits: string | null = null;
    let isWell = true;
    await until(
      'the reloads have used up their budget',
      async () => {
        isWell = !isWell;
        await backend?.set(isWell ? 'ok' : 'fail');
        const { apply } = await rig.first.daemon.status();
        waits = apply?.waits ?? waits;
        return now() - begun > 2.5 * REFILL;
      },
      milliseconds(20_000),
      milliseconds(150),
    );
    const most = RELOADS + Math.ceil((now() - begun) / REFILL);
    const made = (await reloads()) - before;
    expect(made).toBeLessThanOrEqual(most);
    expect(made).toBeGreaterThanOrEqual(2);
    expect(waits).toMatch(/^a reload waits for .*, because 3 reloads were made in short order/);
    await backend?.set('fail');
    await isCalm(1);
    await backend?.set('ok');
    await isCalm(0);
  });
});
