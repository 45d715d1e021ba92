import type { Severity } from '../config/eventname.ts';
import type { EngineEvent } from '../engine/events.ts';
import type { IpAddress } from '../wire/address.ts';
import type { DaemonEvent } from './event.ts';
import { managerSentence } from './managersentence.ts';
import { durationWords, reasonWords } from './words.ts';

/** Events in words: what happened, to whom, and what to do where something is wrong. The engine's are here. */

export interface Sentence {
  readonly level: Severity;
  readonly text: string;
}

/** Names the node that speaks from an address for a virtual router. */
export type LogNames = (source: IpAddress, router: string | undefined) => string;

type EventOf<T extends EngineEvent['type']> = Extract<EngineEvent, { type: T }>;

/** One event in words. */
export function sentenceFor(event: DaemonEvent, names: LogNames): Sentence {
  switch (event.type) {
    case 'started':
      return started(event);
    case 'transition':
      return transition(event, names);
    case 'priority':
      return notice(
        `${event.router}: priority ${event.priority}${event.because === undefined ? '' : `: ${event.because}`}`,
      );
    case 'interface':
      return segment(event);
    case 'send-failed':
      return error(`${event.router}: ${event.detail}; see the firewall and the routes of this host`);
    case 'address-failed':
    case 'address-restored':
    case 'address-conflict':
    case 'address-in-use':
    case 'address-stray':
      return address(event);
    case 'address-swept':
      return notice(`${event.address} on ${event.interface} was left over from a former run; removed`);
    case 'refused':
      return refused(event, names);
    case 'remark':
      return warning(`${event.router}: ${names(event.source, event.router)} ${remarkWords(event.remark)}`);
    case 'proxy-exited':
      return error(`proxy process ${event.pid} has exited`);
    case 'proxy-unwatched':
      return error(`${event.detail}; its death will be noticed up to half a second later`);
    case 'lease-lapsed':
      return error(
        `${event.router}: could not advertise for as long as its address lease; addresses let go, listening again`,
      );
    case 'stalled':
      return error(`this host was frozen for ${durationWords(event.lateness)}; addresses let go, listening again`);
    case 'manager-exited':
      return error(`manager ended (${event.status}); restarted after ${durationWords(event.restartIn)}`);
    default:
      return managerSentence(event);
  }
}

/** What failed says itself what to do. */
function segment({ interface: name, state, detail }: EventOf<'interface'>): Sentence {
  const text = `${name}: ${state}: ${detail}`;
  switch (state) {
    case 'up':
      return notice(text);
    case 'absent':
      return error(`${text}; create it, or correct \`interface\``);
    case 'down':
      return error(`${text}; see its cable, its switch port and \`ip link\``);
    case 'no-address':
    case 'failed':
      return error(text);
  }
}

function started({ realtime, refusal }: EventOf<'started'>): Sentence {
  if (realtime > 0) return { level: 'info', text: `engine started with real-time priority ${realtime}` };
  if (refusal === undefined) return { level: 'info', text: 'engine started without real-time scheduling, as asked' };
  return warning(
    `engine started without real-time scheduling: ${refusal}; grant CAP_SYS_NICE for intervals below 50 ms`,
  );
}

function transition(event: EventOf<'transition'>, names: LogNames): Sentence {
  const { because, priority, reason, router, from, to } = event;
  const peer = event.peer && { name: names(event.peer.source, router), priority: event.peer.priority };
  const words = reasonWords(reason, { peer, because, interfaceDetail: undefined });
  const text = `${router}: ${from} -> ${to}: ${words}; priority ${priority}`;
  const troubled = reason === 'proxy-failure' || (to === 'initialize' && reason !== 'shutdown');
  return troubled ? warning(text) : notice(text);
}

type AddressEvent = EventOf<
  'address-failed' | 'address-restored' | 'address-conflict' | 'address-in-use' | 'address-stray'
>;

function address(event: AddressEvent): Sentence {
  const subject = `${event.router}: ${event.address}`;
  switch (event.type) {
    case 'address-failed':
      return error(`${subject}: ${event.detail}`);
    case 'address-restored':
      return warning(`${subject} was deleted by another program; restored. Find what deletes it`);
    case 'address-conflict':
      return error(`${subject} is also used by ${event.mac}; find that host and remove the address there`);
    case 'address-in-use':
      return error(`${subject} was in use by ${event.mac}, which speaks no VRRP for it; find that host`);
    case 'address-stray':
      return error(`${subject} was put on this host by another program; remove it there, or two hosts answer for it`);
  }
}

function refused({ source, router, interface: name, refusal, vrid }: EventOf<'refused'>, names: LogNames): Sentence {
  const from = source === undefined ? undefined : names(source, router);
  // A name instead of the address means that it is one of our own nodes.
  const words =
    refusal === 'vrid' && from !== source
      ? `VRID ${vrid} is not configured here; give all hosts the same file`
      : refusalWords(refusal, vrid);
  return warning(`${router ?? name}: advertisement${from === undefined ? '' : ` from ${from}`} refused: ${words}`);
}

/** A refusal as a clause with its likely cause and its fix. */
function refusalWords(refusal: EventOf<'refused'>['refusal'], vrid: number | undefined): string {
  switch (refusal) {
    case 'vrid':
      return `VRID ${vrid} is not configured here; another cluster uses this segment, keep to VRIDs of your own`;
    case 'ttl':
      return 'its hop limit is not 255, so it was not sent on this link; put all routers on one link';
    case 'own-packet':
      return 'it carries our own source address; the network reflects packets, or two hosts share an address';
    case 'version-mismatch':
      return 'it is of the other VRRP version; give all routers the same version';
    case 'auth-type':
      return 'it has another authentication type; give all routers the same auth';
    case 'auth-data':
      return 'it has another password; give all routers the same auth';
    case 'interval':
      return 'its interval is not ours; VRRPv2 needs the same one on all routers';
    case 'peer':
      return 'its sender is not a configured node; write it under `nodes`, or find out who it is';
    case 'destination':
      return 'it was sent by another transport (multicast, unicast, broadcast); give all routers the same one';
    case 'owner':
      return 'this host owns the address (priority 255) and listens to nobody; only one host may own it';
    case 'checksum':
    case 'count':
    case 'field':
    case 'fragment':
    case 'ip-header':
    case 'length':
    case 'truncated':
    case 'type':
    case 'version':
      return `malformed: ${refusal}; look at its sender`;
  }
}

function remarkWords(remark: EventOf<'remark'>['remark']): string {
  switch (remark) {
    case 'address-list':
      return 'advertises other addresses; give all hosts the same file';
    case 'interval':
      return 'advertises with another interval; it was learned, give all routers the same one';
    case 'owner':
      return 'also claims to own the address (priority 255); only one host may';
    case 'checksum-form':
      return 'uses the other form of the VRRPv3 checksum; both are accepted, see `checksum`';
  }
}

const error = (text: string): Sentence => ({ level: 'error', text });
const warning = (text: string): Sentence => ({ level: 'warning', text });
const notice = (text: string): Sentence => ({ level: 'notice', text });
