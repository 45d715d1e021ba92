import type { Command } from 'commander';
import { Option } from 'commander';
import { CONTROL_SOCKET } from './status.ts';

/** Where the configuration is unless told otherwise. */
export const CONFIG_FILE = '/etc/vipair/pair.yaml';

/** Where the daemon keeps what outlives it unless told otherwise; systemd's `StateDirectory=vipair`. */
export const STATE_DIRECTORY = '/var/lib/vipair';

/** What `vipair run` can be told. The manager reads it; the command line only shows it in its help. */
export interface RunOptions {
  readonly config: string;
  readonly node?: string;
  readonly socket: string;
  /** A directory for what outlives the daemon. */
  readonly state: string;
  readonly logFormat: 'text' | 'json';
  readonly realtime: boolean;
}

/** Adds the options of `vipair run` to a command. */
export function addRunOptions(command: Command): Command {
  return command
    .option('-c, --config <file>', 'the configuration, the same file on every host', CONFIG_FILE)
    .option('-n, --node <name>', 'which node of the file this host is (default: by host name, then by owned address)')
    .option('-s, --socket <path>', 'the control socket', CONTROL_SOCKET)
    .option(
      '--state <directory>',
      'where orders about backends, events and notifications outlive a restart',
      STATE_DIRECTORY,
    )
    .addOption(
      new Option('--log-format <format>', 'how log lines are written').choices(['text', 'json']).default('text'),
    )
    .option('--no-realtime', 'do not ask for real-time scheduling (SCHED_FIFO)');
}
