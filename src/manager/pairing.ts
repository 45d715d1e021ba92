import { readFileSync, statSync } from 'node:fs';
import type { Config, HeartbeatPath, NodeConfig } from '../config/config.ts';
import { canonical } from '../config/diff.ts';
import { asInFile } from '../config/proxy.ts';
import type { PairAssignment, PairPath } from '../engine/assignment.ts';
import { errorCode } from '../linux/operror.ts';
import { addressOf } from '../wire/address.ts';
import { labelOf } from '../wire/heartbeat.ts';
import { milliseconds } from '../wire/units.ts';
import { routerKey } from './assign.ts';

/** Shorter keys can be guessed. */
const LEAST_KEY_BYTES = 16;
const MOST_KEY_BYTES = 4096;

/** Where a broadcast goes. */
const EVERYBODY = addressOf('255.255.255.255');

/** What the engine needs to hear the other nodes beside VRRP, or why it cannot have it; neither when nothing is asked. */
export interface Pairing {
  readonly pair: PairAssignment | undefined;
  readonly warnings: readonly string[];
}

/**
 * Cuts the heartbeat down to one node, with the key that it reads. A key that cannot be used is a warning. `profile` is
 * the proxy that the file names: what a single host was switched to is no difference between the hosts.
 */
export function pairUp(config: Config, node: NodeConfig, profile: string | undefined = config.proxy?.profile): Pairing {
  const { heartbeat } = config;
  if (heartbeat === undefined) return { pair: undefined, warnings: [] };
  const key = readKey(heartbeat.keyFile);
  if ('refused' in key)
    return { pair: undefined, warnings: [`heartbeat: ${key.refused}; without it there is only VRRP`] };
  const intervals = config.vips.flatMap((vip) => (vip.priorities[node.name] === undefined ? [] : [vip.interval]));
  const digests = config.vips.flatMap((vip) =>
    (['ipv4', 'ipv6'] as const).map((family): [string, number] => [
      routerKey(vip.name, family),
      labelOf(canonical(vip)),
    ]),
  );
  return {
    pair: {
      nodes: config.nodes.flatMap(({ name }) => (name === node.name ? [] : [name])),
      key: key.hex,
      interval: milliseconds(Math.min(1000, ...intervals)),
      paths: heartbeat.paths.flatMap((path) => pathOf(path, node) ?? []),
      digest: configDigest(config, profile),
      digests: Object.fromEntries(digests),
    },
    warnings: [],
  };
}

/** The label of a resolved configuration; `profile` is the proxy that the file names. */
export const configDigest = (config: Config, profile: string | undefined): number =>
  labelOf(canonical(asInFile(config, profile)));

/** Reads a key. A file that others on this host may read holds no secret. */
function readKey(file: string): { readonly hex: string } | { readonly refused: string } {
  try {
    const { mode } = statSync(file);
    if ((mode & 0o007) !== 0)
      return { refused: `the key file "${file}" is open to everybody; run \`chmod 600 ${file}\`` };
    const text = readFileSync(file, 'utf8').trim();
    const size = Buffer.byteLength(text);
    if (size < LEAST_KEY_BYTES || size > MOST_KEY_BYTES) {
      const range = `${LEAST_KEY_BYTES} to ${MOST_KEY_BYTES}`;
      return { refused: `the key file "${file}" has ${size} bytes, not ${range}; ${makeOne(file)}` };
    }
    return { hex: Buffer.from(text, 'utf8').toString('hex') };
  } catch (error) {
    return { refused: `the key file "${file}" cannot be read: ${errorCode(error) ?? String(error)}; ${makeOne(file)}` };
  }
}

const makeOne = (file: string): string =>
  `make one with \`openssl rand -base64 32 > ${file}\` and copy it to all hosts`;

function pathOf(path: HeartbeatPath, { name: self }: NodeConfig): PairPath | undefined {
  const { name, port } = path;
  if (path.kind === 'interface') {
    const own = path.interfaces[self];
    return own === undefined ? undefined : { name, place: { interface: own }, destinations: [EVERYBODY], port };
  }
  const address = path.addresses[self];
  const destinations = Object.entries(path.addresses).flatMap(([node, other]) => (node === self ? [] : [other]));
  return address === undefined ? undefined : { name, place: { address }, destinations, port };
}
