import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { environment, run } from './run.ts';
import type { Outcome, RunOptions } from './run.ts';
import type { MemberPlan } from './plan.ts';
import type { ProcessEntry } from './procfs.ts';
import { namedNamespace, processesIn } from './procfs.ts';
import type { LabProcess, StartOptions } from './process.ts';
import { startProcess } from './process.ts';
import { memberDirectory } from './state.ts';

/** One machine of a lab: the client, a backend, the switch; a `Host` is one that has more. */
export class Member {
  /** `cl`, `lb1`, `b1`, `sw`. */
  readonly name: string;
  readonly plan: MemberPlan;
  /** A directory by the same path outside and inside. The switch has one only once something was started in it. */
  readonly directory: string;

  constructor(lab: string, plan: MemberPlan) {
    this.name = plan.name;
    this.plan = plan;
    this.directory = memberDirectory(lab, plan.name);
  }

  /** The first link's own IPv4 address. */
  get ipv4(): string {
    return this.plan.links[0]?.ipv4 ?? '';
  }

  /** The first link's own IPv6 address. */
  get ipv6(): string {
    return this.plan.links[0]?.ipv6 ?? '';
  }

  /** The command line that runs `argv` in here. */
  commandFor(argv: readonly string[]): string[] {
    return ['nsenter', `--net=/run/netns/${this.plan.namespace}`, '--', ...argv];
  }

  /** The same for a process that is to stay and be signalled: ends the way the process ends, and never stops itself. */
  keptCommandFor(argv: readonly string[]): string[] {
    return this.commandFor(argv);
  }

  /** Runs a command to its end. An exit status other than 0 is an outcome. Throws `OpError` when it cannot start. */
  exec(argv: readonly string[], options?: RunOptions): Promise<Outcome> {
    return run(this.commandFor(argv), options);
  }

  /** Starts a command that stays, its output going to a log file. Throws `OpError`. */
  start(argv: readonly string[], options: StartOptions): Promise<LabProcess> {
    return startProcess(this, argv, options);
  }

  /** Starts a command with its standard streams on pipes; it is the caller's to end. */
  spawn(argv: readonly string[]): ChildProcess {
    const [program = '', ...rest] = this.commandFor(argv);
    return spawn(program, rest, { env: environment(), stdio: ['pipe', 'pipe', 'pipe'], detached: true });
  }

  /** Everything that runs in here, as the outside sees it. */
  processes(): ProcessEntry[] {
    const identity = namedNamespace(this.plan.namespace);
    return identity === undefined ? [] : processesIn('net', new Set([identity]));
  }
}
