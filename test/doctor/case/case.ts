import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Config, NodeConfig } from '../../../src/config/config.ts';
import type { LinkAddress, LinkFacts } from '../../../src/doctor/facts/links.ts';
import type { Finding } from '../../../src/doctor/finding.ts';
import { addressOf, familyOf } from '../../../src/wire/address.ts';
import { configOf, crossed } from '../../config/sample.ts';

/** A host with one thing the matter, and the findings that say so: `CODE words of the sentence`. */
export interface Case {
  readonly says: string;
  readonly findings: () => readonly Finding[] | Promise<readonly Finding[]>;
  readonly expected: readonly RegExp[];
}

/** One line for each finding, as the expectations read it. */
export const lineOf = ({ severity, code, subject, text, fix }: Finding): string =>
  `${severity} ${code} [${subject}] ${text} -> ${fix}`;

/** Node lb1 of a configuration; of the crossed pair unless another text is given. */
export function lb1(text: string = crossed): { config: Config; node: NodeConfig; status: undefined } {
  const config = configOf(text);
  const [node] = config.nodes;
  if (node === undefined) throw new Error('there is no node');
  return { config, node, status: undefined };
}

export const held = (text: string, isForever = true): LinkAddress => {
  const [host = '', length] = text.split('/');
  const address = addressOf(host);
  return { family: familyOf(address), address, prefixLength: Number(length), isForever };
};

/** eth0 as it should be on lb1. */
export const eth0 = (more: Partial<LinkFacts> = {}): LinkFacts => ({
  ...{ name: 'eth0', index: 2, mac: '02:00:00:00:00:0b', isUp: true, hasCarrier: true, isMulticast: true, mtu: 1500 },
  ...{ bondMode: undefined, bridge: undefined },
  addresses: [held('192.0.2.11/24'), held('2001:db8::11/64'), held('fe80::b/64')],
  ...more,
});

/** Writes a file that is gone with the machine's temporary files, and gives its path. */
export function fileOf(text: string): string {
  const path = join(mkdtempSync(join(tmpdir(), 'vipair-doctor-')), 'pair.yaml');
  writeFileSync(path, text);
  return path;
}
