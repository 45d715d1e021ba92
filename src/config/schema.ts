/**
 * The shape of a configuration file: which keys there are, of which kind, and what they mean. The JSON Schema for
 * editors is made of it, and nothing outside this folder imports it or zod, so that commands which only talk to the
 * daemon start without it. It knows single values; what two values may not be together is the business of `resolve`.
 */
import { z } from 'zod';
import { duration, interfaceName, list, mappingForm, name, names, text, whole, wholes, word } from './field.ts';
import { managedField } from './managed.ts';
import { refuseName } from './name.ts';
import type { IpAddress } from '../wire/address.ts';
import { readListen } from './endpoint.ts';
import { notifyField } from './notifyschema.ts';
import type { RawApply, RawConfig, RawControl, RawNode, RawProxy, RawVip } from './raw.ts';
import { quote } from './report.ts';
import { restartField } from './restart.ts';
import { filePath, port } from './backendschema.ts';
import { gatewayField, heartbeatField, witnessField } from './heartbeatschema.ts';
import { probeField } from './probeschema.ts';
import { serviceShape } from './serviceschema.ts';
import { nodeName, settingShape } from './settingschema.ts';
import { readHostAddress, readVipAddress } from './subnet.ts';
import type { Refused } from './subnet.ts';

/** Derived priorities fall off from 254; far below that the skew time of version 2 would grow past a second. */
const MOST_NODES = 64;
const MOST_VIPS = 1000;
const MOST_ADDRESSES = 64;
const MOST_SERVICES = 1000;

type Shape<T> = { readonly [key in keyof T]-?: z.ZodType<T[key]> };

/** The schema of the file, for the profiles that are installed. */
export function configSchema(profiles: readonly string[]): z.ZodType<RawConfig> {
  return z.strictObject(topShape(profiles), { error: mappingForm('"nodes: ..." and "vips: ..."') });
}

const nodeAddress = text(
  (value) => readHostAddress(value),
  '192.0.2.11',
  "The host's own address in the VIPs' network.",
);

/** A node, by key. */
export const nodeShape: Shape<RawNode> = {
  address: nodeAddress.optional(),
  addresses: list(
    nodeAddress,
    1,
    2,
    '[192.0.2.11, "2001:db8::11"]',
    'One IPv4 and one IPv6 address of the host.',
  ).optional(),
  interface: interfaceName('The interface on this host, where it differs from the others.').optional(),
};

const vipAddress = text(readVipAddress, '192.0.2.101/24', 'An address that moves, with or without a prefix length.');

/** A VIP, by key. */
export const vipShape: Shape<RawVip> = {
  vrid: whole(1, 255, 51, 'The virtual router id, unique on the network segment for each address family.'),
  address: vipAddress.optional(),
  addresses: list(
    vipAddress,
    1,
    MOST_ADDRESSES,
    '[192.0.2.101/24, "2001:db8::101/64"]',
    'Addresses that move together, IPv4 and IPv6, at most 20 of each.',
  ).optional(),
  prefer: list(
    text((value) => value, 'lb1', 'A node name.'),
    1,
    MOST_NODES,
    '[lb1, lb2]',
    'The nodes that may hold the VIP, best first; priorities 254, 253, ... follow from it.',
  ).optional(),
  priority: names(
    nodeName(),
    whole(1, 255, 200, 'The priority of this node; 255 only for a node that owns the address.'),
    { least: 1, most: MOST_NODES },
    '{ lb1: 200, lb2: 199 }',
    'Explicit priorities by node name, instead of "prefer".',
  ).optional(),
  ...settingShape,
};

const nodesField: z.ZodType<RawConfig['nodes']> = names(
  nodeName(),
  z.strictObject(nodeShape, { error: mappingForm('"lb1: { address: 192.0.2.11 }"') }),
  { least: 1, most: MOST_NODES },
  '"nodes: { lb1: { address: 192.0.2.11 }, lb2: { address: 192.0.2.12 } }"',
  'The hosts, by host name. The file is the same on all of them.',
);

const vipsField: z.ZodType<RawConfig['vips']> = names(
  name((key) => refuseName(key)),
  z.strictObject(vipShape, {
    error: mappingForm('"web-1: { vrid: 51, address: 192.0.2.101/24, prefer: [lb1, lb2] }"'),
  }),
  { least: 1, most: MOST_VIPS },
  '"vips: { web-1: { vrid: 51, address: 192.0.2.101/24, prefer: [lb1, lb2] } }"',
  'The virtual IP addresses, each with the nodes that may hold it.',
);

const servicesField: z.ZodType<RawConfig['services']> = names(
  name((key) => refuseName(key)),
  z.strictObject(serviceShape, { error: mappingForm('"web: { listen: [80], backends: [192.0.2.21:8080] }"') }),
  { least: 0, most: MOST_SERVICES },
  '"services: { web: { listen: [80], backends: [192.0.2.21:8080] } }"',
  'What the proxy serves, by name.',
).optional();

/** Where to read, by key. */
export const controlShape: Shape<RawControl> = {
  listen: text(
    readControlListen,
    '127.0.0.1:9650',
    'An address and a TCP port for reading only: status page, metrics, events. Default none.',
  ).optional(),
};

function readControlListen(value: string): { address: IpAddress; port: number } | Refused {
  const read = readListen(value);
  if (!('refused' in read) && read.address !== undefined) return { address: read.address, port: read.port };
  return { refused: `${quote(value)} is no address and port; write it such as 127.0.0.1:9650` };
}

/** The top level, by key. */
export function topShape(profiles: readonly string[]): Shape<RawConfig> {
  return {
    nodes: nodesField,
    vips: vipsField,
    proxy: z
      .strictObject(proxyShape(profiles), { error: mappingForm('"proxy: { profile: NAME }"') })
      .describe('The proxy on every node. Without it, VIPs move for link and host faults only.')
      .optional(),
    services: servicesField,
    sysctl: word(
      ['check', 'apply'],
      'Whether missing kernel settings are only reported (default) or also set.',
    ).optional(),
    notify: notifyField,
    control: z
      .strictObject(controlShape, { error: mappingForm('"control: { listen: 127.0.0.1:9650 }"') })
      .describe('Where status, metrics and events can be read besides the control socket.')
      .optional(),
    heartbeat: heartbeatField,
    gateway: gatewayField,
    witness: witnessField,
    ...settingShape,
  };
}

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
    managed: managedField,
    mode: word(
      ['managed', 'adopted'],
      'managed: vipair starts the proxy and owns its listening sockets. adopted (default): something else starts it.',
    ).optional(),
    binary: filePath('/usr/sbin/NAME', "The proxy's program, if not the profile's.").optional(),
    unit: text(readUnit, 'NAME.service', "The proxy's systemd unit, if not the profile's; adopted only.").optional(),
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
    listen: wholes(
      port('A port whose listener is the proxy.'),
      '[80, 443]',
      "Ports whose listener is the proxy, looked at when neither pid file nor name finds it. Default: the services' ports.",
    ).optional(),
    probe: probeField,
    apply: z
      .strictObject(applyShape, { error: mappingForm('"apply: { quiet: 200ms }"') })
      .describe('When changes are put in force, and how often the proxy is reloaded.')
      .optional(),
    restart: restartField,
  };
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
