import { readFileSync } from 'node:fs';
import { pids, processOf } from '../../proxy/process.ts';

/** Other programs of this host that matter to a pair. */
export interface ProgramFacts {
  /** Those that speak VRRP themselves. */
  readonly speakers: readonly Speaker[];
  /** Those that manage the addresses of interfaces, by command name. */
  readonly managers: readonly string[];
  /** What the network configuration of systemd says, all files in one text. */
  readonly networkd: string;
}

export interface Speaker {
  readonly pid: number;
  readonly comm: string;
  /** The VRIDs of its configuration, as far as that is known. */
  readonly vrids: readonly number[];
}

/** Command names (at most 15 characters, proc_pid_comm(5)). */
const SPEAKERS: readonly string[] = ['keepalived', 'vrrpd', 'uvrrpd', 'ucarp'];
const MANAGERS: readonly string[] = ['NetworkManager', 'systemd-network', 'dhcpcd', 'connmand', 'wickedd'];

const CONFIGURATION = '/etc/keepalived/keepalived.conf';

/** Reads the process table once: milliseconds. */
export function lookAtPrograms(networkd: string): ProgramFacts {
  const processes = pids().flatMap((pid) => processOf(pid) ?? []);
  const speakers = processes.filter(({ comm }) => SPEAKERS.includes(comm));
  const parents = new Set(speakers.map(({ pid }) => pid));
  return {
    speakers: speakers
      .filter(({ parent }) => !parents.has(parent))
      .map(({ pid, comm, commandLine }) => ({ pid, comm, vrids: vridsOf(comm, commandLine) })),
    managers: MANAGERS.filter((name) => processes.some(({ comm }) => comm === name)),
    networkd,
  };
}

function vridsOf(comm: string, words: readonly string[]): number[] {
  if (comm !== 'keepalived') return [];
  const at = words.findIndex((word) => word === '-f' || word === '--use-file');
  const joined = words.find((word) => word.startsWith('--use-file='))?.slice('--use-file='.length);
  return readVrids(text(joined ?? (at < 0 ? undefined : words[at + 1]) ?? CONFIGURATION));
}

/** The VRIDs of a keepalived.conf. Pure. */
export const readVrids = (configuration: string): number[] =>
  [...configuration.matchAll(/^\s*virtual_router_id\s+(\d+)/gm)].map(([, vrid]) => Number(vrid));

function text(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
