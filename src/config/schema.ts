/**
 * The shape of a configuration file: which keys there are, of which kind, and what they mean. The JSON Schema for
 * editors is made of it, and nothing outside this folder imports it or zod, so that commands which only talk to the
 * daemon start without it. It knows single values; what two values may not be together is the business of `resolve`.
 */
import { z } from 'zod';
import { interfaceName, list, mappingForm, name, names, text, whole, word } from './field.ts';
import { refuseName } from './name.ts';
import type { IpAddress } from '../wire/address.ts';
import { readListen } from './endpoint.ts';
import { notifyField } from './notifyschema.ts';
import { gatewayField, heartbeatField, witnessField } from './heartbeatschema.ts';
import { proxyShape } from './proxyschema.ts';
import type { RawConfig, RawControl, RawNode, RawVip } from './raw.ts';
import { quote } from './report.ts';
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
