import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync } from 'node:fs';
import { posix } from 'node:path';
import { OpError } from '../../linux/operror.ts';
import { milliseconds } from '../../wire/units.ts';
import { runProgram } from '../checker.ts';
import type { Run } from '../checker.ts';
import type { Disk } from '../disk.ts';
import { parseUnit } from './unit.ts';

/**
 * How an adopted proxy is started and stopped by whoever looks after it: by its systemd unit where systemd is the init
 * of the host, and otherwise by a command. What it must not do is fight the init: a unit says `Restart=`, so that a proxy
 * that is drained with a signal would be started again beside the other one, and would share its port.
 */
export interface Starter {
  /** For people: `systemctl start NAME.service`, or the command. */
  readonly how: string;
  /** The command line that it will have, as far as it can be known. */
  commandLine(): Promise<readonly string[] | undefined>;
  /** Throws OpError with what it said. */
  start(): Promise<void>;
  /** It is not to be started again when it ends. Throws OpError. */
  holdDown(): Promise<void>;
  /** Stops it now, where something else than a signal is needed. Throws OpError. */
  stop(): Promise<void>;
  /** Takes back what `holdDown` did. Throws OpError. */
  settle(): Promise<void>;
  /** What has to be done so that it is the same after a boot, in words; `undefined` for nothing. */
  bootAdvice(other: Starter): Promise<string | undefined>;
  /** The unit; `undefined` where there is none. */
  readonly unit: string | undefined;
}

/** Whether systemd is the init of this host (sd_booted(3)). */
export const isSystemd = (): boolean => existsSync('/run/systemd/system');

const LIMIT = milliseconds(60_000);

/** Runs systemctl(1). */
export type Systemctl = (words: readonly string[]) => Promise<Run>;

export const systemctl: Systemctl = (words: readonly string[]): Promise<Run> =>
  runProgram(['systemctl', ...words], { limit: LIMIT });

/** Where systemd looks for what holds until the next boot (systemd.unit(5)). */
const RUNTIME = '/run/systemd/system';

/** By a systemd unit. */
export function unitStarter(unit: string, disk: Disk, run: Systemctl = systemctl, runtime: string = RUNTIME): Starter {
  const dropIn = posix.join(runtime, `${unit}.d`);
  const file = posix.join(dropIn, 'vipair-switch.conf');
  const must = async (...words: string[]): Promise<string> => {
    const { status, output } = await run(words);
    if (status === 0) return output;
    const said = output.trim().split('\n').at(-1) ?? '';
    throw new OpError(`run "systemctl ${words.join(' ')}"`, `exit status ${status}`, {
      advice: `${said === '' ? '' : `${said}; `}see "systemctl status ${unit}"`,
    });
  };
  const isEnabled = async (name: string): Promise<boolean> => (await run(['is-enabled', name])).status === 0;
  return {
    unit,
    how: `systemctl start ${unit}`,
    commandLine: async (): Promise<readonly string[] | undefined> =>
      parseUnit(await must('show', unit, '-p', 'ExecStart,Environment,EnvironmentFiles'), disk),
    async start(): Promise<void> {
      await must('start', unit);
    },
    async holdDown(): Promise<void> {
      disk.makeDirectory(dropIn);
      disk.write(file, '# vipair drains this unit for a switch; removed when that is over\n[Service]\nRestart=no\n');
      await must('daemon-reload');
    },
    async stop(): Promise<void> {
      await must('stop', unit);
    },
    async settle(): Promise<void> {
      if (disk.read(file) === undefined) return;
      disk.remove(file);
      await must('daemon-reload');
    },
    async bootAdvice(other: Starter): Promise<string | undefined> {
      if (other.unit === undefined) return undefined;
      const [isOn, isOtherOn] = [await isEnabled(unit), await isEnabled(other.unit)];
      const wrong = [
        ...(isOtherOn ? [`systemctl disable ${other.unit}`] : []),
        ...(isOn ? [] : [`systemctl enable ${unit}`]),
      ];
      return wrong.length === 0 ? undefined : `at the next boot it is otherwise; run "${wrong.join(' && ')}"`;
    },
  };
}

/**
 * By a command of the configuration or the profile's, where there is no systemd. The proxy gets a session of its own, so
 * that it outlives this program; what it writes to standard error goes to `log`, anew at each start.
 */
export function commandStarter(command: readonly string[], log: string, disk: Disk): Starter {
  const nothing = (): Promise<void> => Promise.resolve();
  return {
    unit: undefined,
    how: command.join(' '),
    commandLine: () => Promise.resolve(command),
    start: () => launch(command, log, disk),
    holdDown: nothing,
    stop: nothing,
    settle: nothing,
    bootAdvice: () => Promise.resolve(undefined),
  };
}

/** A command that ends with a failure does so soon; one that has not stays in the foreground. */
const EARLY = milliseconds(300);

async function launch([program = '', ...rest]: readonly string[], log: string, disk: Disk): Promise<void> {
  disk.makeDirectory(posix.dirname(log));
  const output = openSync(log, 'w', 0o600);
  const op = `start "${[program, ...rest].join(' ')}"`;
  try {
    await new Promise<void>((resolve, reject) => {
      const child = spawn(program, rest, { detached: true, stdio: ['ignore', 'ignore', output], cwd: '/' });
      const timer = setTimeout(resolve, EARLY);
      child.once('error', (cause: NodeJS.ErrnoException) => {
        clearTimeout(timer);
        reject(new OpError(op, cause.code ?? 'EIO', { cause, advice: 'install it, or name it in "proxy.binary"' }));
      });
      child.once('exit', (code, signal) => {
        clearTimeout(timer);
        if (code === 0) return resolve();
        const said = disk.read(log)?.trim().split('\n').slice(-3).join('; ') ?? '';
        reject(new OpError(op, signal ?? `exit status ${code}`, { advice: said === '' ? undefined : said }));
      });
      child.unref();
    });
  } finally {
    closeSync(output);
  }
}
