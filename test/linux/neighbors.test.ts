import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openArp } from '../../src/linux/arp.ts';
import { native, type Native, type NativeSocket } from '../../src/linux/native.ts';
import { openNdp } from '../../src/linux/ndp.ts';
import type { NeighborOptions, NeighborSocket } from '../../src/linux/neighbors.ts';
import { addressOf } from '../../src/wire/address.ts';
import { gratuitousArp } from '../../src/wire/arp.ts';
import type { MacAddress } from '../../src/wire/mac.ts';
import { unsolicitedAdvertisement } from '../../src/wire/neighborpacket.ts';

const library = native() as { Socket: Native['Socket'] };
const real = library.Socket;

const mac = '02:00:00:00:00:02' as MacAddress;

/** What arrives; when nothing else is queued, more of `flood` for ever. BOUNDED: what a test pushes. */
let queue: Uint8Array[] = [];
let flood: Uint8Array | undefined;
let read = 0;

/** A kernel that has as much to read as a flood has. */
const kernel: Partial<NativeSocket> = {
  fd: 3,
  setOption: () => 0,
  attachFilter: () => 0,
  bind: () => 0,
  watch: () => 0,
  close: () => 0,
  receive: (buffer) => {
    if (++read > 10_000) throw new Error('it reads without an end');
    const frame = queue.shift() ?? flood;
    if (frame === undefined) return -11;
    buffer.set(frame);
    return frame.length;
  },
};

beforeEach(() => {
  [queue, flood, read] = [[], undefined, 0];
  library.Socket = function Scripted() {
    return kernel;
  } as unknown as Native['Socket'];
});

afterEach(() => {
  library.Socket = real;
});

const families = [
  { family: 'ARP', open: openArp, source: '192.0.2.11', held: '192.0.2.101', frameOf: gratuitousArp },
  {
    ...{ family: 'Neighbor Discovery', open: openNdp, source: 'fe80::11', held: '2001:db8::101' },
    frameOf: (...[address, at]: Parameters<typeof gratuitousArp>) => unsolicitedAdvertisement(address, at, false),
  },
];

describe.each(families)('$family', ({ open, source, held, frameOf }) => {
  const garbage = new Uint8Array(60);

  const opened = (): NeighborSocket => {
    const options: NeighborOptions = {
      ...{ interface: 'eth0', ifindex: 2, mac: new Uint8Array(6), source: addressOf(source) },
      ...{ onReadable: () => undefined, onError: () => undefined },
    };
    return open(options);
  };

  it('passes over what is no claim', () => {
    queue = [garbage, new Uint8Array(3), frameOf(addressOf(held), mac)];
    const socket = opened();
    expect(socket.receive()).toEqual({ address: held, mac });
    expect(socket.receive()).toBeUndefined();
  });

  it('comes back from a flood of it, which does not end while it is read', () => {
    flood = garbage;
    const socket = opened();
    expect(socket.receive()).toBeUndefined();
    expect(read).toBeLessThanOrEqual(64);
    // It is read on when the loop comes round again.
    queue = [frameOf(addressOf(held), mac)];
    expect(socket.receive()).toEqual({ address: held, mac });
  });
});
