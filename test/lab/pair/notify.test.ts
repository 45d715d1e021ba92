import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { readEvents, requestNotifyTest } from '../../../src/control/client.ts';
import type { EventRecord } from '../../../src/control/event.ts';
import type { Daemon } from '../../../src/lab/daemon.ts';
import type { LabProcess } from '../../../src/lab/process.ts';
import { eventually, usePair } from './pair.ts';

/*
 * Notifications of a real pair to a script, a mail relay and a webhook on loopback: whatever is killed, slow, down or
 * missing, each receiver gets everything, in order.
 */
describe('notifications', () => {
  const pair = usePair('tnotify');
  const folder = mkdtempSync(join(tmpdir(), 'receivers-'));
  const script = join(folder, 'notify');
  let receivers: LabProcess | undefined;

  afterAll(() => rmSync(folder, { recursive: true }));

  const writeScript = (more = ''): void => {
    writeFileSync(
      script,
      `#!/bin/sh\n${more}\necho "$VIPAIR_SEQ $VIPAIR_ID $*" >> ${folder}/script-$VIPAIR_NODE.log\n`,
    );
    chmodSync(script, 0o755);
  };

  const serve = async (): Promise<void> => {
    const argv = [process.execPath, fileURLToPath(new URL('receivers.mjs', import.meta.url)), folder];
    receivers = await pair.lab.host('lb1').start(argv, { name: 'receivers' });
    await eventually('the receivers listen', () => pair.lab.host('lb1').listens(9999));
  };

  beforeEach(async () => {
    rmSync(join(folder, 'hang'), { force: true });
    writeScript();
    if (receivers?.running !== true) await serve();
    const on = ['transition'];
    await pair.run({
      settings: {
        interval: '50ms',
        notify: {
          script: { exec: [script], user: 'root', on, timeout: '2s' },
          mail: { smtp: '127.0.0.1:2525', from: 'vipair@example.net', to: 'ops@example.net', on },
          hook: { webhook: 'http://127.0.0.1:9999/', on, timeout: '1s' },
        },
      },
    });
  });

  /** The numbers that a receiver has taken, in the order in which it took them; a repetition follows its first. */
  const taken = (name: 'script-lb1' | 'mail' | 'hook'): number[] => {
    const file = join(folder, `${name}.log`);
    if (!existsSync(file)) return [];
    const numbers = readFileSync(file, 'utf8')
      .trim()
      .split('\n')
      .map((line) => Number(line.split(' ')[0]));
    return numbers.filter((number, index) => number !== numbers[index - 1]);
  };

  const eventsOf = async (daemon: Daemon): Promise<EventRecord[]> => {
    const events: EventRecord[] = [];
    await readEvents(daemon.socket, { since: 0, last: undefined, follow: false }, (line) => {
      if ('seq' in line) events.push(line);
    });
    return events;
  };

  /** The transitions that lb1 has told since the first test; its state directory outlives the daemons. */
  const told = async (): Promise<number[]> =>
    (await eventsOf(pair.lb1)).filter(({ type }) => type === 'transition').map(({ seq }) => seq);

  const all = ['script-lb1', 'mail', 'hook'] as const;

  const everybodyHas = async (names: readonly (typeof all)[number][] = all): Promise<void> => {
    await eventually('every receiver has everything', async () => {
      const wanted = (await told()).join();
      return names.every((name) => taken(name).join() === wanted);
    });
  };

  const kill = async (): Promise<void> => {
    await eventually('there is a manager', () => pair.lb1.manager !== undefined);
    process.kill(pair.lb1.manager?.pid ?? 0, 'SIGKILL');
  };

  it('of fail-overs come to all, in order, whenever the manager is killed', async () => {
    for (let round = 0; round < 3; round++) {
      await pair.lb2.stop();
      await kill();
      await pair.lb1.role('web-2', 'active');
      await pair.start('lb2');
      if (round === 1) await kill();
      await pair.settle();
    }
    await everybodyHas();
    const { manager, vips } = await pair.lb1.status();
    expect(manager.restarts).toBe(4);
    const active = (await eventsOf(pair.lb1)).filter(({ subject, fields }) => {
      return subject.vip === 'web-2' && fields['to'] === 'active';
    });
    // Each became an event once, whoever was killed before it could say so.
    expect(active).toHaveLength(vips[1]?.counters['activeTransitions'] ?? 0);
    expect(active.length).toBeGreaterThanOrEqual(3);
    const words = readFileSync(join(folder, 'script-lb1.log'), 'utf8');
    expect(words).toMatch(/^\d+ lb1-[0-9a-f]{8}-\d+ INSTANCE web-2 MASTER 253$/m);
    expect(words).toMatch(/INSTANCE web-2 BACKUP 253$/m);
  });

  it('wait for receivers that are down, across a stop of the daemon', async () => {
    await everybodyHas();
    await receivers?.stop('SIGKILL');
    await pair.lb2.stop();
    await pair.lb1.role('web-2', 'active');
    await pair.lb1.until('the webhook is a warning', ({ warnings }) =>
      warnings.some(({ code, text }) => code === 'notify' && text.includes('hook: ')),
    );
    await everybodyHas(['script-lb1']);
    await pair.lb1.stop();
    await Promise.all([pair.start('lb1'), pair.start('lb2')]);
    await pair.settle();
    const wanted = await told();
    await serve();
    await everybodyHas();
    expect(taken('hook').slice(0, wanted.length)).toEqual(wanted);
    expect(readFileSync(join(folder, 'script-lb1.log'), 'utf8')).toMatch(/INSTANCE web-1 STOP 0$/m);
    await pair.lb1.until(
      'nothing is wrong with them',
      ({ warnings }) => !warnings.some(({ code }) => code === 'notify'),
    );
  });

  it('to one that hangs delay neither VRRP nor the others', async () => {
    await everybodyHas();
    writeFileSync(join(folder, 'hang'), '');
    writeScript('sleep 600');
    const before = taken('mail').length;
    await pair.lb2.stop();
    const { since } = await pair.lb1.role('web-2', 'active');
    await eventually('the mail is there', () => taken('mail').length > before);
    expect(Date.now() - Date.parse(since)).toBeLessThan(10_000);
    expect([taken('hook').length, taken('script-lb1').length]).toEqual([before, before]);
    writeScript();
    rmSync(join(folder, 'hang'));
    await pair.start('lb2');
    await everybodyHas();
    const { notify } = await pair.lb1.status();
    expect(notify.map(({ receiver, lost }) => [receiver, lost])).toEqual([
      ['script', 0],
      ['mail', 0],
      ['hook', 0],
    ]);
  });

  it('to a script that is missing are told to be waiting, and come when it is there; a test shows the outcome', async () => {
    await everybodyHas();
    rmSync(script);
    const [answer] = await requestNotifyTest(pair.lb1.socket, { receiver: 'script', dry: false });
    expect(answer).toMatchObject({ result: 'failed', message: expect.stringContaining('ENOENT') });
    await pair.lb2.stop();
    await pair.lb1.until('it is a warning', ({ warnings }) =>
      warnings.some(({ code, text }) => code === 'notify' && text.includes('ENOENT')),
    );
    writeScript();
    await pair.start('lb2');
    await everybodyHas();
    const tested = await requestNotifyTest(pair.lb1.socket, { receiver: undefined, dry: false });
    expect(tested.map(({ receiver, result }) => [receiver, result])).toEqual([
      ['script', 'delivered'],
      ['mail', 'delivered'],
      ['hook', 'delivered'],
    ]);
    const types = (await eventsOf(pair.lb1))
      .filter(({ fields }) => fields['about'] === 'script')
      .map(({ type }) => type);
    expect(types).toContain('warning-began');
  });
});
