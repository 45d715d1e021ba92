import { z } from 'zod';
import { parseAddress } from '../wire/address.ts';
import { readHost } from './endpoint.ts';
import { eitherForm, list, mappingForm, names, text, whole } from './field.ts';
import { readFilePath } from './pathname.ts';
import { refuseInterface } from './name.ts';
import type { RawConfig, RawHeartbeat, RawPath, RawPlace } from './raw.ts';
import { quote } from './report.ts';
import { nodeName } from './settingschema.ts';
import { readHostAddress } from './subnet.ts';
import type { Refused } from './subnet.ts';

/** How the hosts hear each other beside VRRP: the shape of `heartbeat`, `gateway` and `witness`. */

const place = (description: string): z.ZodType<RawPlace> => text<RawPlace>(readPlace, 'eth1', description);

const path: z.ZodType<RawPath> = z
  .union(
    [
      place("An interface of the same name on every node, or a node's address, with or without a port."),
      names(
        nodeName(),
        place('The interface or the address of this node.'),
        { least: 2, most: 64 },
        '{ lb1: 198.51.100.11, lb2: 198.51.100.12 }',
        'The interface or the address, by node.',
      ),
    ],
    { error: eitherForm('eth1 or { lb1: 198.51.100.11, lb2: 198.51.100.12 }') },
  )
  .describe('A path beside VRRP. Interface: broadcast on it. Address: unicast to it.');

const paths = list(path, 1, 8, '[eth1]', 'The paths, at most 8.');

/** The heartbeat, by key. */
export const heartbeatShape: { readonly [key in keyof RawHeartbeat]-?: z.ZodType<RawHeartbeat[key]> } = {
  paths,
  key_file: text(
    (value) => readFilePath(value, '/etc/vipair/pair.key'),
    '/etc/vipair/pair.key',
    'The file with the shared key, default /etc/vipair/pair.key.',
  ).optional(),
  port: whole(1, 65_535, 5112, 'The UDP port, default 5112.').optional(),
};

/** The heartbeat: a list of paths, or a mapping with the list in it. */
export const heartbeatField: z.ZodType<RawConfig['heartbeat']> = z
  .union([paths, z.strictObject(heartbeatShape, { error: mappingForm('"heartbeat: { paths: [eth1] }"') })], {
    error: eitherForm('[eth1] or { paths: [eth1], key_file: /etc/vipair/pair.key }'),
  })
  .describe('Paths beside VRRP over which the nodes tell each other what they hold and whom they hear.')
  .optional();

/** An address, with or without a port, or the name of an interface. */
function readPlace(value: string): RawPlace | Refused {
  if (parseAddress(value) !== undefined || /[.:[]/.test(value)) {
    const read = readHost(value);
    if ('refused' in read) return read;
    const address = readHostAddress(read.host, 'such as 192.0.2.12');
    if (typeof address === 'object') return { refused: `${quote(value)} is neither an interface nor an address` };
    return { address, port: read.port };
  }
  const refused = refuseInterface(value);
  return refused === undefined ? { interface: value } : { refused };
}
