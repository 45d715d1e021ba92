import { setTimeout as pause } from 'node:timers/promises';
import { readFileSync } from 'node:fs';
import { packetSockaddr, AF_PACKET } from '../../linux/sockaddr.ts';
import { SOCK_RAW, Socket } from '../../linux/socket.ts';

/*
 * The foreign speaker: sends frames exactly as given from an interface of the network namespace it runs in. A program
 * of its own, because a socket belongs to the namespace of the process that opens it. `src/lab/speech.ts` builds the
 * frames and runs it.
 */

interface Order {
  readonly interface: string;
  /** Whole Ethernet frames in hexadecimal. */
  readonly frames: readonly string[];
  readonly count: number;
  /** Milliseconds between two rounds. */
  readonly interval: number;
}

const order = JSON.parse(process.argv[2] ?? '') as Order;
const socket = new Socket({
  domain: AF_PACKET,
  type: SOCK_RAW,
  protocol: 0,
  name: `packet socket on "${order.interface}"`,
});
const address = packetSockaddr(indexOf(order.interface), 0);
const frames = order.frames.map((frame) => Uint8Array.from(Buffer.from(frame, 'hex')));
for (let round = 0; round < order.count; round++) {
  if (round > 0 && order.interval > 0) await pause(order.interval);
  for (const frame of frames) socket.send(frame, address);
}
socket.close();

/** The index of an interface, from the list of IPv6 addresses: every link of a lab has one, and it needs no /sys. */
function indexOf(name: string): number {
  const line = readFileSync('/proc/net/if_inet6', 'latin1')
    .split('\n')
    .map((text) => text.trim().split(/\s+/))
    .find((words) => words.at(-1) === name);
  if (line === undefined) throw new Error(`Cannot find interface "${name}": it has no IPv6 address`);
  return Number.parseInt(line[1] ?? '', 16);
}
