import type { Refusal, Remark } from '../vrrp/receive.ts';

/** What one of two hosts has another setting for. */
export type MistakeCode =
  | 'password'
  | 'version'
  | 'interval'
  | 'transport'
  | 'unknown-sender'
  | 'checksum'
  | 'hop-limit'
  | 'reflected'
  | 'two-owners'
  | 'address-list'
  | 'checksum-form';

/** What a refusal comes from; malformed packets and foreign VRIDs are nobody's setting. */
export const MISTAKES: Readonly<Record<Refusal, MistakeCode | undefined>> = {
  'auth-type': 'password',
  'auth-data': 'password',
  'version-mismatch': 'version',
  interval: 'interval',
  destination: 'transport',
  peer: 'unknown-sender',
  checksum: 'checksum',
  ttl: 'hop-limit',
  'own-packet': 'reflected',
  owner: 'two-owners',
  vrid: undefined,
  version: undefined,
  length: undefined,
  type: undefined,
  count: undefined,
  fragment: undefined,
  field: undefined,
};

/** What is odd about an advertisement that is accepted. */
export const ODDITIES: Readonly<Record<Remark, MistakeCode>> = {
  interval: 'interval',
  'address-list': 'address-list',
  'checksum-form': 'checksum-form',
  owner: 'two-owners',
};
