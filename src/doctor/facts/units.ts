import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { ask } from '../program.ts';

/** A unit of systemd as `systemctl show` tells it, by property. */
export type UnitFacts = Readonly<Record<string, string>>;

const PROPERTIES = ['LoadState', 'ActiveState', 'UnitFileState', 'After', 'Restart', 'KillMode', 'Type'];

/** The unit of that name; `undefined` where systemd does not run this host, or does not know the unit. */
export async function lookAtUnit(name: string): Promise<UnitFacts | undefined> {
  if (!existsSync('/run/systemd/system')) return undefined;
  const printed = await ask(['systemctl', 'show', '--no-pager', `--property=${PROPERTIES.join(',')}`, name]);
  if (printed === undefined || printed.code !== 0) return undefined;
  const unit = readUnit(printed.stdout);
  return unit['LoadState'] === 'loaded' ? unit : undefined;
}

/** Reads `NAME=VALUE` lines. Pure. */
export const readUnit = (text: string): UnitFacts =>
  Object.fromEntries(
    text
      .split('\n')
      .filter((line) => line.includes('='))
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );

/** All of the network configuration that systemd-networkd reads, drop-ins included, as one text. */
export function networkdText(): string {
  const texts: string[] = [];
  for (const root of ['/etc/systemd/network', '/run/systemd/network'])
    for (const name of namesIn(root)) if (/\.(network|conf)$/.test(name)) texts.push(textOf(posix.join(root, name)));
  return texts.join('\n');
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory, { recursive: true, encoding: 'utf8' }).slice(0, 1000);
  } catch {
    return [];
  }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
