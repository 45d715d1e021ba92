import type { ControlHandlers } from '../control/server.ts';
import type { Snapshot } from '../engine/snapshot.ts';
import type { Care } from './care.ts';
import { explain } from './explain.ts';
import type { InForce } from './inforce.ts';
import type { Switching } from './switching.ts';
import type { Telling } from './telling.ts';

/** Who answers what on the control socket. */
export const handlersOf = (
  daemon: Pick<ControlHandlers, 'status' | 'reload'>,
  { care, switching, telling }: { readonly care: Care; readonly switching: Switching; readonly telling: Telling },
  about: { readonly inForce: () => InForce | undefined; readonly snapshot: () => Promise<Snapshot> },
): ControlHandlers => ({
  status: () => daemon.status(),
  explain: (asked) => explain(about.inForce(), about.snapshot, asked),
  reload: () => daemon.reload(),
  applies: () => care.applying.applies(),
  apply: (question, progress) => care.applying.apply(question, progress),
  rollback: (id, progress) => care.applying.rollback(id, progress),
  switch: (question, progress) => switching.switch(question, progress),
  backends: (service) => care.served.supply.list(service),
  order: (order, isDry) => care.served.supply.order(order, isDry),
  events: telling.events,
  testNotify: (question) => telling.test(question),
});
