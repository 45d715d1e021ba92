import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { backendPort, startBackend } from '../../../src/lab/backend.ts';
import type { Daemon } from '../../../src/lab/daemon.ts';
import type { Host } from '../../../src/lab/host.ts';
import { startLoad } from '../../../src/lab/load.ts';
import type { Load } from '../../../src/lab/load.ts';
import { pairFile } from '../../../src/lab/pairfile.ts';
import type { PairValue } from '../../../src/lab/pairfile.ts';
import { settled } from '../../../src/lab/settled.ts';
import { milliseconds } from '../../../src/wire/units.ts';
import type { Pair } from '../pair/pair.ts';
import { VIP1, VIP2 } from '../pair/pair.ts';

/** The two proxies, and the words that the tests need of them. */
export type Name = 'nginx' | 'haproxy';

export const otherOf = (name: Name): Name => (name === 'nginx' ? 'haproxy' : 'nginx');

/** How a proxy is laid out on a host as a distribution would: its own configuration takes in our files. */
export interface Installed {
  readonly home: string;
  readonly directory: string;
  readonly pidFile: string;
  readonly main: string;
  readonly start: readonly string[];
}

function install(name: Name, host: Host): Installed {
  const home = join(host.directory, `adopted-${name}`);
  const directory = join(home, 'vipair');
  const pidFile = join(home, 'pid');
  mkdirSync(directory, { recursive: true });
  const main = join(home, name === 'nginx' ? 'nginx.conf' : 'haproxy.cfg');
  writeFileSync(main, mainText(name, home, pidFile));
  if (name === 'nginx') {
    const start = ['/usr/sbin/nginx', '-e', `${home}/log`, '-p', home, '-c', main];
    return { home, directory, pidFile, main, start };
  }
  const ours = join(directory, 'vipair.cfg');
  writeFileSync(ours, '');
  const start = ['/usr/sbin/haproxy', '-W', '-S', join(home, 'main.sock'), '-p', pidFile, '-f', main, '-f', ours];
  return { home, directory, pidFile, main, start };
}

/** What the administrator has written. `more` stands where it concerns every service. */
export function mainText(name: Name, home: string, pidFile: string, more = ''): string {
  if (name === 'nginx')
    return [
      ...['user root root;', 'worker_processes 2;', `pid ${pidFile};`, `error_log ${home}/log;`],
      'events { worker_connections 4096; }',
      `http { access_log off; ${more} include vipair/*-http.conf; }\n`,
    ].join('\n');
  return `global\n  log stdout format raw daemon\n  stats socket ${home}/stats.sock mode 600 level admin\n${more}`;
}

/** A pair of hosts on which both proxies are installed and one of them runs. */
export class SwitchedPair {
  readonly pair: Pair;
  readonly installed: Map<string, Record<Name, Installed>> = new Map();

  constructor(pair: Pair) {
    this.pair = pair;
  }

  of(host: string, name: Name): Installed {
    const both = this.installed.get(host);
    if (both === undefined) throw new Error(`nothing is installed on ${host}`);
    return both[name];
  }

  /** Starts backends and daemons; these start the proxies. */
  async manage(name: Name, more: Readonly<Record<string, PairValue>> = {}): Promise<void> {
    const { lab } = this.pair;
    for (const member of lab.backends) await startBackend(member);
    for (const { name: host } of lab.hosts) await this.pair.start(host, this.managedFile(name, more));
    await settled(this.pair.daemons);
    for (const daemon of this.pair.daemons)
      await daemon.until('its proxy serves', ({ apply, proxy }) => apply?.inForce !== null && proxy?.state === 'well');
  }

  managedFile(name: Name, more: Readonly<Record<string, PairValue>> = {}): string {
    return this.#text({ profile: name, mode: 'managed', switch: { bake: '500ms', drain: '5s' }, ...more });
  }

  /** Starts backends, one proxy and the daemon on every host. */
  async start(name: Name, more: Readonly<Record<string, PairValue>> = {}): Promise<void> {
    const { lab } = this.pair;
    for (const member of lab.backends) await startBackend(member);
    for (const host of lab.hosts) {
      this.installed.set(host.name, { nginx: install('nginx', host), haproxy: install('haproxy', host) });
      await host.exec(['sysctl', '-qw', 'net.ipv4.tcp_migrate_req=1']);
      await host.exec([...this.of(host.name, name).start, ...(name === 'nginx' ? [] : ['-D'])]);
    }
    for (const host of lab.hosts) await this.pair.start(host.name, this.file(host.name, name, more));
    await settled(this.pair.daemons);
    for (const daemon of this.pair.daemons) await daemon.until('it has applied', ({ apply }) => apply?.inForce === 1);
  }

  /** The file of a host, whose proxies have places of their own. */
  file(host: string, name: Name, more: Readonly<Record<string, PairValue>> = {}): string {
    const optionsOf = (each: Name): PairValue => {
      const { directory, pidFile, start } = this.of(host, each);
      return { directory, pid_file: pidFile, start };
    };
    return this.#text({
      profile: name,
      profiles: { nginx: optionsOf('nginx'), haproxy: optionsOf('haproxy') },
      switch: { bake: '500ms', drain: '5s' },
      ...more,
    });
  }

  #text(proxy: PairValue): string {
    const { lab } = this.pair;
    const backends = lab.backends.map(({ ipv4 }, index) => ({
      address: `${ipv4}:${backendPort}`,
      name: `b${index + 1}`,
    }));
    const web = { listen: [`${VIP1}:80`, `${VIP2}:80`], health_path: '/vipair-health', backends };
    return pairFile(lab, { settings: { proxy, services: { web }, recover_after: '100ms', sysctl: 'apply' } });
  }

  /** Load on VIPs, with patience: what is lost fails at once, and waiting tells only how busy this machine is. */
  load(...vips: string[]): Promise<Load> {
    const targets = vips.map((vip) => `${vip}:80`);
    return startLoad(this.pair.lab.client, { targets, interval: milliseconds(5), timeout: milliseconds(5000) });
  }

  /** The names of the proxies that run on a host. */
  running(host: string): Name[] {
    const comms = new Set(
      this.pair.lab
        .host(host)
        .processes()
        .map(({ comm }) => comm),
    );
    return (['nginx', 'haproxy'] as const).filter((name) => comms.has(name));
  }

  /** Waits until one proxy alone runs on a host, and the daemon says so. */
  async alone(daemon: Daemon, name: Name): Promise<void> {
    await daemon.until(
      `${name} alone runs`,
      ({ switching, proxy }) =>
        switching?.runs === name &&
        switching.underWay === null &&
        proxy?.state === 'well' &&
        this.running(daemon.host.name).join() === name,
    );
  }
}
