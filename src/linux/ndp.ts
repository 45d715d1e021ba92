import type { IpAddress } from '../wire/address.ts';
import { formatMac } from '../wire/mac.ts';
import { neighborAdvertisementFrame } from '../wire/neighbor.ts';
import { AF_PACKET, packetSockaddr } from './sockaddr.ts';
import { SO_PRIORITY, SOCK_RAW, SOL_SOCKET, Socket } from './socket.ts';
import { readSysctl } from './sysctl.ts';
import { queuePriorityControl, rawSocketAdvice } from './transport.ts';

/** Neighbor announcements on one interface. */
export interface NdpSocket {
  /** Multicasts an unsolicited neighbor advertisement: `address` is at this host's Ethernet address now. Throws OpError. */
  announce(address: IpAddress): void;
  close(): void;
}

/** What neighbor announcements are opened for. */
export interface NdpOptions {
  readonly interface: string;
  readonly ifindex: number;
  /** The 6 bytes of the Ethernet address that is announced. */
  readonly mac: Uint8Array;
}

/**
 * Opens neighbor announcements on one interface. Whole frames go out through a packet socket, because their source has
 * to be the VIP, whatever the state of that address on the host. It receives nothing. Throws OpError.
 */
export function openNdp(options: NdpOptions): NdpSocket {
  const mac = formatMac(options.mac);
  const name = `packet socket on "${options.interface}"`;
  const description = { domain: AF_PACKET, type: SOCK_RAW, protocol: 0, name, advice: rawSocketAdvice };
  const socket = new Socket(description).prepare((opened) => {
    opened.setOption('priority', SOL_SOCKET, SO_PRIORITY, queuePriorityControl);
    opened.bind(packetSockaddr(options.ifindex, 0));
  });
  return {
    announce(address: IpAddress): void {
      socket.send(neighborAdvertisementFrame(address, mac, isRouter(options.interface)));
    },
    close(): void {
      socket.close();
    },
  };
}

/** The router flag tells the truth: hosts drop a default router that says it is none any more (RFC 4861 7.2.5). */
const isRouter = (device: string): boolean => Number(readSysctl(`net/ipv6/conf/${device}/forwarding`) ?? 0) > 0;
