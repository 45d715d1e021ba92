/**
 * The engine process: systemd's main pid. It starts the manager before it opens a socket, waits for its first
 * assignment, and from then on lives by itself. It loads no library: what it needs is in `src/vrrp`, `src/track`,
 * `src/wire` and `src/linux`.
 */
import { fileURLToPath } from 'node:url';
import { closeOnExec } from '../linux/cloexec.ts';
import { now } from '../linux/clock.ts';
import { OpError } from '../linux/operror.ts';
import { realtimePriority, requestRealtime } from '../linux/scheduler.ts';
import { sdNotify } from '../linux/sdnotify.ts';
import { ManagerChild } from './child.ts';
import { Engine } from './engine.ts';
import { snapshotOf } from './instance.ts';
import type { ToEngine } from './messages.ts';
import type { Snapshot } from './snapshot.ts';

/** SCHED_FIFO priority: above ordinary work, below the kernel's own threads. */
const REALTIME_PRIORITY = 50;

/** Exit codes after sysexits(3): what the manager says before the first assignment, and missing permission. */
const EXIT_NO_PERMISSION = 77;
const EXIT_FAILURE = 70;

/** Runs the engine until a signal ends it. `argv` is what follows `vipair run`; the manager reads it. */
export function runEngine(argv: readonly string[]): void {
  const realtime = requestRealtime(REALTIME_PRIORITY);
  const refusal = realtime.granted ? undefined : realtime.code;
  let engine: Engine | undefined;
  let resume: string | undefined;

  const manager = new ManagerChild({
    program: fileURLToPath(new URL('../manager/main.js', import.meta.url)),
    argv,
    now,
    onMessage: receive,
    onStart: (restarts) => manager.send({ type: 'hello', resume, restarts }),
    onExit: (status, code, restartIn) => {
      // Before the first assignment the manager's exit code is the daemon's: it has said what is wrong.
      if (engine === undefined) process.exit(code);
      engine.journal.tell({ type: 'manager-exited', status, restartIn });
      return true;
    },
  });

  function receive(message: ToEngine): void {
    switch (message.type) {
      case 'configure':
        configure(message);
        return;
      case 'proxy':
        engine?.observe(message.proxy);
        return;
      case 'snapshot':
        if (engine !== undefined && manager.hasRoom) {
          manager.send({ type: 'snapshot', id: message.id, snapshot: takeSnapshot(engine) });
        }
        return;
      case 'give-up':
        if (engine === undefined) process.exit(message.exitCode);
        return;
    }
  }

  function configure(message: Extract<ToEngine, { type: 'configure' }>): void {
    const first = engine === undefined;
    engine ??= openEngine();
    engine.configure(message.assignment, message.proxy);
    resume = message.source;
    if (first) {
      refuseWithoutPermission(engine);
      engine.journal.tell({ type: 'started', realtime: refusal === undefined });
      startWatchdog();
      sdNotify(`READY=1\nSTATUS=${message.assignment.routers.length} virtual routers`);
    }
    manager.send({ type: 'configured' });
    tellEvents(engine);
  }

  function openEngine(): Engine {
    try {
      return new Engine({
        onProxyExit: (pid) => manager.send({ type: 'proxy-exited', pid }),
        onTurn: () => {
          if (engine !== undefined) tellEvents(engine);
        },
      });
    } catch (error) {
      if (error instanceof OpError) fail(error.message, error.code === 'EPERM' ? EXIT_NO_PERMISSION : EXIT_FAILURE);
      throw error;
    }
  }

  /** A daemon that may not open its sockets is of no use: say so and end, instead of retrying for ever. */
  function refuseWithoutPermission(running: Engine): void {
    const refused = [...running.ports].find((port) => port.failure === 'EPERM' || port.failure === 'EACCES');
    if (refused !== undefined) fail(refused.detail, EXIT_NO_PERMISSION);
  }

  function fail(message: string, exitCode: number): never {
    process.stderr.write(`vipair: ${message}\n`);
    manager.stop();
    process.exit(exitCode);
  }

  function tellEvents(running: Engine): void {
    while (manager.hasRoom) {
      const [event] = running.journal.take(1);
      if (event === undefined) return;
      manager.send({ type: 'event', event });
    }
  }

  function takeSnapshot(running: Engine): Snapshot {
    return {
      at: now(),
      pid: process.pid,
      startedAt: running.startedAt,
      realtime: { priority: realtimePriority(), refusal },
      lateness: running.lateness,
      proxy: running.proxy.verdict,
      watchedPid: running.proxy.watchedPid,
      managerRestarts: manager.restarts,
      droppedEvents: running.journal.dropped,
      routers: [...running.instances.values()].map(snapshotOf),
      segments: [...running.ports].map((port) => ({
        interface: `${port.interface}/${port.family}`,
        state: port.state,
        detail: port.detail,
        refused: port.refused,
        foreign: [...port.foreign.values()],
      })),
    };
  }

  function stop(): void {
    sdNotify('STOPPING=1');
    engine?.shutdown();
    manager.stop();
    process.exit(0);
  }

  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  process.on('SIGHUP', () => manager.send({ type: 'reload' }));
  closeOnExec();
  manager.start();
}

/** Feeds systemd's watchdog from the loop itself, at half its time-out (sd_watchdog_enabled(3)). */
function startWatchdog(): void {
  const timeout = Number(process.env['WATCHDOG_USEC'] ?? 0) / 1000;
  const pid = process.env['WATCHDOG_PID'];
  if (!(timeout > 0) || (pid !== undefined && pid !== String(process.pid))) return;
  setInterval(() => sdNotify('WATCHDOG=1'), timeout / 2);
}
