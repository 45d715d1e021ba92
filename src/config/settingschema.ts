import { z } from 'zod';
import {
  duration,
  eitherForm,
  flag,
  interfaceName,
  list,
  mappingForm,
  name,
  names,
  text,
  whole,
  word,
} from './field.ts';
import { hostCheckShape } from './hostcheckschema.ts';
import { refuseName, refuseNodeName } from './name.ts';
import type { Quorum } from './config.ts';
import type { RawAnnouncement, RawSettings, RawTrack, RawTrackBackends } from './raw.ts';
import { quote } from './report.ts';
import type { Refused } from './subnet.ts';

/** A node name as a key. */
export const nodeName = (): z.ZodType<string, string> => name((key) => refuseNodeName(key));

/** Announcements, by key. */
export const announcementShape: { readonly [key in keyof RawAnnouncement]-?: z.ZodType<RawAnnouncement[key]> } = {
  repeat: whole(1, 100, 5, 'Announcements of each address in a burst, default 5.').optional(),
  delay: duration({ least: 0, most: 1_000_000 }, '5s', 'From the first burst to the second, default 5s.').optional(),
  interval: duration({ least: 0, most: 1000 }, '1ms', 'Between two frames of one address, default 0ms.').optional(),
  refresh: duration(
    { least: 0, most: 86_400_000 },
    '60s',
    'Between repetitions for as long as the VIP is held, default 60s; 0s for never.',
  ).optional(),
};

const announcement = z
  .strictObject(announcementShape, { error: mappingForm('"garp: { repeat: 5, refresh: 60s }"') })
  .describe('Gratuitous ARP and unsolicited neighbor advertisements.');

/** What too few healthy backends do, by key. */
export const trackBackendsShape: { readonly [key in keyof RawTrackBackends]-?: z.ZodType<RawTrackBackends[key]> } = {
  weight: whole(1, 253, 50, 'What is taken off the priority while a service has too few healthy backends.'),
  quorum: z
    .union(
      [
        whole(1, 1000, 1, 'The least number of healthy backends.'),
        text(readShare, '50%', 'The least share of the backends that is healthy.'),
      ],
      { error: eitherForm('1 or 50%') },
    )
    .describe('The least healthy backends of each service: a number, or a share such as 50%. Default 1.')
    .optional(),
  hysteresis: whole(0, 1000, 1, 'How many more must be healthy before it is enough again, default 0.').optional(),
  services: list(
    text((value) => value, 'web', 'The name of a service.'),
    1,
    64,
    '[web]',
    'The services that count, default all that are checked.',
  ).optional(),
};

/** What is tracked, by key. */
export const trackShape: { readonly [key in keyof RawTrack]-?: z.ZodType<RawTrack[key]> } = {
  backends: z
    .strictObject(trackBackendsShape, { error: mappingForm('"backends: { weight: 50 }"') })
    .describe('Too few healthy backends.')
    .optional(),
  checks: names(
    name((key) => refuseName(key)),
    z.strictObject(hostCheckShape, { error: mappingForm('"maintenance: { file: /etc/vipair/maintenance }"') }),
    { least: 0, most: 64 },
    '"checks: { maintenance: { file: /etc/vipair/maintenance } }"',
    'Checks of the host, by name. A VIP has its own and those of the top level.',
  ).optional(),
};

/**
 * The settings that may stand in a VIP, or at the top level as the default of every VIP, by key. Bounds that depend on
 * other settings, such as the interval's on the version, are checked by `resolve`.
 */
export const settingShape: { readonly [key in keyof RawSettings]-?: z.ZodType<RawSettings[key]> } = {
  interface: z
    .union(
      [
        interfaceName('The same interface on every node.'),
        names(
          nodeName(),
          interfaceName('The interface on this node.'),
          { least: 1, most: 64 },
          '{ lb1: eth0 }',
          'By node name.',
        ),
      ],
      { error: eitherForm('"interface: eth0" or "interface: { lb1: eth0, lb2: ens3 }"') },
    )
    .describe('The network interface that carries VRRP and the addresses; one name, or one for each node.')
    .optional(),
  interval: duration(
    { least: 10, most: 255_000 },
    '200ms',
    'The time between advertisements. Version 3: 10ms to 40.95s in steps of 10ms, default 200ms. Version 2: whole seconds, default 1s.',
  ).optional(),
  version: z
    .literal([2, 3], {
      error: ({ input }) => `${quote(input)} is no VRRP version; write 2 or 3`,
    })
    .describe('The VRRP version, default 3. Version 2 is for old peers: whole seconds, IPv4 only.')
    .optional(),
  transport: word(
    ['multicast', 'unicast', 'broadcast'],
    'How advertisements travel, default multicast. Unicast goes to the addresses of the other nodes.',
  ).optional(),
  auth: authentication().optional(),
  preempt: flag('Whether a better node takes the VIP back when it returns, default true.').optional(),
  preempt_delay: duration(
    { least: 0, most: 1_000_000 },
    '30s',
    'How long a returned better node waits before it takes the VIP back, default 0s.',
  ).optional(),
  preempt_fast: flag(
    'Whether a backup that hears a lower priority takes over after one skew time instead of three intervals, default true.',
  ).optional(),
  checksum: word(
    ['pseudo-header', 'message'],
    'The form of the version 3 checksum over IPv4 that is sent; both are accepted. Default pseudo-header, as keepalived and FRR do.',
  ).optional(),
  accept: flag('Whether the node that holds a VIP accepts packets to it, default true.').optional(),
  on_failure: word(
    ['resign', 'lower', 'stop'],
    'What a dead proxy does to the VIP, default resign: give it up at once. lower: take "weight" off the priority. stop: fall silent until the proxy is well.',
  ).optional(),
  weight: whole(1, 253, 50, 'With "on_failure: lower": what a dead proxy takes off the priority.').optional(),
  recover_after: duration(
    { least: 0, most: 3_600_000 },
    '10s',
    'How long what has failed must have been well before its node counts as well again, default 10s.',
  ).optional(),
  recover_max: duration(
    { least: 0, most: 3_600_000 },
    '2m',
    'What recover_after grows to, doubled at each failure within five minutes; default 12 times recover_after.',
  ).optional(),
  lease: duration(
    { least: 1000, most: 1_000_000, step: 1000 },
    '2s',
    'The lifetime of a VIP in the kernel without renewal, in whole seconds: after it a killed or frozen node holds nothing. Default 2s, or two intervals and a second if that is longer.',
  ).optional(),
  garp: announcement.optional(),
  track: z
    .strictObject(trackShape, { error: mappingForm('"track: { backends: { weight: 50 } }"') })
    .describe('What else than a dead proxy lowers the priority.')
    .optional(),
};

function readShare(value: string): Quorum | Refused {
  const percent = /^\d{1,3}%$/.test(value) ? Number(value.slice(0, -1)) : 0;
  if (percent >= 1 && percent <= 100) return { kind: 'share', percent };
  return { refused: `${quote(value)} is no share from 1% to 100%; write it such as 50%` };
}

function authentication(): z.ZodType<string | { password: string }> {
  const password = text(
    readPassword,
    's3cretpw',
    'The version 2 password: 1 to 8 ASCII characters, sent in the clear.',
  );
  const form = '"auth: { password: s3cretpw }"';
  return z
    .union([password, z.strictObject({ password }, { error: mappingForm(form) })], {
      // The value is a secret, so the message does not repeat it.
      error: () => `is neither a password nor a mapping; write it as ${form}, in quotes if it is made of digits`,
    })
    .describe(
      'VRRP version 2 simple password authentication (RFC 2338). It protects from mistakes, not from attackers.',
    );
}

/** RFC 2338 5.3.6: eight bytes on the wire, filled up with zeros. */
function readPassword(password: string): string | Refused {
  if (password === '') return { refused: 'the password is empty; write 1 to 8 ASCII characters, or leave "auth" out' };
  if (!/^[\u0020-\u007e]*$/.test(password)) {
    return { refused: 'the password has characters that are not ASCII; write 1 to 8 ASCII characters' };
  }
  if (password.length <= 8) return password;
  const cut = `the protocol carries 8, and some routers silently cut the rest off`;
  return { refused: `the password has ${password.length} characters and ${cut}; write 8 or fewer` };
}
