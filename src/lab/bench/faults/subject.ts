import { writeFileSync } from 'node:fs';
import { fetchStatus } from '../../../control/client.ts';
import type { Status } from '../../../control/status.ts';
import { OpError } from '../../../linux/operror.ts';
import type { Profile } from '../../../proxy/profile.ts';
import { startDaemon } from '../../daemon.ts';
import type { Host } from '../../host.ts';
import type { Lab } from '../../lab.ts';
import { pairFile } from '../../pairfile.ts';
import { compiledFile } from '../../program.ts';
import type { Contender } from '../contender.ts';
import { stopFamily } from '../family.ts';
import { keepalivedPair } from '../keepalived.ts';
import { OURS } from './row.ts';
import type { SetUp } from './scenario.ts';

/** A daemon under test that can be asked what is the matter. */
export interface Subject extends Contender {
  /** Everything that a host's daemon says now and has logged, a line each; empty when it cannot be asked. */
  lines(host: Host): Promise<string[]>;
  /** The words with which its checker refuses the configuration; `undefined` when it takes it. */
  refusal(lab: Lab, host: Host): Promise<string | undefined>;
}

/** This program as installed, with a proxy that it is told the port of. */
export function vipairSubject(profile: Profile, setUp: SetUp): Subject {
  const fileOf = (lab: Lab, host: Host): string => {
    const rank = lab.hosts.findIndex(({ name }) => name === host.name);
    return pairFile(lab, {
      ...setUp.pair,
      settings: {
        sysctl: 'apply',
        proxy: { profile: profile.name, listen: [80] },
        ...setUp.settings,
        ...setUp.settingsOf?.[rank],
      },
    });
  };
  return {
    name: OURS,
    process: 'daemon',
    async start(lab, host): Promise<void> {
      await startDaemon(host, { config: fileOf(lab, host) });
    },
    stop: (host) => stopFamily(host, 'daemon'),
    async lines(host): Promise<string[]> {
      return [...(await statusLines(host)), ...logLines(host, 'daemon')];
    },
    async refusal(lab, host): Promise<string | undefined> {
      const path = `${host.directory}/checked.yaml`;
      writeFileSync(path, fileOf(lab, host));
      const { code, stderr } = await host.exec([process.execPath, compiledFile('src/cli/main'), 'check', path]);
      return code === 0 ? undefined : stderr.trim().replaceAll(`${host.directory}/checked.yaml`, 'pair.yaml');
    },
  };
}

/**
 * keepalived as tutorials have it: version 2, 1 s, priorities 100 and 90, and a script with `killall -0` that takes the
 * instance down.
 */
export function keepalivedSubject(profile: Profile, setUp: SetUp): Subject {
  const { processName } = profile;
  const weight = setUp.scriptWeight === undefined ? {} : { weight: setUp.scriptWeight };
  const contender = keepalivedPair('keepalived', [100, 90], (rank) => ({
    ...{ version: 2, track: { kind: 'script', processName, ...weight } },
    ...setUp.keepalived,
    ...setUp.keepalivedOf?.[rank],
  }));
  return {
    ...contender,
    lines: (host) => Promise.resolve(logLines(host, contender.process)),
    // `keepalived -t` is asked at each start, which fails when it refuses.
    refusal: () => Promise.resolve(undefined),
  };
}

/** What `vipair status` shows, a line for each thing that it says. */
async function statusLines(host: Host): Promise<string[]> {
  let status: Status;
  try {
    status = await fetchStatus(`${host.directory}/control.sock`);
  } catch (error) {
    if (error instanceof OpError) return [];
    throw error;
  }
  const { proxy, checks, warnings, vips } = status;
  return [
    ...warnings.map(({ code, text }) => `${code}: ${text}`),
    ...(proxy === null ? [] : [`proxy ${proxy.state}: ${proxy.reason}`]),
    ...checks.map(({ name, state, reason }) => `check ${name} ${state}: ${reason}`),
    ...vips.map(({ vip, state, reason }) => `${vip} ${state}: ${reason}`),
  ];
}

function logLines(host: Host, process: string): string[] {
  try {
    return host.readFile(`${host.directory}/${process}.log`).split('\n');
  } catch {
    return [];
  }
}
