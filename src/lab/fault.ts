import { now } from '../linux/clock.ts';
import type { Instant } from '../wire/units.ts';
import { failure } from './failure.ts';
import type { Host } from './host.ts';
import type { Lab } from './lab.ts';
import type { Lost } from './links.ts';
import { heal, setCarrier, setLoss } from './links.ts';
import type { Member } from './member.ts';
import { findProcess, restartProcess } from './process.ts';
import { signalProcess } from './procfs.ts';
import type { ProxyFault } from './proxyfault.ts';
import { applyProxyFault } from './proxyfault.ts';
import type { Speech } from './speech.ts';
import { speak } from './speech.ts';

/**
 * Everything that can go wrong in a lab, as data. Members are given by name; `*` as either end of a loss stands for all
 * other members.
 */
export type Fault =
  | ProxyFault
  /** A signal to a process that was started under that name, `daemon` unless another is given. */
  | { readonly kind: 'signal'; readonly host: string; readonly signal: NodeJS.Signals; readonly process?: string }
  /** What was last started under that name, and is gone, is started again as it was. */
  | { readonly kind: 'start'; readonly host: string; readonly process?: string }
  /** The member loses its carrier, of its first link unless it is the second. */
  | { readonly kind: 'cut'; readonly member: string; readonly link?: 'second' }
  | { readonly kind: 'restore'; readonly member: string; readonly link?: 'second' }
  /** Frames one way are lost on the switch, all or VRRP's only. */
  | { readonly kind: 'lose'; readonly from: string; readonly to: string; readonly lost?: Lost }
  | { readonly kind: 'pass'; readonly from: string; readonly to: string; readonly lost?: Lost }
  /** Frames both ways between a member and all others are lost, the carrier stays. */
  | { readonly kind: 'blackhole'; readonly member: string }
  | { readonly kind: 'heal' }
  /** Somebody removes an address by hand. */
  | { readonly kind: 'delete-address'; readonly host: string; readonly address: string }
  /** A member sends VRRP packets of any kind, once or repeatedly. */
  | { readonly kind: 'speak'; readonly from: string; readonly speech: Speech };

/** When a fault took effect, and what takes it back where anything does. */
export interface FaultOutcome {
  /** Right before it took effect. */
  readonly at: Instant;
  readonly undo: Fault | undefined;
}

/** Brings a fault about. Returns once it is in effect. Throws `OpError` when there is nothing it could act on. */
export async function applyFault(lab: Lab, fault: Fault): Promise<FaultOutcome> {
  switch (fault.kind) {
    case 'signal':
      return signalNamed(lab.host(fault.host), fault.process ?? 'daemon', fault.signal);
    case 'start':
      return startNamed(lab.host(fault.host), fault.process ?? 'daemon');
    case 'delete-address':
      return { at: await deleteAddress(lab.host(fault.host), fault.address), undo: undefined };
    case 'speak':
      return { at: await speak(lab, lab.member(fault.from), fault.speech), undo: undefined };
    case 'cut':
    case 'restore':
    case 'lose':
    case 'pass':
    case 'blackhole':
    case 'heal':
      return applyLinkFault(lab, fault);
    default:
      return applyProxyFault(lab.host(fault.host), fault);
  }
}

type LinkFault = Extract<Fault, { kind: 'cut' | 'restore' | 'lose' | 'pass' | 'blackhole' | 'heal' }>;

async function applyLinkFault(lab: Lab, fault: LinkFault): Promise<FaultOutcome> {
  const at = now();
  switch (fault.kind) {
    case 'cut':
      await setCarrier(lab, lab.member(fault.member), false, linkOf(fault));
      return { at, undo: { ...fault, kind: 'restore' } };
    case 'restore':
      await setCarrier(lab, lab.member(fault.member), true, linkOf(fault));
      return { at, undo: undefined };
    case 'lose':
    case 'pass': {
      const { kind, from, to, lost = 'everything' } = fault;
      await setLoss(lab, pairsOf(lab, from, to), lost, kind === 'lose');
      return { at, undo: kind === 'lose' ? { kind: 'pass', from, to, lost } : undefined };
    }
    case 'blackhole': {
      const both = [...pairsOf(lab, fault.member, '*'), ...pairsOf(lab, '*', fault.member)];
      await setLoss(lab, both, 'everything', true);
      return { at, undo: { kind: 'heal' } };
    }
    case 'heal':
      await heal(lab);
      return { at, undo: undefined };
  }
}

const linkOf = ({ link }: { readonly link?: 'second' }): number => (link === 'second' ? 1 : 0);

function pairsOf(lab: Lab, from: string, to: string): [Member, Member][] {
  const ends = (name: string): Member[] =>
    name === '*' ? lab.members.filter(({ plan }) => plan.links.length > 0) : [lab.member(name)];
  return ends(from).flatMap((a) => ends(to).flatMap((b): [Member, Member][] => (a === b ? [] : [[a, b]])));
}

async function startNamed(host: Host, process: string): Promise<FaultOutcome> {
  const at = now();
  await restartProcess(host, process);
  return { at, undo: { kind: 'signal', host: host.name, signal: 'SIGTERM', process } };
}

function signalNamed(host: Host, name: string, signal: NodeJS.Signals): FaultOutcome {
  const process = findProcess(host, name);
  if (process === undefined) throw failure(`send ${signal} to "${name}" on "${host.name}"`, 'it does not run');
  const at = now();
  signalProcess(process.pid, signal);
  return { at, undo: undoOf(host.name, name, signal) };
}

function undoOf(host: string, process: string, signal: NodeJS.Signals): Fault | undefined {
  if (signal === 'SIGSTOP') return { kind: 'signal', host, signal: 'SIGCONT', process };
  return signal === 'SIGKILL' || signal === 'SIGTERM' ? { kind: 'start', host, process } : undefined;
}

async function deleteAddress(host: Host, address: string): Promise<Instant> {
  const op = `delete address "${address}" of "${host.name}"`;
  const held = (await host.addresses()).find((candidate) => candidate.address === address);
  if (held === undefined) throw failure(op, 'it does not hold it');
  const at = now();
  const prefix = `${address}/${held.prefixLength}`;
  const { code, stderr } = await host.exec(['ip', 'address', 'delete', prefix, 'dev', held.interface]);
  if (code !== 0) throw failure(op, stderr.trim());
  return at;
}
