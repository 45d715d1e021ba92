import { OpError } from '../../linux/operror.ts';
import { whyNotShared } from '../../linux/sharing.ts';
import { readSysctl } from '../../linux/sysctl.ts';
import { endpoint } from '../bind.ts';
import type { Bind } from '../bind.ts';

/** How two proxies share the listening sockets of a host, why so, and what is in the way of it. */
export interface Mechanism {
  readonly kind: 'inherited' | 'reuseport';
  readonly why: string;
  /** Each a sentence with its fix. Nothing of it forbids the switch. */
  readonly missing: readonly string[];
  /** Listeners that nobody else may open yet; the old proxy is made to open them anew. */
  readonly unshared: readonly string[];
}

/** What is asked of the host. */
export interface MechanismFacts {
  /** net.ipv4.tcp_migrate_req, which both families obey; `undefined` when the kernel does not have it. */
  readonly migrate: string | undefined;
  /** See `whyNotShared`. */
  readonly whyNotShared: (bind: Bind) => string | undefined;
}

const SYSCTL = 'net.ipv4.tcp_migrate_req';

/** The mechanism for a mode, by the facts of a host. Pure. */
export function mechanismFrom(
  mode: 'managed' | 'adopted',
  binds: readonly Bind[],
  { migrate, whyNotShared: why }: MechanismFacts,
): Mechanism {
  if (mode === 'managed')
    return {
      kind: 'inherited',
      why: 'vipair owns the listening sockets, and both proxies inherit the same ones',
      ...{ missing: [], unshared: [] },
    };
  const refused = binds.map((bind) => ({ at: endpoint(bind.address, bind.port), code: why(bind), bind }));
  const family = (bind: Bind): string => (bind.family === 'ipv6' ? 'ipv6' : 'ipv4');
  return {
    kind: 'reuseport',
    why: 'the proxies are adopted and open their sockets themselves, side by side with SO_REUSEPORT',
    missing: [
      ...(migrate === '1' ? [] : [migrateWords(migrate)]),
      ...refused
        .filter(({ code }) => code === 'EADDRNOTAVAIL')
        .map(
          ({ at, bind }) =>
            `${at} is not an address of this host; run "sysctl -w net.${family(bind)}.ip_nonlocal_bind=1" or set "sysctl: apply"`,
        ),
    ],
    unshared: refused.filter(({ code }) => code === 'EADDRINUSE').map(({ at }) => at),
  };
}

const migrateWords = (migrate: string | undefined): string =>
  migrate === undefined
    ? `this kernel has no ${SYSCTL}: a connection that waits in the old proxy's queue when that leaves is lost, a few in 100 000; use Linux 5.14 or newer`
    : `${SYSCTL} is ${migrate}: a connection that waits in the old proxy's queue when that leaves is lost, a few in 100 000; run "sysctl -w ${SYSCTL}=1" or set "sysctl: apply"`;

/** The mechanism on this host now. */
export function mechanismHere(mode: 'managed' | 'adopted', binds: readonly Bind[]): Mechanism {
  return mechanismFrom(mode, binds, {
    migrate: migrateHere(),
    whyNotShared: ({ address, port }) => whyNotShared(address, port),
  });
}

function migrateHere(): string | undefined {
  try {
    return readSysctl(SYSCTL);
  } catch (error) {
    if (!(error instanceof OpError)) throw error;
    return undefined;
  }
}
