import type { EventSubject } from '../control/event.ts';
import type { DaemonEvent } from './event.ts';

/** What an event is about, from its fields: every kind of thing is called by one name in all of them. */
export function subjectOf(event: DaemonEvent): EventSubject {
  if ('router' in event && event.router !== undefined) return routerSubject(event.router);
  if ('service' in event) return { service: event.service, ...('backend' in event && { backend: event.backend }) };
  if ('receiver' in event) return { receiver: event.receiver };
  if (!('interface' in event)) return {};
  const { name, family } = split(event.interface);
  return { interface: name, ...family };
}

/** The key of a virtual router is the VIP's name and the family, `web-1/ipv4`. */
function routerSubject(router: string): EventSubject {
  const { name, family } = split(router);
  return { vip: name, ...family };
}

function split(key: string): { readonly name: string; readonly family: Pick<EventSubject, 'family'> } {
  const found = /^(.*)\/(ipv[46])$/.exec(key);
  if (found === null) return { name: key, family: {} };
  return { name: found[1] ?? '', family: { family: found[2] === 'ipv6' ? 'ipv6' : 'ipv4' } };
}
