/**
 * The names of all notable events of the daemon. They are stable: `notify` in a configuration filters by them, scripts
 * and receivers read them. The engine's events are described in `src/engine/events.ts`, the manager's in
 * `src/manager/event.ts`; a test of types there holds both against this list.
 */
export const EVENT_NAMES = [
  // The engine.
  'started',
  'transition',
  'priority',
  'interface',
  'send-failed',
  'address-failed',
  'address-restored',
  'address-conflict',
  'address-in-use',
  'address-stray',
  'address-swept',
  'refused',
  'remark',
  'proxy-exited',
  'proxy-unwatched',
  'stalled',
  'lease-lapsed',
  'manager-exited',
  // The manager.
  'loaded',
  'stopping',
  'reload',
  'reload-refused',
  'proxy',
  'check',
  'proxy-restart',
  'apply',
  'switch',
  'backend',
  'service',
  'warning-began',
  'warning-ended',
  'notification-lost',
  'test',
  'manager',
] as const;

export type EventName = (typeof EVENT_NAMES)[number];

/** How bad an event is, the worst first; the words are those of syslog(3). */
export const SEVERITIES = ['error', 'warning', 'notice', 'info'] as const;

export type Severity = (typeof SEVERITIES)[number];
