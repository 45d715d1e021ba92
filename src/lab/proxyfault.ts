import { now } from '../linux/clock.ts';
import { milliseconds } from '../wire/units.ts';
import type { FaultOutcome } from './fault.ts';
import { failure } from './failure.ts';
import type { Front } from './front.ts';
import { findFront } from './front.ts';
import type { Host } from './host.ts';
import { debuggerName, hangWorkers, stealPort, thiefName } from './intruder.ts';
import { findProcess } from './process.ts';
import { isRunning, signalProcess } from './procfs.ts';
import { until } from './until.ts';

/** What can happen to the proxy of a host. */
export type ProxyFault =
  /** SIGKILL to every process of the host's proxy at once, or to its main process only. */
  | { readonly kind: 'kill-proxy'; readonly host: string; readonly what?: 'all' | 'main' }
  /** SIGSTOP to every process of the proxy: it keeps its sockets and answers nothing. */
  | { readonly kind: 'stop-proxy'; readonly host: string }
  | { readonly kind: 'continue-proxy'; readonly host: string }
  /** The proxy that is gone is started again as it was. */
  | { readonly kind: 'start-proxy'; readonly host: string }
  /** Its workers are halted by a debugger: they look alive and do nothing. */
  | { readonly kind: 'hang-proxy'; readonly host: string }
  | { readonly kind: 'release-proxy'; readonly host: string }
  /** It runs and does not listen: a frontend disabled at run time, or a reload with other ports. */
  | { readonly kind: 'close-port'; readonly host: string }
  | { readonly kind: 'open-port'; readonly host: string }
  /** Another program listens on the port, beside the proxy where that shares it. */
  | { readonly kind: 'steal-port'; readonly host: string; readonly port?: number }
  | { readonly kind: 'return-port'; readonly host: string };

/** How long a process that was killed may take to be gone. */
const farewell = milliseconds(2000);

/** The port that every proxy of a lab has. */
const defaultPort = 80;

/** Does one of these to a host's proxy. Throws `OpError`. */
export async function applyProxyFault(host: Host, fault: ProxyFault): Promise<FaultOutcome> {
  const name = host.name;
  switch (fault.kind) {
    case 'kill-proxy':
      return killProxy(host, fault.what ?? 'all');
    case 'start-proxy':
      return startProxy(host);
    case 'stop-proxy':
      return { at: frontOf(host).pause(), undo: { kind: 'continue-proxy', host: name } };
    case 'continue-proxy':
      return { at: frontOf(host).resume(), undo: undefined };
    case 'hang-proxy':
      return { at: await hangWorkers(frontOf(host)), undo: { kind: 'release-proxy', host: name } };
    case 'release-proxy': {
      const outcome = await endProcess(host, debuggerName);
      // The end of the debugger leaves its workers stopped.
      frontOf(host).resume();
      return outcome;
    }
    case 'close-port':
      return { at: await frontOf(host).closePorts(), undo: { kind: 'open-port', host: name } };
    case 'open-port':
      return { at: await frontOf(host).openPorts(), undo: undefined };
    case 'steal-port':
      return { at: await stealPort(host, fault.port ?? defaultPort), undo: { kind: 'return-port', host: name } };
    case 'return-port':
      return endProcess(host, thiefName);
  }
}

function frontOf(host: Host): Front {
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

async function endProcess(host: Host, name: string): Promise<FaultOutcome> {
  const record = findProcess(host, name);
  if (record === undefined) throw failure(`end "${name}" on "${host.name}"`, 'it does not run');
  const at = now();
  signalProcess(record.pid, 'SIGKILL');
  await until(`"${name}" is gone`, () => !isRunning(record), farewell);
  return { at, undo: undefined };
}
