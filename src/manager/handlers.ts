import type { ControlHandlers } from '../control/server.ts';
import type { Applying } from './applying.ts';
import type { EventLog } from './eventlog.ts';
import type { Supply } from './supply.ts';
import type { Switching } from './switching.ts';

/** Who answers what on the control socket. */
export const handlersOf = (
  daemon: Pick<ControlHandlers, 'status' | 'reload'>,
  parts: {
    readonly applying: Applying;
    readonly switching: Switching;
    readonly supply: Supply;
    readonly events: EventLog;
  },
): ControlHandlers => ({
  status: () => daemon.status(),
  reload: () => daemon.reload(),
  applies: () => parts.applying.applies(),
  apply: (question, progress) => parts.applying.apply(question, progress),
  rollback: (id, progress) => parts.applying.rollback(id, progress),
  switch: (question, progress) => parts.switching.switch(question, progress),
  backends: (service) => parts.supply.list(service),
  order: (order, isDry) => parts.supply.order(order, isDry),
  events: parts.events,
});
