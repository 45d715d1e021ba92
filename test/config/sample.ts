import { parseConfig } from '../../src/config/parse.ts';
import type { ParseResult } from '../../src/config/parse.ts';
import type { Config } from '../../src/config/config.ts';
import { formatError } from '../../src/config/report.ts';

/** The names that the tests pretend to have profiles for. */
export const profiles = ['nginx', 'haproxy'] as const;

/** The file of DESIGN 1, less its services. */
export const crossed = `nodes:
  lb1: { address: 192.0.2.11 }
  lb2: { address: 192.0.2.12 }
interface: eth0
vips:
  web-1: { vrid: 51, address: 192.0.2.101/24, prefer: [lb1, lb2] }
  web-2: { vrid: 52, address: 192.0.2.102/24, prefer: [lb2, lb1] }
proxy: { profile: nginx }
`;

/** A pair with one VIP, whose settings are given as lines of a flow mapping; `top` stands at the top level. */
export const pairWith = (vip: string, top = ''): string => `nodes:
  lb1: { addresses: [192.0.2.11, "2001:db8::11"] }
  lb2: { addresses: [192.0.2.12, "2001:db8::12"] }
interface: eth0
${top === '' ? '' : `${top}\n`}vips:
  web-1: { ${vip} }
`;

/** A VIP that is right, to be completed by what is tested. */
export const GOOD = 'vrid: 51, address: 192.0.2.101/24, prefer: [lb1, lb2]';

export const parse = (text: string): ParseResult => parseConfig(text, 'pair.yaml', { profiles: [...profiles] });

/** The configuration of a text that must be right. */
export function configOf(text: string): Config {
  const result = parse(text);
  if ('errors' in result) throw new Error(result.errors.map(formatError).join('\n'));
  return result.config;
}

/** The rendered mistakes of a text that must be wrong. */
export function errorsOf(text: string): string[] {
  const result = parse(text);
  if ('config' in result) throw new Error(`Accepted:\n${text}`);
  return result.errors.map(formatError);
}

/** The rendered doubts about a text, right or wrong. */
export const warningsOf = (text: string): string[] => parse(text).warnings.map(formatError);
