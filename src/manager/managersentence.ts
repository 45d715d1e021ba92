import type { ManagerEvent } from './event.ts';
import type { Sentence } from './sentence.ts';
import { durationWords } from './words.ts';

type EventOf<T extends ManagerEvent['type']> = Extract<ManagerEvent, { type: T }>;

/** The manager's events in words. */
export function managerSentence(event: ManagerEvent): Sentence {
  switch (event.type) {
    case 'loaded':
      return { level: 'info', text: `${event.vips} VIPs from "${event.file}"` };
    case 'stopping':
      return { level: 'notice', text: 'stopped; the VIPs were let go before' };
    case 'reload':
      return {
        level: 'notice',
        text: event.changes.length === 0 ? 'reload: nothing changed' : `reload: ${event.changes.join('; ')}`,
      };
    case 'reload-refused':
      return reloadRefused(event);
    case 'proxy':
      return { level: event.state === 'well' ? 'notice' : 'error', text: `proxy ${event.state}: ${event.reason}` };
    case 'check':
      return event.state === 'well'
        ? { level: 'notice', text: `check ${event.check} is well: ${event.reason}` }
        : { level: 'error', text: `check ${event.check} failed: ${event.reason}` };
    case 'proxy-restart':
      return { level: event.severity, text: `proxy: ${event.detail}` };
    case 'apply':
      return apply(event);
    case 'switch':
      return {
        level: event.result === 'switched' ? 'notice' : 'error',
        text: `switch ${event.from} -> ${event.to}: ${event.result}: ${event.message}, after ${durationWords(event.durationMs)}`,
      };
    case 'backend':
      return {
        level: event.state === 'up' ? 'notice' : 'warning',
        text: `${event.service}: backend ${event.backend} is ${event.state}: ${event.reason}`,
      };
    case 'service':
      return { level: event.severity, text: `${event.service}: ${event.detail}` };
    case 'warning-began':
      return { level: 'warning', text: event.detail };
    case 'warning-ended':
      return { level: 'notice', text: `over after ${durationWords(event.lasted)}: ${event.detail}` };
    case 'notification-lost':
      return {
        level: 'error',
        text: `notify ${event.receiver}: ${event.count} ${event.count === 1 ? 'event was' : 'events were'} given up: ${event.reason}`,
      };
    case 'test':
      return { level: 'info', text: event.detail };
    case 'manager':
      return { level: event.severity, text: event.detail };
  }
}

function reloadRefused({ errors: [first = '', ...others] }: EventOf<'reload-refused'>): Sentence {
  const more = others.length === 0 ? '' : ` (and ${others.length} more, see \`vipair check\`)`;
  return {
    level: 'error',
    text: `reload refused: ${first}${more}; the configuration that was in force stays in force`,
  };
}

function apply({ result, cause, message, apply: id, findings, durationMs }: EventOf<'apply'>): Sentence {
  const number = id === undefined ? '' : ` #${id}`;
  const text = `apply${number} (${cause}): ${message}`;
  switch (result) {
    case 'effective':
    case 'written':
      return { level: 'notice', text: `${text}, after ${durationWords(durationMs)}` };
    case 'unchanged':
    case 'deferred':
      return { level: 'info', text };
    case 'refused':
    case 'rolled-back':
    case 'failed': {
      const more = findings.slice(0, 3).filter((finding) => !message.includes(finding));
      const said = more.length === 0 ? '' : `; ${more.join('; ')}`;
      return { level: 'error', text: `${text}${said}; what was in force stays in force` };
    }
  }
}
