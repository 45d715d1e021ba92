import { readFileSync, writeFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { managedSettings, profileNames, startBackends } from '../../../src/lab/pair.ts';
import type { PairValue } from '../../../src/lab/pairfile.ts';
import { must } from '../../../src/lab/run.ts';
import { eventually, usePair, VIP1, VIP2 } from './pair.ts';

/* What a host has besides a proxy that lives: a way out, room, backends. One pair serves all of it. */
describe('a host that is not well although its proxy is', () => {
  const pair = usePair('thost', { backends: 2 });
  const profile = 'nginx';

  beforeAll(async () => {
    await startBackends(pair.lab);
    // The client plays the router.
    for (const { name } of pair.lab.hosts)
      await pair.lab.exec(name, ['ip', 'route', 'add', 'default', 'via', '192.0.2.1']);
    const managed = managedSettings(pair.lab, profile) as {
      proxy: PairValue;
      services: { web: Record<string, PairValue> };
    };
    const check = { type: 'http', path: '/', interval: '200ms', rise: 1, fall: 2 };
    await pair.run({
      settings: {
        recover_after: '300ms',
        ...managed,
        services: { web: { ...managed.services.web, check } },
        track: {
          backends: { weight: 50, quorum: 2 },
          checks: {
            router: { gateway: 'default', interval: '200ms', weight: 20 },
            room: { headroom: '20%', interval: '200ms', weight: 10 },
          },
        },
      },
    });
  });

  /** Waits until lb2 serves alone and lb1 says why, then that all is as before once `mend` is done. */
  const moves = async (priority: number, words: RegExp, mend: () => Promise<unknown>): Promise<void> => {
    await eventually('lb2 holds both', () => [VIP1, VIP2].every((vip) => pair.holders(vip).join() === 'lb2'));
    const { vips } = await pair.lb1.until('it says why', (s) => words.test(s.vips[0]?.reason ?? ''));
    expect(vips[0]).toMatchObject({ state: 'backup', priority });
    await mend();
    await pair.settle();
  };

  it('lets the other serve when it loses its gateway by itself', async () => {
    await pair.lab.fault({ kind: 'lose', from: 'cl', to: 'lb1' });
    await moves(234, /router: 192\.0\.2\.1: /, () => pair.lab.fault({ kind: 'heal' }));
    expect((await pair.lb1.status()).checks[0]).toMatchObject({ name: 'router', state: 'well' });
  });

  it('lets the other serve when its proxy has hardly a descriptor left', async () => {
    const { proxy } = await pair.lb1.status();
    const pid = `${proxy?.workers[0] ?? 0}`;
    const limitTo = (limit: string): Promise<unknown> =>
      must('limit the proxy', pair.lab.host('lb1').commandFor(['prlimit', `--pid=${pid}`, `--nofile=${limit}:`]));
    const open = await pair.lab.exec('lb1', ['sh', '-c', `ls /proc/${pid}/fd | wc -l`]);
    await limitTo(`${Number(open.stdout) + 1}`);
    await moves(244, /room: \d+% of the descriptors of proxy process \d+ free/, () => limitTo('4096'));
  });

  it('lets the other serve when it alone sees too few backends, of which no heartbeat tells', async () => {
    await pair.lab.fault({ kind: 'lose', from: 'b1', to: 'lb1' });
    await moves(204, /web has 1 of 2 backends/, () => pair.lab.fault({ kind: 'heal' }));
  });

  it('holds what it has when both see too few', async () => {
    await pair.lab.fault({ kind: 'lose', from: 'b1', to: 'lb1' });
    await pair.lab.fault({ kind: 'lose', from: 'b1', to: 'lb2' });
    for (const daemon of pair.daemons) {
      await daemon.until('both are lower', ({ vips }) => vips.every((vip) => vip.priority === vip.basePriority - 50));
    }
    await eventually(
      'each serves its own',
      () => pair.holders(VIP1).join() === 'lb1' && pair.holders(VIP2).join() === 'lb2',
    );
    await pair.lab.fault({ kind: 'heal' });
    await pair.settle();
  });
});

/** What a proxy has to say to listen with TLS, and how that is lost by a mistake. */
const tls: Readonly<
  Record<string, { file: string; signal: NodeJS.Signals; add: (text: string, pem: string) => string }>
> = {
  nginx: {
    file: 'nginx.conf',
    signal: 'SIGHUP',
    add: (text, pem) =>
      text.replace(
        /\n}\s*$/,
        `\n  server { listen 443 ssl; ssl_certificate ${pem}; ssl_certificate_key ${pem}; return 200; }\n}\n`,
      ),
  },
  haproxy: {
    file: 'haproxy.cfg',
    signal: 'SIGUSR2',
    add: (text, pem) =>
      `${text}\nfrontend secure\n  mode http\n  bind :443 ssl crt ${pem}\n  http-request return status 200\n`,
  },
};

describe.each(profileNames)('a listener of %s that has lost its TLS', (profile) => {
  const pair = usePair(`ttls${profile}`, { backends: 1 });

  it('is found by the handshake, while HTTP goes on', async () => {
    await pair.serve(profile);
    const { file, signal, add } = tls[profile] ?? { file: '', signal: 'SIGHUP', add: (text: string) => text };
    const texts = new Map<string, string>();
    for (const { name, directory } of pair.lab.hosts) {
      const path = `${directory}/${profile}/${file}`;
      const pem = `${directory}/secure.pem`;
      const subject = ['-subj', '/CN=app.example', '-days', '2', '-keyout', pem, '-out', `${pem}.cert`];
      await must('make a certificate', ['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', ...subject]);
      writeFileSync(pem, readFileSync(`${pem}.cert`, 'utf8') + readFileSync(pem, 'utf8'));
      texts.set(name, add(readFileSync(path, 'utf8'), pem));
      writeFileSync(path, texts.get(name) ?? '');
      process.kill(pair.front(name).main()?.pid ?? 0, signal);
      await eventually('it listens with TLS', () => pair.lab.host(name).listens(443));
    }
    const urls = ['http://127.0.0.1/vipair-health', 'tls://127.0.0.1:443'];
    await pair.run({ settings: { recover_after: '300ms', proxy: { profile, probe: { urls } } } });

    const path = `${pair.lab.host('lb1').directory}/${profile}/${file}`;
    const text = texts.get('lb1') ?? '';
    writeFileSync(path, text.replace(/(listen 443) ssl|(bind :443) ssl crt \S+/, '$1$2'));
    process.kill(pair.front('lb1').main()?.pid ?? 0, signal);
    await eventually('lb2 holds it', () => pair.holders(VIP1).join() === 'lb2');
    const { proxy } = await pair.lb1.until('it knows', (s) => s.proxy?.state === 'dead');
    expect(proxy?.reason).toMatch(/443/);
    writeFileSync(path, text);
    process.kill(pair.front('lb1').main()?.pid ?? 0, signal);
    await pair.settle();
  });
});
