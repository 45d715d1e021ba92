import { now } from '../linux/clock.ts';
import type { Instant } from '../wire/units.ts';
import { milliseconds } from '../wire/units.ts';
import { failure } from './failure.ts';
import { findFront } from './front.ts';
import type { Host } from './host.ts';
import type { Lab } from './lab.ts';
import type { Lost } from './links.ts';
import { heal, setCarrier, setLoss } from './links.ts';
import type { Member } from './member.ts';
import { findProcess, restartProcess } from './process.ts';
import { signalProcess } from './procfs.ts';
import type { Speech } from './speech.ts';
import { speak } from './speech.ts';
import { until } from './until.ts';

/**
 * Everything that can go wrong in a lab, as data. Members are given by name; `*` as either end of a loss stands for all
 * other members.
 */
export type Fault =
  /** SIGKILL to every process of the host's proxy at once, or to its main process only. */
  | { readonly kind: 'kill-proxy'; readonly host: string; readonly what?: 'all' | 'main' }
  /** SIGSTOP to every process of the proxy: it keeps its sockets and answers nothing. */
  | { readonly kind: 'stop-proxy'; readonly host: string }
  | { readonly kind: 'continue-proxy'; readonly host: string }
  /** The proxy that is gone is started again as it was. */
  | { readonly kind: 'start-proxy'; readonly host: string }
  /** A signal to a process that was started under that name, `daemon` unless another is given. */
  | { readonly kind: 'signal'; readonly host: string; readonly signal: NodeJS.Signals; readonly process?: string }
  /** What was last started under that name, and is gone, is started again as it was. */
  | { readonly kind: 'start'; readonly host: string; readonly process?: string }
  /** The member loses its carrier. */
  | { readonly kind: 'cut'; readonly member: string }
  | { readonly kind: 'restore'; readonly member: string }
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

/** How long a proxy that was killed may take to be gone. */
const farewell = milliseconds(2000);

/** When a fault took effect, and what takes it back where anything does. */
export interface FaultOutcome {
  /** Right before it took effect. */
  readonly at: Instant;
  readonly undo: Fault | undefined;
}

/** Brings a fault about. Returns once it is in effect. Throws `OpError` when there is nothing it could act on. */
export async function applyFault(lab: Lab, fault: Fault): Promise<FaultOutcome> {
  switch (fault.kind) {
    case 'kill-proxy':
      return killProxy(lab.host(fault.host), fault.what ?? 'all');
    case 'start-proxy':
      return startProxy(lab.host(fault.host));
    case 'stop-proxy':
      return { at: frontOf(lab.host(fault.host)).pause(), undo: { kind: 'continue-proxy', host: fault.host } };
    case 'continue-proxy':
      return { at: frontOf(lab.host(fault.host)).resume(), undo: undefined };
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
  }
}

type LinkFault = Extract<Fault, { kind: 'cut' | 'restore' | 'lose' | 'pass' | 'blackhole' | 'heal' }>;

async function applyLinkFault(lab: Lab, fault: LinkFault): Promise<FaultOutcome> {
  const at = now();
  switch (fault.kind) {
    case 'cut':
      await setCarrier(lab, lab.member(fault.member), false);
      return { at, undo: { kind: 'restore', member: fault.member } };
    case 'restore':
      await setCarrier(lab, lab.member(fault.member), true);
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

function pairsOf(lab: Lab, from: string, to: string): [Member, Member][] {
  const ends = (name: string): Member[] =>
    name === '*' ? lab.members.filter(({ plan }) => plan.links.length > 0) : [lab.member(name)];
  return ends(from).flatMap((a) => ends(to).flatMap((b): [Member, Member][] => (a === b ? [] : [[a, b]])));
}

function frontOf(host: Host): NonNullable<ReturnType<typeof findFront>> {
  const front = findFront(host);
  if (front === undefined) throw failure(`find the proxy of "${host.name}"`, 'none was started in this lab');
  return front;
}

function killProxy(host: Host, what: 'all' | 'main'): FaultOutcome {
  const at = frontOf(host).kill(what);
  // Workers that were left alive hold the port: nothing can be started before they are gone.
  return { at, undo: what === 'all' ? { kind: 'start-proxy', host: host.name } : undefined };
}

async function startProxy(host: Host): Promise<FaultOutcome> {
  const front = frontOf(host);
  // One that was killed a moment ago may still be on its way out.
  await until(`the proxy of "${host.name}" is gone`, () => front.processes().length === 0, farewell).catch(() => {
    throw failure(`start the proxy of "${host.name}"`, 'it runs', `end it with "kill-proxy ${host.name}" first`);
  });
  const at = now();
  await front.start();
  return { at, undo: { kind: 'kill-proxy', host: host.name } };
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
