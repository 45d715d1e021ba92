import type { RouterAssignment } from '../../src/engine/assignment.ts';
import type { EngineEvent } from '../../src/engine/events.ts';
import { newInstance } from '../../src/engine/instance.ts';
import type { Instance } from '../../src/engine/instance.ts';
import { Journal } from '../../src/engine/journal.ts';
import type { Executor } from '../../src/engine/perform.ts';
import { Port } from '../../src/engine/port.ts';
import { NO_FACTS } from '../../src/track/stance.ts';
import { addressOf } from '../../src/wire/address.ts';
import { assigned } from './assigned.ts';
import { link } from './scripted.ts';
import type { ScriptedHost } from './scripted.ts';

/** One virtual router on an open port of a scripted host, without the loop around it. */
export interface Ported {
  readonly executor: Executor;
  readonly port: Port;
  readonly instance: Instance;
  readonly events: () => EngineEvent[];
  /** Another virtual router on the same port. */
  readonly beside: (assignment: RouterAssignment) => Instance;
}

export function ported(host: ScriptedHost, assignment: RouterAssignment = assigned()): Ported {
  const journal = new Journal(host.now);
  const { family } = assignment.router;
  const port = new Port('eth0', family, undefined, { onWake: () => {} });
  const [interfaceOf = link('eth0', 2)] = host.interfaces;
  const source = addressOf(family === 'ipv4' ? '192.0.2.11' : 'fe80::11');
  const { mac } = interfaceOf;
  const hooks = { interface: 'eth0', ifindex: 2, source, mac, onReadable: () => {}, onError: () => {} };
  port.state = 'up';
  port.link = interfaceOf;
  port.transport = host.openVrrp(hooks);
  port.discovery = host.openNeighbors(hooks);
  const beside = (other: RouterAssignment): Instance => newInstance(other, port, NO_FACTS, host.now());
  return {
    executor: { kernel: host, journal },
    port,
    instance: beside(assignment),
    events: () => journal.take(1000).map(({ event }) => event),
    beside,
  };
}
