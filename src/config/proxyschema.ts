import { z } from 'zod';
import { filePath, port } from './backendschema.ts';
import { duration, list, mappingForm, name, names, text, whole, wholes, word } from './field.ts';
import { managedField } from './managed.ts';
import { probeField } from './probeschema.ts';
import { restartField } from './restart.ts';
import type { RawApply, RawProxy, RawProxyOptions, RawSwitch } from './raw.ts';
import { quote } from './report.ts';
import type { Refused } from './subnet.ts';

/** More profiles than there will ever be. */
const MOST_PROFILES = 16;

type Shape<T> = { readonly [key in keyof T]-?: z.ZodType<T[key]> };

/** What may be different for each profile, by key. */
export const proxyOptionsShape: Shape<RawProxyOptions> = {
  binary: filePath('/usr/sbin/NAME', "The proxy's program, if not the profile's.").optional(),
  unit: text(readUnit, 'NAME.service', "The proxy's systemd unit, if not the profile's; adopted only.").optional(),
  start: list(
    text(readArgument, '/usr/sbin/NAME', 'The program or an argument.'),
    1,
    64,
    '[/usr/sbin/NAME, -c, /etc/NAME/NAME.conf]',
    "The command that starts the proxy for a switch where there is no systemd, if not the package's; adopted only.",
  ).optional(),
  directory: filePath('/etc/vipair/NAME', "Where vipair writes its files, if not at the profile's place.").optional(),
  include: list(
    filePath('/etc/vipair/extra.conf', 'A file of your own.'),
    0,
    16,
    '[/etc/vipair/extra.conf]',
    'Files of your own that the rendered configuration includes.',
  ).optional(),
  pid_file: text(
    readPidFile,
    '/run/NAME.pid',
    "Where the proxy writes its pid, if not at the profile's place.",
  ).optional(),
  process: text(readProcess, 'NAME', "The proxy's command name, if not the profile's.").optional(),
};

/** A switch, by key. */
export const switchShape: Shape<RawSwitch> = {
  bake: duration(
    { least: 0, most: 3_600_000 },
    '5s',
    'How long the new proxy has to live and answer beside the old one before that is told to leave, default 5s.',
  ).optional(),
  drain: duration(
    { least: 0, most: 86_400_000 },
    '30s',
    'How long the old proxy may then finish what it has before it is ended, default 30s.',
  ).optional(),
};

/** When changes are applied, by key. */
export const applyShape: Shape<RawApply> = {
  quiet: duration(
    { least: 0, most: 60_000 },
    '200ms',
    'How long nothing must have changed before it is applied, default 200ms.',
  ).optional(),
  ceiling: duration(
    { least: 0, most: 600_000 },
    '2s',
    'How long the first of many changes waits at most, default 2s.',
  ).optional(),
  spacing: duration({ least: 0, most: 600_000 }, '1s', 'The least time between two reloads, default 1s.').optional(),
  reloads: whole(
    1,
    1000,
    10,
    'So many reloads for backends may follow each other at that pace, default 10.',
  ).optional(),
  refill: duration(
    { least: 100, most: 3_600_000 },
    '10s',
    'After how long one of these reloads is given back, default 10s.',
  ).optional(),
  retry: duration(
    { least: 100, most: 86_400_000 },
    '30s',
    'After how long what did not succeed is tried again without a change, default 30s.',
  ).optional(),
  check_timeout: duration(
    { least: 100, most: 600_000 },
    '30s',
    "How long the proxy's own checker may take, default 30s.",
  ).optional(),
};

/** The proxy, by key. */
export function proxyShape(profiles: readonly string[]): Shape<RawProxy> {
  const profile = 'Which proxy runs on the nodes.';
  return {
    profile: profiles.length > 0 ? word(profiles, profile) : text((value) => value, 'NAME', profile),
    mode: word(
      ['managed', 'adopted'],
      'managed: vipair starts the proxy and owns its listening sockets. adopted (default): something else starts it.',
    ).optional(),
    ...proxyOptionsShape,
    managed: managedField,
    restart: restartField,
    probe: probeField,
    listen: wholes(
      port('A port whose listener is the proxy.'),
      '[80, 443]',
      "Ports whose listener is the proxy, looked at when neither pid file nor name finds it. Default: the services' ports.",
    ).optional(),
    profiles: names(
      name((key) => refuseProfile(key, profiles)),
      z.strictObject(proxyOptionsShape, { error: mappingForm('"NAME: { directory: /etc/vipair/NAME }"') }),
      { least: 0, most: MOST_PROFILES },
      '"profiles: { NAME: { directory: /etc/vipair/NAME } }"',
      'Options by profile, for a switch from one to another.',
    ).optional(),
    switch: z
      .strictObject(switchShape, { error: mappingForm('"switch: { bake: 5s, drain: 30s }"') })
      .describe('How a switch to another profile is made.')
      .optional(),
    apply: z
      .strictObject(applyShape, { error: mappingForm('"apply: { quiet: 200ms }"') })
      .describe('When changes are put in force, and how often the proxy is reloaded.')
      .optional(),
  };
}

function refuseProfile(key: string, profiles: readonly string[]): string | undefined {
  if (profiles.length === 0 || profiles.includes(key)) return undefined;
  return `${quote(key)} is no profile; write ${profiles.join(' or ')}`;
}

function readArgument(argument: string): string | Refused {
  if (!argument.includes('\0') && argument.length <= 4000) return argument;
  return { refused: 'has a zero byte or more than 4000 characters; write an argument of a command' };
}

function readPidFile(path: string): string | Refused {
  if (/^\/[\u0021-\u007e]{1,4000}$/.test(path)) return path;
  return { refused: `${quote(path)} is no absolute path without blanks; write /run/NAME.pid` };
}

/** proc_pid_stat(5): the kernel keeps 15 characters of a command name. */
function readProcess(process: string): string | Refused {
  if (/^[\w.+@:-]{1,15}$/.test(process)) return process;
  return { refused: `${quote(process)} is no command name; write at most 15 characters, no blanks or "/"` };
}

/** systemd.unit(5). */
function readUnit(unit: string): string | Refused {
  if (/^[\w:.@\\-]{1,200}\.service$/.test(unit)) return unit;
  return { refused: `${quote(unit)} is no name of a service unit; write it such as NAME.service` };
}
