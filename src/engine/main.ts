import { fileURLToPath } from 'node:url';
import { closeOnExec } from '../linux/cloexec.ts';
import { now } from '../linux/clock.ts';
import { OpError } from '../linux/operror.ts';
import { prepareRealtime, realtimePriority, requestRealtime } from '../linux/scheduler.ts';
import { sdNotify } from '../linux/sdnotify.ts';
import { BEAT, ManagerChild } from './child.ts';
import { Engine } from './engine.ts';
import { tracesOf } from './evidence.ts';
import { snapshotOf } from './instance.ts';
import { pairSnapshot } from './pairsnapshot.ts';
import { PairWords } from './pairwords.ts';
import type { Resume, ToEngine } from './messages.ts';
import { isMoving } from './pulse.ts';
import type { Pulse } from './pulse.ts';
import { milliseconds } from '../wire/units.ts';
import type { Milliseconds } from '../wire/units.ts';
import type { Snapshot } from './snapshot.ts';

/** SCHED_FIFO priority: above ordinary work, below the kernel's own threads. */
const REALTIME_PRIORITY = 50;

/** What the manager needs to kill a proxy that does not end within its time, and everything around it. */
const KILLING = 5000;

/** Exit codes of the engine's own, after sysexits(3); before the first assignment the manager's are passed on. */
const EXIT_FAILURE = 70;
const EXIT_NO_PERMISSION = 77;

/** Runs the engine until a signal ends it. `argv` is what follows `vipair run`; the manager reads it. */
export function runEngine(argv: readonly string[]): void {
  const daemon = new Daemon(argv);
  process.on('SIGTERM', () => daemon.stop());
  process.on('SIGINT', () => daemon.stop());
  process.on('SIGHUP', () => daemon.reload());
  daemon.start();
}

/**
 * The engine process: systemd's main pid. It starts the manager before it opens a socket, waits for its first
 * assignment, and from then on lives by itself. It loads no library: what it needs is in `src/vrrp`, `src/track`,
 * `src/wire` and `src/linux`.
 */
class Daemon {
  readonly #manager: ManagerChild;
  readonly #words: PairWords = new PairWords();
  /** The errno that real-time scheduling was refused with; `undefined` when granted, or not asked for. */
  readonly #realtimeRefusal: string | undefined;
  /** Of this process, on this host, since it was started. */
  readonly #run = `${process.pid}-${Math.round(now())}`;
  /** Opened for the first assignment. */
  #engine: Engine | undefined;
  /** What had moved when systemd was told last. */
  #pulse: Pulse | undefined;
  /** The configuration in force, for the next manager should this one die. */
  #resume: Resume | undefined;
  /** What the manager has time for beyond an ordinary end: a proxy that finishes what it has, and what is left of it. */
  #farewell = milliseconds(0);

  constructor(argv: readonly string[]) {
    this.#realtimeRefusal = argv.includes('--no-realtime') ? undefined : requestRefusal();
    this.#manager = new ManagerChild({
      program: fileURLToPath(new URL('../manager/main.js', import.meta.url)),
      argv,
      now,
      onMessage: (message) => this.#receive(message),
      onStart: (restarts) => {
        this.#engine?.journal.rewind();
        this.#words.rewind();
        this.#manager.send({ type: 'hello', resume: this.#resume, restarts, run: this.#run });
      },
      onExit: (status, code, restartIn) => {
        if (this.#engine === undefined) return endWith(status, code);
        this.#engine.journal.tell({ type: 'manager-exited', status, restartIn });
        // What a manager that is gone saw last is nobody's view.
        this.#engine.say(new Uint8Array(0));
        return true;
      },
    });
  }

  start(): void {
    closeOnExec();
    this.#manager.start();
    setInterval(() => this.#manager.beat(), BEAT);
  }

  reload(): void {
    this.#manager.send({ type: 'reload' });
  }

  /** Lets the VIPs go before anything else. A second call finds nothing left to do. */
  stop(): void {
    sdNotify('STOPPING=1');
    this.#engine?.shutdown();
    this.#tellEvents();
    this.#engine = undefined;
    this.#manager.send({ type: 'farewell' });
    this.#manager.stop(() => process.exit(0), this.#farewell);
  }

  #receive(message: ToEngine): void {
    switch (message.type) {
      case 'configure':
        this.#configure(message);
        return;
      case 'proxy':
        this.#engine?.observe(message.proxy);
        return;
      case 'checks':
        this.#engine?.observe(undefined, message.checks);
        return;
      case 'words':
        this.#engine?.say(Buffer.from(message.words, 'base64'));
        return;
      case 'snapshot':
        this.#answer(message.id);
        return;
      case 'recorded':
        this.#engine?.journal.recorded(message.through);
        return;
      case 'give-up':
        if (this.#engine === undefined) process.exit(message.exitCode);
        return;
      case 'alive':
        // That it said something was all it had to say.
        return;
    }
  }

  #configure({ assignment, resume, proxy, checks, farewell }: Extract<ToEngine, { type: 'configure' }>): void {
    const first = this.#engine === undefined;
    const engine = this.#engine ?? this.#open();
    this.#engine = engine;
    engine.configure(assignment, proxy, checks);
    this.#resume = resume;
    this.#farewell = milliseconds(farewell === undefined ? 0 : farewell + KILLING);
    if (first) this.#started(engine, assignment.routers.length);
    this.#manager.send({ type: 'configured' });
    this.#tellEvents();
  }

  #open(): Engine {
    try {
      return new Engine({
        onProxyExit: (pid) => this.#manager.send({ type: 'proxy-exited', pid }),
        onTurn: () => this.#tell(),
      });
    } catch (error) {
      if (error instanceof OpError)
        this.#fail(error.message, isPermission(error.code) ? EXIT_NO_PERMISSION : EXIT_FAILURE);
      throw error;
    }
  }

  #started(engine: Engine, routers: number): void {
    // A daemon that may not open its sockets is of no use: say so and end, instead of retrying for ever.
    const refused = [...engine.ports].find((port) => isPermission(port.failure))?.detail ?? engine.kernel.refusal();
    if (refused !== undefined) this.#fail(refused, EXIT_NO_PERMISSION);
    engine.journal.tell({ type: 'started', realtime: realtimePriority(), refusal: this.#realtimeRefusal });
    startWatchdog((limit) => this.#moves(limit));
    sdNotify(`READY=1\nSTATUS=${routers} virtual routers`);
  }

  /** Whether everything has moved since it was asked last. A manager that is being replaced is taken care of. */
  #moves(limit: Milliseconds): boolean {
    // On its way out, it waits for a proxy to finish, which systemd limits by other means.
    if (this.#engine === undefined) return true;
    const before = this.#pulse;
    this.#pulse = this.#engine.pulse();
    return isMoving(before, this.#pulse, limit) && !this.#manager.isStuck;
  }

  #fail(message: string, exitCode: number): never {
    process.stderr.write(`vipair: ${message}\n`);
    this.#engine?.shutdown();
    this.#manager.stop(() => undefined);
    process.exit(exitCode);
  }

  /** A manager that does not keep up is told what the others say when it does. */
  #tell(): void {
    this.#tellEvents();
    if (this.#engine === undefined || !this.#manager.hasRoom) return;
    const peers = this.#words.news(this.#engine.outlook.pair.peers ?? [], now());
    if (peers !== undefined) this.#manager.send({ type: 'words', peers });
  }

  #tellEvents(): void {
    while (this.#manager.hasRoom) {
      const [next] = this.#engine?.journal.take(1) ?? [];
      if (next === undefined) return;
      this.#manager.send({ type: 'event', ...next });
    }
  }

  #answer(id: number): void {
    if (this.#engine === undefined || !this.#manager.hasRoom) return;
    this.#manager.send({ type: 'snapshot', id, snapshot: this.#snapshot(this.#engine) });
  }

  #snapshot(engine: Engine): Snapshot {
    return {
      at: now(),
      pid: process.pid,
      startedAt: engine.startedAt,
      realtime: { priority: realtimePriority(), refusal: this.#realtimeRefusal },
      lateness: engine.lateness,
      proxy: engine.facts.proxy.verdict,
      checks: engine.facts.checks.verdicts,
      watchedPid: engine.facts.proxy.watchedPid,
      managerRestarts: this.#manager.restarts,
      droppedEvents: engine.journal.dropped,
      routers: [...engine.instances.values()].map((instance) => ({
        ...snapshotOf(instance),
        traces: tracesOf(instance, engine.outlook.pair, now()),
      })),
      segments: [...engine.ports].map((port) => ({
        interface: `${port.interface}/${port.family}`,
        state: port.state,
        detail: port.detail,
        refused: port.refused,
        foreign: [...port.foreign.values()],
      })),
      reach: engine.outlook.reach.reach,
      pair: pairSnapshot(engine.outlook.pair, now()),
    };
  }
}

function requestRefusal(): string | undefined {
  const unfit = prepareRealtime();
  if (unfit !== undefined) return unfit;
  const result = requestRealtime(REALTIME_PRIORITY);
  return result.granted ? undefined : result.code;
}

/** Before the first assignment the manager's exit code is the daemon's. What killed it has not told why. */
function endWith(status: string, code: number): never {
  if (!status.startsWith('exit code'))
    process.stderr.write(`vipair: the manager ended before it could start: ${status}\n`);
  process.exit(code);
}

const isPermission = (code: string | undefined): boolean => code === 'EPERM' || code === 'EACCES';

/** Feeds systemd's watchdog while everything moves, three times within its time-out (sd_watchdog_enabled(3)). */
function startWatchdog(moves: (limit: Milliseconds) => boolean): void {
  const timeout = milliseconds(Number(process.env['WATCHDOG_USEC'] ?? 0) / 1000);
  const pid = process.env['WATCHDOG_PID'];
  if (!(timeout > 0) || (pid !== undefined && pid !== String(process.pid))) return;
  setInterval(() => {
    if (moves(timeout)) sdNotify('WATCHDOG=1');
  }, timeout / 3);
}
