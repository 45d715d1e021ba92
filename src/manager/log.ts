import { now } from '../linux/clock.ts';
import type { EngineEvent } from '../engine/events.ts';
import type { IpAddress } from '../wire/address.ts';
import type { Instant } from '../wire/units.ts';
import { durationWords, reasonWords } from './words.ts';

/**
 * The log: one line an event, rendered here and nowhere else. Under journald a line starts with the priority that
 * sd-daemon(3) reads; elsewhere with the time and the level; `json` makes each line an object with the event's fields.
 */
export type LogFormat = 'text' | 'json';
export type LogLevel = 'error' | 'warning' | 'notice' | 'info';

/** What the manager itself has to tell, beside the engine's events. */
export type ManagerEvent = { readonly type: 'manager'; readonly level: LogLevel; readonly text: string };

const SYSLOG: Readonly<Record<LogLevel, number>> = { error: 3, warning: 4, notice: 5, info: 6 };

/** Names the node that speaks from an address for a virtual router. */
export type LogNames = (source: IpAddress, router: string | undefined) => string;

export class Log {
  readonly #format: LogFormat;
  readonly #write: (line: string) => void;
  readonly #journald: boolean;

  constructor(format: LogFormat, write: (line: string) => void = (line) => process.stderr.write(`${line}\n`)) {
    this.#format = format;
    this.#write = write;
    this.#journald = process.env['JOURNAL_STREAM'] !== undefined;
  }

  engine(event: EngineEvent, names: LogNames): void {
    const { level, text } = render(event, names);
    this.#line(level, text, event, event.at);
  }

  tell(level: LogLevel, text: string): void {
    this.#line(level, text, { type: 'manager', level, text }, now());
  }

  #line(level: LogLevel, text: string, event: EngineEvent | ManagerEvent, at: Instant): void {
    const time = new Date(wallClock(at)).toISOString();
    if (this.#format === 'json') this.#write(JSON.stringify({ time, level, text, ...event }));
    else if (this.#journald) this.#write(`<${SYSLOG[level]}>${text}`);
    else this.#write(`${time} ${level} ${text}`);
  }
}

/** The wall-clock time of a point on the monotonic clock, in milliseconds since 1970. */
export const wallClock = (at: Instant): number => Date.now() - (now() - at);

/** One event in words. */
export function render(event: EngineEvent, names: LogNames): { readonly level: LogLevel; readonly text: string } {
  switch (event.type) {
    case 'started':
      return event.realtime
        ? { level: 'info', text: 'engine started with real-time scheduling' }
        : {
            level: 'warning',
            text: 'engine started without real-time scheduling; grant CAP_SYS_NICE for intervals below 50 ms',
          };
    case 'transition': {
      const { because, priority, reason } = event;
      const peer = event.peer && { name: names(event.peer.source, event.router), priority: event.peer.priority };
      const words = reasonWords(reason, { peer, because, interfaceDetail: undefined });
      const level = event.to === 'initialize' || reason === 'proxy-failure' ? 'warning' : 'notice';
      return { level, text: `${event.router}: ${event.from} -> ${event.to}: ${words}; priority ${priority}` };
    }
    case 'priority':
      return {
        level: 'notice',
        text: `${event.router}: priority ${event.priority}${event.because === undefined ? '' : `: ${event.because}`}`,
      };
    case 'interface':
      return {
        level: event.state === 'up' ? 'notice' : 'error',
        text: `${event.interface}: ${event.state}: ${event.detail}`,
      };
    case 'send-failed':
      return { level: 'error', text: `${event.router}: ${event.detail}` };
    case 'address-failed':
      return { level: 'error', text: `${event.router}: ${event.address}: ${event.detail}` };
    case 'address-restored':
      return { level: 'warning', text: `${event.router}: ${event.address} was deleted by another program; restored` };
    case 'address-conflict':
      return {
        level: 'error',
        text: `${event.router}: ${event.address} is also used by ${event.mac}; find that host and remove the address there`,
      };
    case 'address-in-use':
      return {
        level: 'error',
        text: `${event.router}: ${event.address} was in use by ${event.mac}, which speaks no VRRP for it; find that host`,
      };
    case 'address-swept':
      return {
        level: 'notice',
        text: `${event.address} on ${event.interface} was left over from a former run; removed`,
      };
    case 'refused': {
      const from = event.source === undefined ? '' : ` from ${names(event.source, event.router)}`;
      const to = event.router ?? event.interface;
      return {
        level: 'warning',
        text: `${to}: advertisement${from} refused: ${refusalWords(event.refusal, event.vrid)}`,
      };
    }
    case 'remark':
      return {
        level: 'warning',
        text: `${event.router}: ${names(event.source, event.router)} ${remarkWords(event.remark)}`,
      };
    case 'proxy-exited':
      return { level: 'error', text: `proxy process ${event.pid} has exited` };
    case 'stalled':
      return {
        level: 'error',
        text: `this host was frozen for ${durationWords(event.lateness)}; addresses let go, listening again`,
      };
    case 'manager-exited':
      return {
        level: 'error',
        text: `manager ended (${event.status}); restarted after ${durationWords(event.restartIn)}`,
      };
  }
}

type RefusedEvent = Extract<EngineEvent, { type: 'refused' }>;

/** A refusal as a clause with its likely cause. Reasons that need no more words are said as they are. */
export function refusalWords(refusal: RefusedEvent['refusal'], vrid: number | undefined): string {
  switch (refusal) {
    case 'vrid':
      return `VRID ${vrid} is not configured here; another cluster uses this segment`;
    case 'ttl':
      return 'its hop limit is not 255, so it was not sent on this link';
    case 'own-packet':
      return 'it carries our own source address; the network reflects packets, or two hosts share an address';
    case 'version-mismatch':
      return 'it is of the other VRRP version; give all routers the same version';
    case 'auth-type':
      return 'it has another authentication type; give all routers the same auth';
    case 'auth-data':
      return 'it has another password';
    case 'interval':
      return 'it has another interval; VRRPv2 needs the same one on all routers';
    case 'peer':
      return 'its sender is not a configured node';
    case 'destination':
      return 'it was sent by another transport (multicast, unicast or broadcast) than configured';
    case 'owner':
      return 'this host owns the address (priority 255) and listens to nobody';
    default:
      return `malformed: ${refusal}`;
  }
}

function remarkWords(remark: Extract<EngineEvent, { type: 'remark' }>['remark']): string {
  switch (remark) {
    case 'address-list':
      return 'advertises other addresses; the configurations differ';
    case 'interval':
      return 'advertises with another interval; it was learned';
    case 'owner':
      return 'also claims to own the address (priority 255)';
    case 'checksum-form':
      return 'uses the other form of the VRRPv3 checksum; both are accepted, see `checksum`';
  }
}
