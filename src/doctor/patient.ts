import { hostname } from 'node:os';
import type { Config, NodeConfig, VipConfig } from '../config/config.ts';
import { loadConfig } from '../config/load.ts';
import { formatError } from '../config/report.ts';
import { findSelf } from '../config/self.ts';
import { fetchStatus } from '../control/client.ts';
import type { Status } from '../control/status.ts';
import { OpError } from '../linux/operror.ts';
import { ownAddresses } from '../linux/ownaddresses.ts';
import { judgeServices } from '../proxy/judgement.ts';
import type { Profile } from '../proxy/profile.ts';
import type { Family, IpAddress } from '../wire/address.ts';
import { finding } from './finding.ts';
import type { Finding, Unlooked } from './finding.ts';

/** Which host is examined, and where things are on it. */
export interface Admission {
  /** The configuration. */
  readonly file: string;
  /** What `--node` says. */
  readonly name: string | undefined;
  readonly socket: string;
  /** The state directory. */
  readonly state: string;
  readonly profiles: Readonly<Record<string, Profile>>;
}

/** A host whose configuration is in order, and its daemon as it answers; every further examination is of one. */
export interface Patient {
  readonly admission: Admission;
  readonly config: Config;
  readonly node: NodeConfig;
  /** The profile of the configured proxy; `undefined` when none is watched. */
  readonly profile: Profile | undefined;
  /** What the running daemon says; `undefined` when none runs or answers. */
  readonly status: Status | undefined;
  /** Why the daemon says nothing; `undefined` when it does. */
  readonly silence: OpError | undefined;
}

/** What came of reading the file; without a patient the rest says why. */
export interface Admitted {
  readonly patient: Patient | undefined;
  /** About the file. */
  readonly findings: readonly Finding[];
  /** A file that cannot be read, perhaps by this user only, is neither in order nor refused. */
  readonly unlooked: readonly Unlooked[];
}

/** Reads the file and asks the daemon. */
export async function admit(admission: Admission): Promise<Admitted> {
  const { file, name, socket, profiles } = admission;
  const parsed = loadConfig(file, {
    profiles: Object.keys(profiles),
    judge: (config) => judgeServices(config, profiles),
  });
  const fix = `mend it and run \`vipair check ${file}\` again`;
  const findings = parsed.warnings.map((each) => finding('CONFIG-ODD', file, formatError(each), fix));
  if (!('config' in parsed) && parsed.isUnread === true) {
    const unlooked = parsed.errors.map((each) => ({ examination: 'configuration', reason: formatError(each) }));
    return { patient: undefined, findings, unlooked };
  }
  if (!('config' in parsed)) {
    const refused = parsed.errors.map((each) => finding('CONFIG-REFUSED', file, formatError(each), fix));
    return { patient: undefined, findings: [...refused, ...findings], unlooked: [] };
  }
  const { config } = parsed;
  const self = findSelf(config, { node: name, hostname: hostname(), addresses: ownAddresses() });
  const node = 'node' in self ? config.nodes.find((each) => each.name === self.node) : undefined;
  if (node === undefined) {
    const text = 'error' in self ? self.error : `no node is called "${self.node}"`;
    const advice = 'write this host under `nodes`, or name it with --node';
    const lost = finding('CONFIG-NODE', file, text, advice);
    return { patient: undefined, findings: [lost, ...findings], unlooked: [] };
  }
  const answer = await fetchStatus(socket).catch((error: unknown) => {
    if (error instanceof OpError) return error;
    throw error;
  });
  const [status, silence] = answer instanceof OpError ? [undefined, answer] : [answer, undefined];
  const profile = config.proxy === undefined ? undefined : profiles[config.proxy.profile];
  return { patient: { ...{ admission, config, node, profile, status, silence } }, findings, unlooked: [] };
}

/** The VIPs that move: all but those that are an address of this host itself, their owner (RFC 9568 1.7). */
export const movingVips = ({ config, node }: Pick<Patient, 'config' | 'node'>): ReadonlySet<IpAddress> =>
  new Set(
    config.vips
      .flatMap(({ addresses }) => addresses.map(({ address }) => address))
      .filter((address) => !node.addresses.includes(address)),
  );

/** A virtual router of this host: a VIP and a family that it has addresses of. */
export interface Router {
  readonly vip: VipConfig;
  readonly family: Family;
  readonly interface: string;
}

/** The virtual routers of a node, in the order of the file. */
export const routersOf = ({ vips }: Config, node: string): Router[] =>
  vips.flatMap((vip) =>
    (['ipv4', 'ipv6'] as const).flatMap((family) => {
      const name = vip.interfaces[node];
      const takesPart = vip.priorities[node] !== undefined && vip.addresses.some((each) => each.family === family);
      return takesPart && name !== undefined ? [{ vip, family, interface: name }] : [];
    }),
  );
