import { z } from 'zod';
import { parseAddress } from '../wire/address.ts';
import type { IpAddress } from '../wire/address.ts';
import { filePath } from './backendschema.ts';
import { checkShape } from './checkschema.ts';
import { duration, eitherForm, interfaceName, list, name, names, text, whole, word } from './field.ts';
import { refuseNodeName } from './name.ts';
import type { RawHostCheck } from './raw.ts';
import { quote } from './report.ts';
import type { Refused } from './subnet.ts';

/** A check of the host, by key. The kind is told by the key that is there; `resolve` refuses what does not fit it. */
export const hostCheckShape: { readonly [key in keyof RawHostCheck]-?: z.ZodType<RawHostCheck[key]> } = {
  command: list(
    text(readArgument, '/usr/local/bin/check', 'The program or an argument.'),
    1,
    64,
    '[/usr/local/bin/check, web]',
    'A program that must end with 0, and its arguments, without a shell. One that is missing fails.',
  ).optional(),
  user: checkShape.user.describe('Whom the program runs as, default nobody; with "command" only.'),
  interface: z
    .union(
      [
        interfaceName('The same interface on every node.'),
        names(
          name((key) => refuseNodeName(key)),
          interfaceName('The interface on this node.'),
          { least: 1, most: 64 },
          '{ lb1: eth1 }',
          'By node name.',
        ),
      ],
      { error: eitherForm('"interface: eth1" or "interface: { lb1: eth1, lb2: ens4 }"') },
    )
    .describe('An interface that must be up with a carrier; one name, or one for each node.')
    .optional(),
  file: filePath(
    '/etc/vipair/maintenance',
    'A file that says no by being there: `touch` it for maintenance.',
  ).optional(),
  when: word(['present', 'absent'], 'With "file": when the check fails, default present.').optional(),
  gateway: text(
    readGateway,
    '192.0.2.1',
    'A router that must answer a ping; "default" is that of the default route.',
  ).optional(),
  headroom: text(
    readPercent,
    '20%',
    'The least free share of file descriptors, of the host and of the proxy, and of tracked connections.',
  ).optional(),
  weight: whole(
    1,
    253,
    50,
    'What a failure takes off the priority. Without it a failure counts like a dead proxy (on_failure).',
  ).optional(),
  interval: duration({ least: 100, most: 3_600_000 }, '1s', 'Between two looks, default 1s.').optional(),
  timeout: duration({ least: 10, most: 60_000 }, '1s', 'How long a look may take, default the interval.').optional(),
  rise: whole(1, 100, 2, 'Good looks in a row that make it well, default 2.').optional(),
  fall: whole(1, 100, 2, 'Bad looks in a row that make it fail, default 2.').optional(),
};

function readArgument(value: string): string | Refused {
  if (value.length <= 4000 && !value.includes('\0')) return value;
  return { refused: 'is longer than 4000 characters or has a NUL; write a shorter argument' };
}

function readGateway(value: string): IpAddress | 'default' | Refused {
  if (value === 'default') return value;
  const address = parseAddress(value);
  return address ?? { refused: `${quote(value)} is no address; write it such as 192.0.2.1, or "default"` };
}

function readPercent(value: string): number | Refused {
  const percent = /^\d{1,2}%$/.test(value) ? Number(value.slice(0, -1)) : 0;
  if (percent >= 1) return percent;
  return { refused: `${quote(value)} is no share from 1% to 99%; write it such as 20%` };
}
