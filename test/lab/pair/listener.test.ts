import { readFileSync, writeFileSync } from 'node:fs';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { HolderWatch } from '../../../src/lab/watch.ts';
import { milliseconds } from '../../../src/wire/units.ts';
import { eventually, usePair, VIP1 } from './pair.ts';

/* Processes that look well, and ports that are somebody else's. */

/** A process that listens on a port, together with whoever does already where that is allowed (SO_REUSEPORT is 15). */
const LISTEN = `use Socket; socket(my $s, PF_INET, SOCK_STREAM, 0); setsockopt($s, SOL_SOCKET, $_, 1) for 2, 15;
bind($s, sockaddr_in($ARGV[0], INADDR_ANY)) or die "bind: $!"; listen($s, 8); sleep 60`;

describe('a port that is no longer the proxy’s', () => {
  const pair = usePair('tpnginx', { backends: 1 });
  beforeAll(() => pair.serve('nginx'));

  it('is found, the thief is named, and the VIP moves', async () => {
    const proxy = { profile: 'nginx', listen: [80] };
    await pair.run({ settings: { recover_after: '300ms', proxy } });
    const host = pair.lab.host('lb1');
    const front = pair.front('lb1');
    const file = `${host.directory}/nginx/nginx.conf`;
    const before = readFileSync(file, 'utf8');
    writeFileSync(file, before.replaceAll(/(listen \S*):80\b/g, '$1:8080'));
    process.kill(front.main()?.pid ?? 0, 'SIGHUP');
    await eventually('nginx has left the port', () => !host.listens(80));
    const thief = await host.start(['perl', '-e', LISTEN, '80'], { name: 'thief' });
    await eventually('lb2 holds it', () => pair.holders(VIP1).join() === 'lb2');
    const status = await pair.lb1.until('it is named', (s) => s.proxy?.reason.includes('perl') === true);
    expect(status.proxy?.reason).toMatch(/^nginx does not listen on port 80; process \d+ "perl" \(perl -e .*\) does$/);
    expect(status.vips[0]?.reason).toContain('"perl"');
    await thief.stop();
    writeFileSync(file, before);
    process.kill(front.main()?.pid ?? 0, 'SIGHUP');
    await pair.settle();
  });
});

describe('haproxy', () => {
  const pair = usePair('tphap', { backends: 1 });
  beforeAll(() => pair.serve('haproxy'));
  afterEach(() => pair.unload());

  it('that shares its port with a forgotten process is degraded, and the process is named', async () => {
    await pair.run({ proxy: 'haproxy', settings: { recover_after: '300ms' } });
    const stranger = await pair.lab.host('lb1').start(['perl', '-e', LISTEN, '80'], { name: 'stranger' });
    // The manager knows before the engine does.
    const { proxy } = await pair.lb1.until(
      'it knows and yields',
      (status) => status.proxy?.state === 'degraded' && status.vips[0]?.priority === 3,
    );
    expect(proxy?.reason).toMatch(/shares port 80 with process \d+ "perl"/);
    await eventually('lb2 holds it', () => pair.holders(VIP1).join() === 'lb2');
    await stranger.stop();
    await pair.settle();
  });

  it('whose frontend was disabled has lost its port', async () => {
    await pair.run({ proxy: 'haproxy', settings: { recover_after: '300ms' } });
    // As `disable frontend` of the run-time interface: its listeners are paused.
    const worker = pair
      .front('lb1')
      .processes()
      .find(({ pid }) => pid !== pair.front('lb1').main()?.pid);
    process.kill(worker?.pid ?? 0, 'SIGTTOU');
    await eventually('lb2 holds it', () => pair.holders(VIP1).join() === 'lb2');
    const { proxy } = await pair.lb1.until('it knows', (status) => status.proxy?.state === 'dead');
    expect(proxy?.reason).toContain('does not listen on');
    process.kill(worker?.pid ?? 0, 'SIGTTIN');
    await pair.settle();
  });

  it('that goes down and up again and again moves its VIPs once', async () => {
    await pair.run({ proxy: 'haproxy' });
    const watch = new HolderWatch(pair.lab, VIP1, milliseconds(5));
    for (let times = 0; times < 4; times++) {
      pair.front('lb1').kill();
      await eventually('lb2 holds it', () => pair.holders(VIP1).join() === 'lb2');
      await eventually('all of it is gone', () => pair.front('lb1').processes().length === 0);
      await pair.front('lb1').start();
      await pair.lb1.until('it is well again', ({ proxy }) => proxy?.state === 'recovering');
    }
    watch.stop();
    expect(watch.changes.filter(({ holders }) => holders.length === 1).length - 1).toBeLessThanOrEqual(2);
    const { vips } = await pair.lb1.status();
    expect(vips[0]?.reason).toContain('not yet for recover_after');
  });
});
