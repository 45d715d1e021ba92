import { advertisementOf, destinationsOf } from '../../src/vrrp/advertise.ts';
import type { ReceivedDatagram } from '../../src/vrrp/receive.ts';
import type { RouterConfig } from '../../src/vrrp/state.ts';
import { encodeAdvertisement } from '../../src/wire/advertisement.ts';
import type { Advertisement, ChecksumForm } from '../../src/wire/advertisement.ts';
import type { IpAddress } from '../../src/wire/address.ts';

/** The configuration of the router at the other end: the same virtual router seen from our first peer. */
export function peerOf(config: RouterConfig): RouterConfig {
  const [source] = config.peers;
  if (source === undefined) throw new Error('The configuration has no peer');
  return { ...config, source, peers: [config.source] };
}

export interface Forgery {
  readonly source?: IpAddress;
  readonly destination?: IpAddress;
  readonly hopLimit?: number;
  readonly checksum?: ChecksumForm;
  /** Changes the advertisement before it is encoded, so that its checksum is right. */
  readonly advertisement?: (genuine: Advertisement) => Advertisement;
  /** Changes the bytes behind the checksum's back. */
  readonly bytes?: (payload: Uint8Array) => Uint8Array;
}

/** The advertisement of the peer as it arrives here, true in all that `forgery` does not name. */
export function datagram(config: RouterConfig, priority: number, forgery: Forgery = {}): ReceivedDatagram {
  const sender = peerOf(config);
  const source = forgery.source ?? sender.source;
  const [destination] = forgery.destination === undefined ? destinationsOf(sender) : [forgery.destination];
  if (destination === undefined) throw new Error('The configuration has no destination');
  const genuine = advertisementOf(sender, priority);
  const advertisement = forgery.advertisement?.(genuine) ?? genuine;
  const checksum = forgery.checksum ?? config.checksum;
  const payload = encodeAdvertisement(advertisement, { source, destination, checksum });
  return { source, destination, hopLimit: forgery.hopLimit ?? 255, payload: forgery.bytes?.(payload) ?? payload };
}

/** A copy of a payload with one byte replaced. */
export const withByte = (offset: number, value: number): ((payload: Uint8Array) => Uint8Array) => {
  return (payload) => payload.map((byte, i) => (i === offset ? value : byte));
};
