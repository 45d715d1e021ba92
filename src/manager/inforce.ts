import { hostname } from 'node:os';
import type { Config, NodeConfig } from '../config/config.ts';
import { diffConfig } from '../config/diff.ts';
import { parseConfig } from '../config/parse.ts';
import { proxyAs } from '../config/proxy.ts';
import type { ParseResult } from '../config/parse.ts';
import { formatError } from '../config/report.ts';
import { findSelf } from '../config/self.ts';
import type { ReloadResult } from '../control/status.ts';
import type { Resume } from '../engine/messages.ts';
import type { EventLog } from './eventlog.ts';
import { now } from '../linux/clock.ts';
import { ownAddresses } from '../linux/ownaddresses.ts';
import type { IpAddress } from '../wire/address.ts';
import type { Instant } from '../wire/units.ts';
import { namesFor } from './words.ts';

/** A configuration and this host's place in it: what may be in force. */
export interface InForce {
  readonly config: Config;
  readonly node: NodeConfig;
  readonly loadedAt: Instant;
  /** Of the file. */
  readonly warnings: readonly string[];
}

/** Why a configuration may not be in force. */
export interface Refused {
  readonly errors: readonly string[];
}

/**
 * A parse result and this host's place in it, with everything that must be right before it may be in force. `file`
 * names it in errors; `name` is the node that this host is told to be.
 */
export function place(parsed: ParseResult, file: string, name: string | undefined): InForce | Refused {
  if (!('config' in parsed)) return { errors: parsed.errors.map(formatError) };
  const { config } = parsed;
  const self = findSelf(config, { node: name, hostname: hostname(), addresses: ownAddresses() });
  if ('error' in self) return { errors: [`${file}: nodes: ${self.error}`] };
  const node = config.nodes.find((candidate) => candidate.name === self.node);
  if (node === undefined) return { errors: [`${file}: nodes: no node is called "${self.node}"`] };
  return { config, node, loadedAt: now(), warnings: parsed.warnings.map(formatError) };
}

/**
 * What a former manager had put in force. A file that says something else by now waits for a reload, as it would have
 * without the restart: `stale` says why it is not in force. Both are taken with what this host was switched to.
 */
export function resumed(
  { text, node, loadedAt }: Resume,
  read: InForce | Refused,
  file: string,
  effective: (config: Config) => Config = (config) => config,
): { readonly next: InForce | Refused; readonly stale: readonly string[] } {
  const placed = place(parseConfig(text, '<in force>', { profiles: [] }), file, node);
  if (!('config' in placed)) return { next: placed, stale: [] };
  const before = { ...placed, config: effective(placed.config) };
  if ('config' in read && changesBetween(before, read).length === 0) return { next: { ...read, loadedAt }, stale: [] };
  const changed = `"${file}" has changed since it was loaded; run \`vipair reload\``;
  return { next: { ...before, loadedAt }, stale: 'config' in read ? [changed] : read.errors };
}

/** What would be different, in words; also which node this host is. */
export function changesBetween(old: InForce, next: InForce): string[] {
  const self = old.node.name === next.node.name ? [] : [`this host: node ${old.node.name} -> ${next.node.name}`];
  // An order of nodes is two fields, and one thing that was written.
  return [...new Set([...self, ...diffConfig(old.config, next.config).map((change) => change.text)])];
}

/**
 * A file with the profile that runs, where that is another one and this program renders for both: the host is switched
 * afterwards, without an interruption.
 */
export function withProxyOf(before: InForce, read: InForce): InForce {
  const [old, next] = [before.config.proxy, read.config.proxy];
  const isSwitch = old?.mode === next?.mode && read.config.services.length > 0;
  if (old === undefined || next === undefined || !isSwitch) return read;
  return { ...read, config: { ...read.config, proxy: proxyAs(next, old.profile) } };
}

/** The answer to a reload that is refused, which is told as well. */
export function refusal(errors: readonly string[], events: Pick<EventLog, 'tell'>): ReloadResult {
  events.tell({ type: 'reload-refused', errors });
  return { applied: false, changes: [], errors };
}

/** What a source of a packet is called where it is known, in the light of the virtual router that it was for. */
export function nameIn(inForce: InForce | undefined, source: IpAddress, router: string | undefined): string {
  if (inForce === undefined) return source;
  const { config, node } = inForce;
  const vip = config.vips.find((candidate) => router?.startsWith(`${candidate.name}/`));
  return namesFor(config, vip, node.name)(source);
}
