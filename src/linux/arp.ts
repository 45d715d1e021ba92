import type { IpAddress } from '../wire/address.ts';
import { arpProbe, decodeArp, gratuitousArp, type ArpPacket } from '../wire/arp.ts';
import { etherTypeArp } from '../wire/ethernet.ts';
import { formatMac } from '../wire/mac.ts';
import { isMalformed } from '../wire/malformed.ts';
import { OpError } from './operror.ts';
import { AF_PACKET, packetSockaddr } from './sockaddr.ts';
import { SO_PRIORITY, SOCK_RAW, SOL_SOCKET, Socket } from './socket.ts';
import { queuePriorityControl, rawSocketAdvice } from './transport.ts';

/** ARP on one interface. */
export interface ArpSocket {
  /** Broadcasts a gratuitous ARP: `address` is at this host's Ethernet address now. Throws OpError. */
  announce(address: IpAddress): void;
  /** Broadcasts a probe: does anybody hold `address`? Answers come through `receive`. Throws OpError. */
  probe(address: IpAddress): void;
  /** The next ARP packet from the wire, `undefined` when none is queued. What cannot be decoded is passed over. */
  receive(): ArpPacket | undefined;
  close(): void;
}

/** What an ARP socket is opened for. */
export interface ArpOptions {
  readonly interface: string;
  readonly ifindex: number;
  /** The 6 bytes of the Ethernet address that is announced. */
  readonly mac: Uint8Array;
  /** Something can be received; called on every turn of the loop until it has been drained. */
  readonly onReadable: () => void;
  /** Receiving failed and the socket has been closed: open a new one. Called at most once. */
  readonly onError: (error: OpError) => void;
}

/**
 * Opens ARP on one interface (packet(7)). The socket hears nothing before it is bound, since it is created for no
 * protocol, and never what this host sends, which the kernel shows to sockets for all protocols only. Throws OpError.
 */
export function openArp(options: ArpOptions): ArpSocket {
  const mac = formatMac(options.mac);
  const name = `packet socket on "${options.interface}"`;
  const description = { domain: AF_PACKET, type: SOCK_RAW, protocol: 0, name, advice: rawSocketAdvice };
  // ENETDOWN is reported once when the link goes down; the socket works again when it comes up.
  const socket = new Socket({ ...description, passing: ['ENETDOWN'] }).prepare((opened) => {
    opened.setOption('priority', SOL_SOCKET, SO_PRIORITY, queuePriorityControl);
    opened.bind(packetSockaddr(options.ifindex, etherTypeArp));
    opened.watch(options.onReadable);
  });
  let broken = false;
  const onBroken = (error: OpError): void => {
    broken = true;
    socket.close();
    options.onError(error);
  };
  return {
    announce(address: IpAddress): void {
      socket.send(gratuitousArp(address, mac));
    },
    probe(address: IpAddress): void {
      socket.send(arpProbe(address, mac));
    },
    receive(): ArpPacket | undefined {
      return broken ? undefined : receive(socket, onBroken);
    },
    close(): void {
      broken = true;
      socket.close();
    },
  };
}

function receive(socket: Socket, onBroken: (error: OpError) => void): ArpPacket | undefined {
  for (;;) {
    try {
      const received = socket.receive();
      if (received === undefined) return undefined;
      const packet = decodeArp(received.bytes);
      if (!isMalformed(packet)) return packet;
    } catch (error) {
      if (!(error instanceof OpError)) throw error;
      if (error.code === 'ENETDOWN') continue;
      onBroken(error);
      return undefined;
    }
  }
}
