/**
 * The shape of a configuration file: which keys there are, of which kind, and what they mean. The JSON Schema for
 * editors is made of it, and nothing outside this folder imports it or zod, so that commands which only talk to the
 * daemon start without it. It knows single values; what two values may not be together is the business of `resolve`.
 */
import { z } from 'zod';
import { readEndpoint } from './endpoint.ts';
import { duration, eitherForm, list, mappingForm, name, names, text, whole, wholes, word } from './field.ts';
import { refuseName } from './name.ts';
import type { RawBackend, RawCheck, RawConfig, RawEndpoint, RawNode, RawProxy, RawService, RawVip } from './raw.ts';
import { interfaceName, nodeName, settingShape } from './settingschema.ts';
import { readHostAddress, readVipAddress } from './subnet.ts';
import type { Refused } from './subnet.ts';

/** Derived priorities fall off from 254; far below that the skew time of version 2 would grow past a second. */
export const MOST_NODES = 64;
const MOST_VIPS = 1000;
const MOST_ADDRESSES = 64;
const MOST_SERVICES = 1000;
const MOST_BACKENDS = 1000;

/** The keys of one kind of mapping, and where in the file such mappings are, in words. */
export interface Place {
  readonly name: string;
  readonly keys: readonly string[];
  /** Whether the mapping at a path is of this kind. */
  holds(path: readonly (string | number)[]): boolean;
}

/** The schema of the file, for the profiles that are installed. */
export function configSchema(profiles: readonly string[]): z.ZodType<RawConfig> {
  return z.strictObject(topShape(profiles), { error: mappingForm('"nodes: ...", "vips: ..."') });
}

/** All kinds of mappings with fixed keys, outermost first. */
export function places(): readonly Place[] {
  return [
    { name: 'at the top level', keys: Object.keys(topShape([])), holds: (path) => path.length === 0 },
    {
      name: 'in a node',
      keys: Object.keys(nodeShape()),
      holds: ([top, , more]) => top === 'nodes' && more === undefined,
    },
    { name: 'in a VIP', keys: Object.keys(vipShape()), holds: (path) => path[0] === 'vips' && path.length === 2 },
    { name: 'in "garp"', keys: ['repeat', 'delay', 'interval', 'refresh'], holds: (path) => path.at(-1) === 'garp' },
    { name: 'in "auth"', keys: ['password'], holds: (path) => path.at(-1) === 'auth' },
    { name: 'in "proxy"', keys: Object.keys(proxyShape([])), holds: (path) => path[0] === 'proxy' },
    {
      name: 'in a service',
      keys: Object.keys(serviceShape()),
      holds: (path) => path[0] === 'services' && path.length === 2,
    },
    {
      name: 'in "check"',
      keys: Object.keys(checkShape()),
      holds: (path) => path[0] === 'services' && path[2] === 'check',
    },
    { name: 'in a backend', keys: Object.keys(backendShape()), holds: (path) => path[2] === 'backends' },
  ];
}

type Shape<T> = { [key in keyof T]-?: z.ZodType<T[key]> };

function topShape(profiles: readonly string[]): Shape<RawConfig> {
  return {
    nodes: names(
      nodeName(),
      z.strictObject(nodeShape(), { error: mappingForm('"lb1: { address: 192.0.2.11 }"') }),
      { least: 1, most: MOST_NODES },
      '"nodes: { lb1: { address: 192.0.2.11 }, lb2: { address: 192.0.2.12 } }"',
      'The hosts, by host name. The file is the same on all of them.',
    ),
    vips: names(
      name((key) => refuseName(key)),
      z.strictObject(vipShape(), {
        error: mappingForm('"web-1: { vrid: 51, address: 192.0.2.101/24, prefer: [lb1, lb2] }"'),
      }),
      { least: 1, most: MOST_VIPS },
      '"vips: { web-1: { vrid: 51, address: 192.0.2.101/24, prefer: [lb1, lb2] } }"',
      'The virtual IP addresses, each with the nodes that may hold it.',
    ),
    proxy: z
      .strictObject(proxyShape(profiles), { error: mappingForm('"proxy: { profile: NAME }"') })
      .describe('The proxy on every node. Without it, VIPs move for link and host faults only.')
      .optional(),
    services: names(
      name((key) => refuseName(key)),
      z.strictObject(serviceShape(), { error: mappingForm('"web: { listen: [80], backends: [192.0.2.21:8080] }"') }),
      { least: 0, most: MOST_SERVICES },
      '"services: { web: { listen: [80], backends: [192.0.2.21:8080] } }"',
      'What the proxy serves, by name.',
    ).optional(),
    sysctl: word(
      ['check', 'apply'],
      'Whether missing kernel settings are only reported (default) or also set.',
    ).optional(),
    ...settingShape(),
  };
}

function nodeShape(): Shape<RawNode> {
  const address = text((value) => readHostAddress(value), '192.0.2.11', "The host's own address on the VIPs' network.");
  return {
    address: address.optional(),
    addresses: list(
      address,
      1,
      2,
      '[192.0.2.11, "2001:db8::11"]',
      'One IPv4 and one IPv6 address of the host.',
    ).optional(),
    interface: interfaceName('The interface on this host, where it differs from the others.').optional(),
  };
}

function vipShape(): Shape<RawVip> {
  const address = text(readVipAddress, '192.0.2.101/24', 'An address that moves, with or without a prefix length.');
  return {
    vrid: whole(1, 255, 51, 'The virtual router id, unique on the network segment for each address family.'),
    address: address.optional(),
    addresses: list(
      address,
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
    ...settingShape(),
  };
}

function proxyShape(profiles: readonly string[]): Shape<RawProxy> {
  const profile = 'Which proxy runs on the nodes.';
  return {
    profile: profiles.length > 0 ? word(profiles, profile) : text((value) => value, 'NAME', profile),
    pid_file: text(
      readPidFile,
      '/run/proxy.pid',
      "Where the proxy writes its pid, if not at the profile's place.",
    ).optional(),
    process: text(readProcess, 'proxy', "The proxy's command name, if not the profile's.").optional(),
    listen: wholes(
      port('A port whose listener is the proxy.'),
      '[80, 443]',
      "Ports whose listener is the proxy, looked at when neither pid file nor name finds it. Default: the services' ports.",
    ).optional(),
  };
}

function serviceShape(): Shape<RawService> {
  const endpoint = (): z.ZodType<RawEndpoint> =>
    text(readEndpoint, '192.0.2.21:8080', 'The address and port of a backend.');
  const form = '192.0.2.21:8080 or { address: 192.0.2.21:8080, weight: 2 }';
  const backend = z.union([endpoint(), z.strictObject(backendShape())], { error: eitherForm(form) });
  return {
    listen: list(port('A TCP port.'), 1, 64, '[80]', 'The TCP ports of the service.'),
    mode: word(['http', 'tcp'], 'What the proxy understands of the traffic, default http.').optional(),
    balance: word(['roundrobin', 'leastconn', 'source'], 'How load is shared, default roundrobin.').optional(),
    check: z
      .strictObject(checkShape(), { error: mappingForm('"check: { type: http, path: /healthz }"') })
      .describe('How backends are checked. Without it they are taken to be well.')
      .optional(),
    backends: list(backend, 1, MOST_BACKENDS, '[192.0.2.21:8080]', 'Where the proxy sends requests.'),
  };
}

function checkShape(): Shape<RawCheck> {
  return {
    type: word(['http', 'tcp'], 'http: a request must be answered well. tcp: a connection must open.'),
    path: text(readUrlPath, '/healthz', 'The path to request, default "/"; http only.').optional(),
    interval: duration(
      { least: 100, most: 3_600_000 },
      '2s',
      'Between two checks of one backend, default 2s.',
    ).optional(),
    rise: whole(1, 100, 2, 'Good results in a row that make a backend well, default 2.').optional(),
    fall: whole(1, 100, 3, 'Bad results in a row that make a backend bad, default 3.').optional(),
  };
}

function backendShape(): Shape<RawBackend> {
  return {
    address: text(readEndpoint, '192.0.2.21:8080', 'The address and port of the backend.'),
    weight: whole(1, 256, 2, "The backend's share of the load, default 1.").optional(),
  };
}

const port = (description: string): z.ZodType<number> => whole(1, 65_535, 80, description);

function readPidFile(path: string): string | Refused {
  if (/^\/[\u0021-\u007e]{1,4000}$/.test(path)) return path;
  return { refused: `${JSON.stringify(path.slice(0, 60))} is no absolute path without blanks; write /run/NAME.pid` };
}

/** proc_pid_stat(5): the kernel keeps 15 characters of a command name. */
function readProcess(process: string): string | Refused {
  if (/^[\w.+@:-]{1,15}$/.test(process)) return process;
  return {
    refused: `${JSON.stringify(process.slice(0, 60))} is no command name; write at most 15 characters, no blanks or "/"`,
  };
}

/** RFC 3986 3.3 and 3.4: path and query, nothing that could end the request line. */
function readUrlPath(path: string): string | Refused {
  if (/^\/[\w\-.~!$&'()*+,;=:@%/?]{0,1000}$/.test(path)) return path;
  return { refused: `${JSON.stringify(path.slice(0, 60))} is no path of a URL; write it such as /healthz` };
}
