import { openArp } from '../../linux/arp.ts';
import { openNdp } from '../../linux/ndp.ts';
import { errnoName } from '../../linux/errno.ts';
import { native } from '../../linux/native.ts';
import { OpError } from '../../linux/operror.ts';
import { readProcFile } from '../../linux/procstat.ts';
import { requestRealtime } from '../../linux/scheduler.ts';
import { openVrrp4 } from '../../linux/vrrp4.ts';
import { openVrrp6 } from '../../linux/vrrp6.ts';
import { macBytes } from '../../wire/mac.ts';
import type { MacAddress } from '../../wire/mac.ts';
import { routersOf } from '../patient.ts';
import type { Patient } from '../patient.ts';
import type { LinkFacts } from './links.ts';

/** What the process that needs the rights has: the daemon's engine where it runs, else this one. */
export interface ProcessFacts {
  /** `the daemon (process 812)`. */
  readonly who: string;
  readonly capabilities: ReadonlySet<number>;
  readonly uid: number;
  /** The soft limit of open files. */
  readonly files: number;
  /** Why the compiled part cannot be loaded. */
  readonly nativeTrouble: string | undefined;
  /** What was tried and refused. */
  readonly refused: readonly RefusedSocket[];
  /** The errno with which real-time scheduling is refused. */
  readonly realtimeRefused: string | undefined;
}

/** A socket on an interface, the errno, and why in words. */
export interface RefusedSocket {
  readonly interface: string;
  readonly what: string;
  readonly code: string;
  readonly why: string;
}

/** Tries what the daemon will need, without leaving a trace, and reads what the kernel says of the process. */
export function lookAtProcess(patient: Patient, links: readonly LinkFacts[]): ProcessFacts {
  const { status } = patient;
  const pid = status?.engine.pid ?? process.pid;
  const text = readProcFile(`/proc/${pid}/status`) ?? readProcFile('/proc/self/status') ?? '';
  const limits = readProcFile(`/proc/${pid}/limits`) ?? '';
  const nativeTrouble = attempt(() => void native())?.message;
  return {
    who: status === undefined ? 'this process' : `the daemon (process ${pid})`,
    capabilities: readCapabilities(text),
    uid: Number(/^Uid:\s+\d+\s+(\d+)/m.exec(text)?.[1] ?? 0),
    files: readLimit(limits, 'Max open files'),
    nativeTrouble,
    refused: nativeTrouble === undefined && status === undefined ? trySockets(patient, links) : [],
    realtimeRefused: nativeTrouble === undefined ? realtimeOf(patient) : undefined,
  };
}

/** The effective capabilities by number, from /proc/PID/status (proc_pid_status(5)). Pure. */
export function readCapabilities(text: string): Set<number> {
  const bits = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)/m.exec(text)?.[1] ?? '0'}`);
  return new Set(Array.from({ length: 64 }, (_, at) => at).filter((at) => (bits >> BigInt(at)) & 1n));
}

/** A soft limit from /proc/PID/limits; infinity where there is none. Pure. */
export function readLimit(text: string, name: string): number {
  const word = text
    .split('\n')
    .find((line) => line.startsWith(name))
    ?.slice(name.length)
    .trim()
    .split(/\s+/)[0];
  return word === undefined || word === 'unlimited' ? Number.POSITIVE_INFINITY : Number(word);
}

const SCHED_OTHER = 0;

/** Of the daemon what it was told; else it is tried for an instant. */
function realtimeOf({ status }: Patient): string | undefined {
  // The daemon may have been told not to ask, which is nothing refused.
  if (status !== undefined) return /\bE[A-Z]{3,}\b/.exec(status.engine.realtime.refused ?? '')?.[0];
  const answer = requestRealtime(1);
  if (!answer.granted) return answer.code;
  const back = native().setScheduler(SCHED_OTHER, 0);
  return back < 0 ? errnoName(-back) : undefined;
}

function trySockets({ config, node }: Patient, links: readonly LinkFacts[]): ProcessFacts['refused'] {
  const tried = new Set<string>();
  return routersOf(config, node.name).flatMap(({ vip, family, interface: name }) => {
    const link = links.find((each) => each.name === name);
    const source = link?.addresses.find((each) => each.family === family)?.address;
    const key = `${name}/${family}`;
    if (link === undefined || source === undefined || !link.isUp || tried.has(key)) return [];
    tried.add(key);
    const options = { interface: name, ifindex: link.index, onReadable: ignore, onError: ignore };
    const open = family === 'ipv4' ? openVrrp4 : openVrrp6;
    const vrrp = attempt(() => open({ ...options, source }).close());
    const mac = /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/.test(link.mac) ? macBytes(link.mac as MacAddress) : undefined;
    const [protocol, openNeighbors] = family === 'ipv4' ? ['ARP', openArp] : ['Neighbor Discovery', openNdp];
    const neighbors = mac && attempt(() => openNeighbors({ ...options, source, mac }).close());
    const subject = vip.transport === 'multicast' ? 'VRRP socket with its multicast group' : 'VRRP socket';
    return [
      ...(vrrp === undefined ? [] : [{ interface: key, what: subject, code: vrrp.code, why: vrrp.message }]),
      ...(neighbors === undefined
        ? []
        : [{ interface: key, what: `packet socket for ${protocol}`, code: neighbors.code, why: neighbors.message }]),
    ];
  });
}

const ignore = (): void => undefined;

/** What an attempt failed with. */
function attempt(what: () => void): OpError | undefined {
  try {
    what();
    return undefined;
  } catch (error) {
    if (!(error instanceof OpError)) throw error;
    return error;
  }
}
