import type { Milliseconds } from '../wire/units.ts';
import type { OpError } from '../linux/operror.ts';
import type { FrontModel } from './model.ts';
import type { RenderOptions } from './rendering.ts';

/**
 * What a profile knows about changing a proxy that runs: with which files it was started, how its own checker is asked
 * about the whole of them, how it is told to read them again, and what it can do without. It is data and pure functions
 * as the rest of a profile; the one exception is the run-time interface, whose protocol is the proxy's own. The files of
 * the host reach it through a `ConfigurationTree`, so that it opens none itself.
 */
export interface Steering {
  /** The package's program and the directory for this program's files, absolute. */
  readonly binary: string;
  readonly directory: string;
  /** The name of the file that the proxy is started with when this program renders the whole configuration. */
  readonly mainName: string;
  /**
   * How it is started in the foreground as a process of ours, with `place.main` and nothing else. It does not leave the
   * session that it is started in.
   */
  start(binary: string, place: Place): Start;
  /** Whom packages run its workers as, the likeliest first. */
  readonly users: readonly string[];
  /** Makes the main process, or a worker that it has left, finish what it has, take nothing new, and end. */
  readonly drainSignal: 'SIGQUIT' | 'SIGUSR1';
  /** Makes the main process read its configuration again. */
  readonly reloadSignal: 'SIGHUP' | 'SIGUSR2';
  /** The package's systemd unit. */
  readonly unit: string;
  /** The command that starts it with its package's configuration, in the foreground or not. */
  packaged(binary: string): readonly string[];
  /** How long a reload may take until it counts as failed, everything that the proxy itself tries again included. */
  readonly patience: Milliseconds;
  /** Names of variables of the environment that it sets for itself, and that its checker must not get. */
  readonly ownEnvironment: RegExp;
  /** How a running main process was started, or how the package starts it when none runs. */
  launch(commandLine: readonly string[] | undefined): Launch;
  /**
   * The checker's command for the whole configuration with `candidates` in the place of the files that they are to
   * become: by path the path where the candidate lies.
   */
  validation(
    binary: string,
    launch: Launch,
    candidates: ReadonlyMap<string, string>,
    tree: ConfigurationTree,
  ): Validation;
  /** What the checker, or the log, said: errors first. Empty when it said nothing of note. */
  findings(output: string): readonly Finding[];
  /** Where the proxy says why a reload failed; paths that may not exist. */
  logs(launch: Launch, tree: ConfigurationTree): readonly string[];
  /**
   * What the configuration on disk binds beside the rendered services. Given only where a reload that cannot bind
   * everything harms the connections that the proxy has already.
   */
  readonly binds: ((launch: Launch, tree: ConfigurationTree) => readonly Endpoint[]) | undefined;
  /** How the main process tells whether a reload worked; `undefined` where its processes say all. */
  readonly evidence: Evidence | undefined;
  readonly runtime: RuntimeSteering | undefined;
}

/** Where a proxy that this program starts finds everything. */
export interface Place {
  /** The file that it is started with, absolute. */
  readonly main: string;
  /** For its sockets and what it keeps, absolute and existing. */
  readonly directory: string;
  /** For its logs, absolute and existing. */
  readonly logs: string;
  /** The user's own files, absolute. */
  readonly include: readonly string[];
  /** How many sockets it inherits, from descriptor 3 on. */
  readonly sockets: number;
}

/** A program to be started. */
export interface Start {
  /** The program and its arguments. */
  readonly command: readonly string[];
  /** What its environment needs beside the ordinary. */
  readonly environment: Readonly<Record<string, string>>;
}

/** How a proxy was started. */
export interface Launch {
  /** The configuration files or directories it was given, in its order, as given: perhaps not absolute. */
  readonly files: readonly string[];
  /** Arguments that change what those files mean, for the checker. */
  readonly arguments: readonly string[];
  /** The unix socket of the main process; `undefined` when it has none. */
  readonly mainSocket: string | undefined;
}

/** The files of the host. */
export interface ConfigurationTree {
  /** The text of a file; `undefined` when it cannot be read. */
  read(path: string): string | undefined;
  /** The names in a directory, sorted; empty when it cannot be read. */
  list(directory: string): readonly string[];
}

export type Validation =
  | {
      /** Copies of other files that lead to the candidates instead of the files in force; to be written before. */
      readonly files: readonly { readonly path: string; readonly text: string }[];
      readonly command: readonly string[];
    }
  /** Why the proxy would never read the file at `path`, and what to do. */
  | { readonly untaken: string; readonly path: string };

/** One sentence of the checker. */
export interface Finding {
  readonly isError: boolean;
  /** As the checker spells it. */
  readonly file: string | undefined;
  readonly line: number | undefined;
  readonly message: string;
}

export interface Endpoint {
  /** An address; a name or anything else that is not one is left out by whoever makes endpoints. */
  readonly address: string;
  readonly port: number;
}

/** A question to the main process. */
export interface Evidence {
  ask(socket: string, limit: Milliseconds): Promise<string>;
  /** The workers that serve, and how many reloads have failed since the start; `undefined` when it is no answer. */
  read(answer: string): { readonly workers: readonly number[]; readonly failed: number } | undefined;
}

export interface RuntimeSteering {
  /** The socket where changes may be made, from the files in force; `undefined` when there is none with the right. */
  socket(launch: Launch, tree: ConfigurationTree): string | undefined;
  /**
   * What to say to get from one model to another; no commands when nothing is to be done, and `undefined` when it takes
   * a reload. Both models are accepted ones, rendered with the same options.
   */
  plan(before: FrontModel, after: FrontModel, options: RenderOptions): RuntimePlan | undefined;
  open(socket: string, limit: Milliseconds): RuntimeClient;
  /** How the results of the proxy's own checks are followed; `undefined` where it tells none. */
  readonly reports: HealthReports | undefined;
}

/** What a proxy's own checks find, as it happens and as it is. */
export interface HealthReports {
  /** Begins to follow on a connection of its own; nothing is called in the stack of this. */
  open(socket: string, events: StreamEvents): ReportStream;
  /** What to ask about the servers of a service, and what the answer says of each of them. */
  question(service: string): string;
  states(service: string, answer: string): readonly HealthReport[];
  /** The command for a server that it has not looked at yet and of which something is known. */
  correction(service: string, server: string, health: 'up' | 'down'): string;
}

export interface StreamEvents {
  /** What happens from now on is told. */
  readonly onOpen: () => void;
  readonly onReport: (report: HealthReport) => void;
  /** The worker is leaving; its successor has to be followed. */
  readonly onRenewal: () => void;
  /** It has ended, as idle ones may, or failed. */
  readonly onEnd: (error: OpError | undefined) => void;
}

export interface ReportStream {
  /** Nothing is called afterwards. */
  close(): void;
}

/** What the proxy says of one server; `unknown` while it has not looked at it. */
export interface HealthReport {
  readonly service: string;
  readonly server: string;
  readonly health: 'up' | 'down' | 'unknown';
  /** In the proxy's words; `undefined` when it gives none. */
  readonly reason: string | undefined;
  /** Whether it has just happened; otherwise it only holds, and what was said when it happened says more. */
  readonly isNews: boolean;
}

export interface RuntimePlan {
  readonly commands: readonly string[];
  /** Questions whose answers show that the commands are in force; each gives what is wrong, or `undefined`. */
  readonly proofs: readonly { readonly question: string; readonly judge: (answer: string) => string | undefined }[];
}

/** One connection; commands are answered in their order, one at a time. */
export interface RuntimeClient {
  /**
   * The proxy's answer. Rejects with OpError: `ETIMEDOUT` when it is silent, the errno when it is dead, `EPROTO` with
   * its words when it refuses.
   */
  ask(command: string): Promise<string>;
  close(): void;
}
