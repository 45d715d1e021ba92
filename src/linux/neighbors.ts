import type { IpAddress } from '../wire/address.ts';
import type { MacAddress } from '../wire/mac.ts';
import { isMalformed, type Malformed } from '../wire/malformed.ts';
import { OpError } from './operror.ts';
import { arrivingOn, packetFilter, type PacketTest } from './packetfilter.ts';
import { AF_PACKET, packetSockaddr } from './sockaddr.ts';
import { SO_PRIORITY, SOCK_RAW, SOL_SOCKET, Socket } from './socket.ts';
import { queuePriorityControl, rawSocketAdvice } from './transport.ts';

/**
 * The neighbors of one interface in one address family: who has which address at which Ethernet address. IPv4 and IPv6
 * ask and answer this in two protocols that have nothing in common on the wire (`arp`, `ndp`), and all that is asked of
 * either is the same: tell, ask, and hear what others say.
 */
export interface NeighborSocket {
  /** Tells the segment that `address` is at this host's Ethernet address now. Throws OpError. */
  announce(address: IpAddress): void;
  /** Asks whether anybody holds `address`, without claiming it. Answers come through `receive`. Throws OpError. */
  probe(address: IpAddress): void;
  /**
   * The next claim from the wire, `undefined` when none is near. What cannot be decoded is passed over, 16 frames at a time;
   * when there is more, `onReadable` is called again.
   */
  receive(): NeighborClaim | undefined;
  close(): void;
}

/** Another host has said that it has an address. One that only asks, and has none yet, claims the unspecified address. */
export interface NeighborClaim {
  readonly address: IpAddress;
  readonly mac: MacAddress;
}

/** What it is opened for. */
export interface NeighborOptions {
  readonly interface: string;
  readonly ifindex: number;
  /** The 6 bytes of the Ethernet address that is announced. */
  readonly mac: Uint8Array;
  /** An address of the interface, of the family, that is no VIP and not tentative: IPv6 asks from it. */
  readonly source: IpAddress;
  /** Something can be received; called on every turn of the loop until it has been drained. */
  readonly onReadable: () => void;
  /** Receiving failed and the socket has been closed: open a new one. Called at most once. */
  readonly onError: (error: OpError) => void;
}

/** One of the two protocols, as whole Ethernet frames. */
export interface NeighborProtocol {
  readonly etherType: number;
  /** What is let pass, where the EtherType carries other things as well. */
  readonly tests?: readonly PacketTest[];
  readonly announcement: (address: IpAddress) => Uint8Array;
  readonly probe: (address: IpAddress) => Uint8Array;
  readonly claim: (frame: Uint8Array) => NeighborClaim | Malformed;
}

/**
 * So many frames that are no claim are passed over at a time. Whoever floods the segment with them would keep the engine
 * from all its work otherwise: it reads no faster than they come.
 */
const MOST_PASSED = 16;

/**
 * Opens a packet socket that speaks one of the protocols (packet(7)). Whole frames go out, because their source has to be
 * the VIP, whatever the state of that address on the host. The socket hears nothing before it is bound, since it is
 * created for no protocol, and never what this host sends, which the kernel shows to sockets for all protocols only.
 * Throws OpError.
 */
export function openNeighbors(options: NeighborOptions, protocol: NeighborProtocol): NeighborSocket {
  const name = `packet socket on "${options.interface}"`;
  const description = { domain: AF_PACKET, type: SOCK_RAW, protocol: 0, name, advice: rawSocketAdvice };
  // ENETDOWN is reported once when the link goes down; the socket works again when it comes up.
  const socket = new Socket({ ...description, passing: ['ENETDOWN'] }).prepare((opened) => {
    opened.setOption('priority', SOL_SOCKET, SO_PRIORITY, queuePriorityControl);
    opened.filter(packetFilter([...(protocol.tests ?? []), ...arrivingOn(options.ifindex)]));
    opened.bind(packetSockaddr(options.ifindex, protocol.etherType));
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
      socket.send(protocol.announcement(address));
    },
    probe(address: IpAddress): void {
      socket.send(protocol.probe(address));
    },
    receive(): NeighborClaim | undefined {
      return broken ? undefined : receive(socket, protocol, onBroken);
    },
    close(): void {
      broken = true;
      socket.close();
    },
  };
}

function receive(
  socket: Socket,
  { claim: read }: NeighborProtocol,
  onBroken: (error: OpError) => void,
): NeighborClaim | undefined {
  for (let passed = 0; passed < MOST_PASSED; passed++) {
    try {
      const received = socket.receive();
      if (received === undefined) return undefined;
      const claim = read(received.bytes);
      if (!isMalformed(claim)) return claim;
    } catch (error) {
      if (!(error instanceof OpError)) throw error;
      if (error.code === 'ENETDOWN') continue;
      onBroken(error);
      return undefined;
    }
  }
  return undefined;
}
