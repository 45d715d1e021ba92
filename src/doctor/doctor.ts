import type { Milliseconds } from '../wire/units.ts';
import { milliseconds } from '../wire/units.ts';
import { hostSysctls } from './facts/sysctls.ts';
import { lookAtLinks } from './facts/links.ts';
import type { LinkFacts } from './facts/links.ts';
import { lookAtBackends } from './facts/backends.ts';
import { lookAtKernel } from './facts/kernel.ts';
import { lookAtKey } from './facts/key.ts';
import { lookAtPorts } from './facts/ports.ts';
import { lookAtProcess } from './facts/process.ts';
import { lookAtPrograms } from './facts/programs.ts';
import { lookAtProxy } from './facts/proxy.ts';
import { lookAtRules } from './facts/rules.ts';
import { listenOnSegments } from './facts/segment.ts';
import { lookAtStorage } from './facts/storage.ts';
import type { StorageFacts } from './facts/storage.ts';
import { lookAtUnit, networkdText } from './facts/units.ts';
import { ordered } from './finding.ts';
import type { Diagnosis, Finding, Unlooked } from './finding.ts';
import { isForbidden } from './forbidden.ts';
import { judgeBackends } from './judge/backends.ts';
import { judgeDaemon } from './judge/daemon.ts';
import { judgeFirewall } from './judge/firewall.ts';
import { judgeKernel } from './judge/kernel.ts';
import { judgeKey } from './judge/key.ts';
import { judgeLinks } from './judge/links.ts';
import { judgePorts } from './judge/ports.ts';
import { judgeProcess } from './judge/process.ts';
import { judgePrograms } from './judge/programs.ts';
import { judgeProxy } from './judge/proxy.ts';
import { judgeSegments } from './judge/segment.ts';
import { judgeStorage } from './judge/storage.ts';
import { judgeSysctls } from './judge/sysctls.ts';
import { judgeUnits } from './judge/units.ts';
import type { Units } from './judge/units.ts';
import { admit } from './patient.ts';
import type { Admission, Patient } from './patient.ts';

/**
 * The doctor examines a host before the daemon is started for the first time, and at any time after.
 *
 * What the configuration asks for decides what is examined. Each examination has two halves: `facts/` looks at the host
 * and decides nothing, `judge/` is pure and turns facts into findings, so that every finding can be tested without a
 * host that has the trouble. A finding has a stable code (`code.ts`), a sentence with the values, and a fix.
 *
 * It changes nothing on the host: whatever it opens is closed again, whatever it starts only reads. No examination may
 * fail another one: what cannot be looked at is told as just that, with the reason, and every look ends. It must not know
 * the engine, nor any particular proxy.
 */
export interface Examination {
  /** What is looked at, for people. */
  readonly name: string;
  /** May throw OpError: then it could not be looked at. */
  readonly run: (patient: Patient, links: readonly LinkFacts[]) => readonly Finding[] | Promise<readonly Finding[]>;
}

/** No examination takes longer; what does hangs. */
const LIMIT: Milliseconds = milliseconds(5000);

/** Services of a pair that an administrator of the former program may have left enabled. */
const FORMER = 'keepalived.service';

const EXAMINATIONS: readonly Examination[] = [
  { name: 'interfaces', run: judgeLinks },
  { name: 'firewall', run: async (patient, links) => judgeFirewall(patient, links, await lookAtRules()) },
  { name: 'kernel settings', run: (patient, links) => judgeSysctls(patient, links, hostSysctls) },
  { name: 'permissions', run: (patient, links) => judgeProcess(patient, lookAtProcess(heard(patient), links)) },
  { name: 'daemon', run: (patient) => judgeDaemon(heard(patient)) },
  { name: 'other programs', run: (patient) => judgePrograms(patient, lookAtPrograms(networkdText())) },
  { name: 'proxy', run: async (patient) => judgeProxy(titleOf(patient), await lookAtProxy(patient)) },
  { name: 'kernel', run: async (patient) => judgeKernel(patient, await lookAtKernel()) },
  { name: 'units', run: async (patient) => judgeUnits(patient, await unitsOf(patient)) },
  { name: 'heartbeat', run: (patient) => judgeKey(lookAtKey(patient)) },
  { name: 'backends', run: async (patient) => judgeBackends(await lookAtBackends(patient)) },
  { name: 'disk', run: (patient) => judgeStorage(directoriesOf(patient)) },
  { name: 'ports', run: (patient) => judgePorts(titleOf(patient), lookAtPorts(patient)) },
];

/** What takes time: others are listened to. */
const LISTENED: Examination = {
  name: 'other hosts',
  run: async (patient, links) => judgeSegments(patient, links, await listenOnSegments(patient, links)),
};

/** Throws what the daemon is silent with where only this user is turned away, who knows nothing of it then. */
function heard(patient: Patient): Patient {
  if (patient.silence !== undefined && isForbidden(patient.silence.code)) throw patient.silence;
  return patient;
}

const titleOf = ({ profile }: Patient): string => profile?.title ?? '';

async function unitsOf({ config, profile }: Patient): Promise<Units> {
  const isAdopted = config.proxy !== undefined && config.proxy.managed === undefined;
  const name = isAdopted ? (config.proxy.unit ?? profile?.steering.unit) : undefined;
  const [vipair, keepalived, facts] = await Promise.all([
    lookAtUnit('vipair.service'),
    lookAtUnit(FORMER),
    name === undefined ? undefined : lookAtUnit(name),
  ]);
  const proxy = name === undefined || facts === undefined ? undefined : { name, facts };
  return { vipair, keepalived, proxy };
}

function directoriesOf({ admission, config, profile }: Patient): StorageFacts[] {
  const { proxy, services } = config;
  const own = lookAtStorage(admission.state, 'the state of the daemon');
  if (proxy === undefined || profile === undefined || services.length === 0 || proxy.managed !== undefined)
    return [own];
  const directory = proxy.directory ?? profile.steering.directory;
  return [own, lookAtStorage(directory, `the configuration of ${profile.title}`)];
}

/** Whether others are listened to, which takes three seconds, and who wants to know that it has begun. */
export interface Extent {
  readonly isQuick: boolean;
  readonly onListening: () => void;
}

/** Examines a host. Never throws because of what is found there. */
export async function examine(admission: Admission, { isQuick, onListening }: Extent): Promise<Diagnosis> {
  const { patient, findings, unlooked: unread } = await admit(admission);
  if (patient === undefined) return { findings: ordered(findings), unlooked: unread };
  const looked = await attempt('interfaces of the host', lookAtLinks);
  const links = 'found' in looked ? looked.found : [];
  const all = isQuick ? EXAMINATIONS : [...EXAMINATIONS, LISTENED];
  const needed = 'found' in looked ? all : all.filter(({ name }) => name !== 'interfaces');
  if (!isQuick) onListening();
  const results = await Promise.all(needed.map(({ name, run }) => attempt(name, async () => run(patient, links))));
  const found = results.flatMap((result) => ('found' in result ? result.found : []));
  const unlooked = [looked, ...results].flatMap((result) => ('reason' in result ? [result] : []));
  return { findings: ordered([...findings, ...found]), unlooked };
}

/** What came of a look, or why it could not be had in time. */
async function attempt<T>(examination: string, look: () => Promise<T>): Promise<{ readonly found: T } | Unlooked> {
  const limit = AbortSignal.timeout(LIMIT);
  const late = new Promise<never>((_resolve, reject) => {
    limit.addEventListener('abort', () => reject(new Error(`it took longer than ${LIMIT} ms`)), { once: true });
  });
  try {
    return { found: await Promise.race([look(), late]) };
  } catch (error) {
    // Even a mistake of this program is no reason to keep the other findings back.
    return { examination, reason: error instanceof Error ? error.message : String(error) };
  }
}
