/**
 * The options of `vipair watchdog`, once: the help is made from this table, and so is the reading of a `--once`, which
 * is called every second and cannot afford a library for it.
 */
export interface OptionRow {
  readonly name: string;
  readonly short?: string;
  /** What follows it; `undefined` for a switch. */
  readonly value?: string;
  readonly many?: true;
  readonly preset?: string;
  readonly words: string;
}

/** In the order of the help. */
export const optionRows: readonly OptionRow[] = [
  { name: 'process', value: 'name', words: 'a process of this command name must run, as pidof and ps -C take it' },
  { name: 'user', value: 'name', words: 'only processes of this user count' },
  { name: 'pid-file', value: 'path', words: 'the process in this file must run' },
  {
    name: 'port',
    value: 'number',
    many: true,
    words: 'this TCP port must be listening, by the process if one is given; may be repeated',
  },
  {
    name: 'url',
    value: 'url',
    many: true,
    words: 'this http or https address must answer with 200 to 399; may be repeated',
  },
  { name: 'restart', value: 'command', words: 'what to run when it is sick' },
  { name: 'attempts', value: 'count', preset: '3', words: 'restarts before it is given up' },
  { name: 'then', value: 'command', words: 'what to run when it is given up' },
  { name: 'back', value: 'command', words: 'what to run when it is well again after that' },
  { name: 'shell', words: 'commands are run by /bin/sh -c instead of being split into words' },
  { name: 'interval', value: 'time', preset: '1s', words: 'between two looks' },
  { name: 'timeout', value: 'time', preset: '1s', words: 'how long an address may take to answer' },
  { name: 'fall', value: 'count', preset: '2', words: 'bad looks in a row that make it sick' },
  { name: 'rise', value: 'count', preset: '2', words: 'good looks in a row that make it well again' },
  {
    name: 'backoff',
    value: 'time',
    preset: '1s',
    words: 'before the second restart; doubled each time, up to a minute',
  },
  { name: 'verify', value: 'time', preset: '10s', words: 'how long after a restart it may take to be well' },
  {
    name: 'settle',
    value: 'time',
    preset: '30s',
    words: 'how long it has to be well until its restarts are forgotten',
  },
  { name: 'command-timeout', value: 'time', preset: '60s', words: 'how long a command may take' },
  {
    name: 'name',
    value: 'name',
    words: 'names it for vipair-check and in the report; by default the process, file, port or host',
  },
  { name: 'directory', value: 'path', words: 'where the verdict is left for vipair-check' },
  { name: 'once', words: 'look once and exit: 0 well, 1 not well, 2 could not look' },
  { name: 'list', words: 'what pidof, ps -C, lsof -i and killall -0 would say, in one table' },
  { name: 'dry-run', short: 'n', words: 'watch and say what would be run; run nothing' },
  { name: 'json', words: 'one object a line' },
];

/** What was given, by name. What was not is left out. */
export interface Given {
  readonly process?: string;
  readonly user?: string;
  readonly 'pid-file'?: string;
  readonly port?: readonly string[];
  readonly url?: readonly string[];
  readonly restart?: string;
  readonly attempts?: string;
  /** `--then`: an object with a `then` would be taken for a promise. */
  readonly 'last-resort'?: string;
  readonly back?: string;
  readonly shell?: boolean;
  readonly interval?: string;
  readonly timeout?: string;
  readonly fall?: string;
  readonly rise?: string;
  readonly backoff?: string;
  readonly verify?: string;
  readonly settle?: string;
  readonly 'command-timeout'?: string;
  readonly name?: string;
  readonly directory?: string;
  readonly once?: boolean;
  readonly list?: boolean;
  readonly 'dry-run'?: boolean;
  readonly json?: boolean;
}

/** What a reader of the command line gives, by the names of the table. */
export function givenOf({ then, ...rest }: Readonly<Record<string, unknown>>): Given {
  return { ...rest, ...(typeof then === 'string' ? { 'last-resort': then } : {}) };
}
