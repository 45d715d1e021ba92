import { setTimeout as pause } from 'node:timers/promises';
import { now } from '../../../linux/clock.ts';
import { milliseconds } from '../../../wire/units.ts';
import type { Fault } from '../../fault.ts';
import { until } from '../../until.ts';
import { signalFamily } from '../family.ts';
import { differences } from './differences.ts';
import { cutPaths } from './paths.ts';
import type { FaultScenario, Stage } from './scenario.ts';

/** A question every 250 ms of which two must fail, and what the takeover takes. */
const foundByAsking = milliseconds(800);

/** What keepalived writes when its script fails. */
const scriptFailed = /Script.*(failed|now returning)/;

type Rest = Pick<FaultScenario, 'must' | 'ours'> & Partial<FaultScenario>;

/** A scenario of faults of the first host's proxy, one after the other. */
const ofProxy = (
  name: string,
  what: string,
  faults: (host: string) => readonly Fault[],
  rest: Rest,
): FaultScenario => ({
  ...{ name, what, theirs: { lb1: scriptFailed }, ...rest },
  async begin({ fault, first }) {
    const at = now();
    for (const each of faults(first.name)) await fault(each);
    return at;
  },
});

const stop = (host: string): Fault[] => [{ kind: 'stop-proxy', host }];
const hang = (host: string): Fault[] => [{ kind: 'hang-proxy', host }];
const killMain = (host: string): Fault[] => [{ kind: 'kill-proxy', host, what: 'main' }];
const close = (host: string): Fault[] => [{ kind: 'close-port', host }];
const steal = (host: string): Fault[] => [{ kind: 'steal-port', host }];
const takeOver = (host: string): Fault[] => [...close(host), ...steal(host)];

const proxies: readonly FaultScenario[] = [
  ofProxy('proxy-stopped', 'all processes of the proxy are stopped (SIGSTOP)', stop, {
    must: { serves: 'peer', outage: foundByAsking },
    ours: { lb1: /^proxy dead: .*stopped/ },
  }),
  ofProxy('worker-hung', 'the workers of the proxy hang: they look alive and do nothing', hang, {
    must: { serves: 'peer', outage: foundByAsking },
    ours: { lb1: /^proxy dead: .*(accepted|answer)/ },
  }),
  ofProxy('main-killed', 'the main process of the proxy is killed; workers that outlive it are orphans', killMain, {
    must: { serves: 'peer', outage: milliseconds(250) },
    ours: { lb1: /^proxy dead: / },
  }),
  ofProxy('port-closed', 'the proxy runs and does not listen: its frontend is disabled', close, {
    must: { serves: 'peer', outage: foundByAsking },
    ours: { lb1: /^proxy dead: .*does not listen/ },
  }),
  ofProxy('port-stolen', 'the same, and another program listens in its place', takeOver, {
    must: { serves: 'peer', outage: foundByAsking },
    ours: { lb1: /^proxy dead: .*does not listen.*"perl"/ },
  }),
  ofProxy('port-shared', 'a forgotten program shares the port (SO_REUSEPORT) and answers nothing', steal, {
    must: { serves: 'peer', outage: foundByAsking },
    ours: { lb1: /^proxy (degraded|dead): .*"perl"/ },
    async impossible({ fault, first }: Stage): Promise<string | undefined> {
      try {
        await fault({ kind: 'steal-port', host: first.name });
        await fault({ kind: 'return-port', host: first.name });
        return undefined;
      } catch (error) {
        return `the proxy does not share its port: ${String(error instanceof Error ? error.message : error)}`;
      }
    },
  }),
];

/** Where each host has a script of its own under one path that everybody may run. */
const script = '/var/tmp/check';

const checkDeleted: FaultScenario = {
  name: 'check-deleted',
  what: 'the check script of a host is deleted, and 3 s later its proxy is killed',
  setUp: {
    settings: { track: { checks: { alive: { command: [script], interval: '500ms' } } } },
    keepalived: { track: { kind: 'script', command: script } },
  },
  async prepare(lab, front) {
    // As that of the tutorials. A check has no privilege here, and may not signal the proxy.
    const text = `#!/bin/sh\\npidof ${front.processName} > /dev/null\\n`;
    for (const { name } of lab.hosts) {
      await lab.exec(name, ['sh', '-c', `printf '${text}' > ${script}; chmod 755 ${script}`]);
    }
  },
  must: { serves: 'peer', outage: milliseconds(250) },
  ours: { lb1: /^check alive failed: .*ENOENT/ },
  theirs: { lb1: /Script.*(not found|ENOENT|no such file)/i },
  async begin({ fault, first }) {
    const at = now();
    await first.exec(['rm', script]);
    await pause(3000);
    await fault({ kind: 'kill-proxy', host: first.name });
    return at;
  },
};

const weightTooSmall: FaultScenario = {
  name: 'weight-too-small',
  what: 'a dead proxy lowers the priority by 5, and the other host has 10 less',
  setUp: {
    settings: { on_failure: 'lower', weight: 5 },
    scriptWeight: -5,
    pair: {
      without: ['web-1', 'web-2'],
      vips: { web: { vrid: 51, address: '192.0.2.101/24', priority: { lb1: 100, lb2: 90 } } },
    },
  },
  must: { serves: 'peer', isRefused: true },
  ours: { lb1: /too small/ },
  theirs: { lb1: /too small|never/ },
  begin: ({ fault, first }) => fault({ kind: 'kill-proxy', host: first.name }),
};

const flaps: FaultScenario = {
  name: 'flaps',
  what: 'the proxy is down for 2 s and up for 5 s, four times in 28 s',
  must: { serves: 'one', outage: milliseconds(250), moves: 2 },
  ours: { lb1: /recover_after/ },
  theirs: { lb1: scriptFailed },
  most: milliseconds(29_000),
  least: milliseconds(28_000),
  async begin({ lab, first, front }) {
    const at = now();
    for (let times = 0; times < 4; times++) {
      front.kill();
      await until('it is gone', () => front.processes().length === 0, milliseconds(2000));
      await pause(Math.max(0, at + times * 7000 + 2000 - now()));
      await lab.fault({ kind: 'start-proxy', host: first.name });
      await pause(Math.max(0, at + (times + 1) * 7000 - now()));
    }
    return at;
  },
};

const frozen: FaultScenario = {
  name: 'frozen',
  what: 'the daemon is frozen for 6 s, then thawed',
  // The lease of 2 s, and the timer of the peer.
  must: { serves: 'one', twoHolders: milliseconds(3100) },
  ours: { lb1: /frozen for/, lb2: /fell silent/ },
  theirs: { lb1: /timer expired/, lb2: /timed? ?out|silent/i },
  least: milliseconds(7000),
  most: milliseconds(20_000),
  async begin({ first, subject }) {
    const at = signalFamily(first, subject.process, 'SIGSTOP');
    await pause(6000);
    signalFamily(first, subject.process, 'SIGCONT');
    return at;
  },
};

/** Every fault, in the order of the table. */
export const SCENARIOS: readonly FaultScenario[] = [
  ...proxies,
  checkDeleted,
  weightTooSmall,
  ...cutPaths,
  ...differences,
  flaps,
  frozen,
];
