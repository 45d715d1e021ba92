/*
 * A host of the kernel-edge tests: runs inside a network namespace, loads the compiled program, and does what JSON lines
 * on its standard input ask. Each line `{ id, call, with }` is answered by `{ id, result }` or `{ id, error }`; what
 * happens by itself is told as `{ event, ... }`. Bytes travel as hexadecimal text. It ends with its input.
 */
import { spawn } from 'node:child_process';
import { readdirSync, readlinkSync } from 'node:fs';
import { createSocket as createUdp } from 'node:dgram';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { Worker } from 'node:worker_threads';
import { openArp } from '../../../dist/src/linux/arp.js';
import { now } from '../../../dist/src/linux/clock.js';
import { native } from '../../../dist/src/linux/native.js';
import { openNdp } from '../../../dist/src/linux/ndp.js';
import { openRtnetlink } from '../../../dist/src/linux/rtnetlink.js';
import { packetSockaddr } from '../../../dist/src/linux/sockaddr.js';
import { Socket } from '../../../dist/src/linux/socket.js';
import { readSysctl, writeSysctl } from '../../../dist/src/linux/sysctl.js';
import { openVrrp4 } from '../../../dist/src/linux/vrrp4.js';
import { openVrrp6 } from '../../../dist/src/linux/vrrp6.js';

const hex = (bytes) => Buffer.from(bytes).toString('hex');
const bytes = (text) => Uint8Array.from(Buffer.from(text, 'hex'));
const say = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);
const told = (error) => ({ code: error.code, message: error.message });

/** Listening starts with the first call of `monitor`; until then changes are not told. */
let telling = false;
let atOverrun = () => {};
const netlink = openRtnetlink({
  onLink: (link, gone) => telling && say({ event: 'link', ...link, mac: hex(link.mac), gone, at: now() }),
  onAddress: (address, gone) => telling && say({ event: 'address', ...address, gone, at: now() }),
  onOverrun: () => {
    say({ event: 'overrun' });
    atOverrun();
  },
  onError: (error) => say({ event: 'error', from: 'rtnetlink', ...told(error) }),
});

const interfaceOf = (name) => netlink.links().find((link) => link.name === name);

/** BOUNDED: what a test opens. */
const open = new Map();

function drain(key, transport) {
  for (;;) {
    const datagram = transport.receive();
    if (datagram === undefined) return;
    const payload = datagram.payload && hex(datagram.payload);
    say({ event: 'datagram', key, ...datagram, payload });
  }
}

function transportOf({ key, family, device, source, behaviour }) {
  const { index } = interfaceOf(device) ?? { index: 0 };
  let thrown = false;
  const onReadable = () => {
    if (behaviour === 'throw' && !thrown) {
      thrown = true;
      throw new Error('a mistake of the program');
    }
    if (behaviour !== 'ignore') drain(key, transport);
    if (behaviour === 'microtask') {
      process.nextTick(() => say({ event: 'tick', key }));
      void Promise.resolve().then(() => say({ event: 'microtask', key }));
    }
  };
  const options = {
    interface: device,
    ifindex: index,
    source,
    onReadable,
    onError: (error) => say({ event: 'error', from: key, ...told(error) }),
  };
  const transport = (family === 'ipv4' ? openVrrp4 : openVrrp6)(options);
  return transport;
}

/** ARP or Neighbor Discovery; claims are told, and how often there was something to read. */
function neighbors(openNeighbors, { key, device, mac, source }) {
  const link = interfaceOf(device);
  const socket = openNeighbors({
    interface: device,
    ifindex: link.index,
    mac: mac ? bytes(mac) : link.mac,
    source,
    onReadable: () => {
      say({ event: 'woken', key });
      for (let claim = socket.receive(); claim !== undefined; claim = socket.receive()) {
        say({ event: 'claim', key, ...claim });
      }
    },
    onError: (error) => say({ event: 'error', from: key, ...told(error) }),
  });
  return socket;
}

/*
 * The raw-socket package, shared with the program: its newest socket is caught, without holding on
 * to it, and something happens meanwhile. */
const raw = createRequire(import.meta.url)('raw-socket');
let caught;
let meanwhile = () => {};
const createSocket = raw.createSocket;
raw.createSocket = (options) => {
  const socket = createSocket(options);
  caught = new WeakRef(socket);
  meanwhile();
  return socket;
};
const library = native();
const NativeSocket = library.Socket;
library.Socket = function Caught(...parameters) {
  const socket = new NativeSocket(...parameters);
  if (parameters[2] === 112) meanwhile();
  return socket;
};

const descriptors = (pid) =>
  readdirSync(`/proc/${pid}/fd`)
    .filter((fd) => Number(fd) > 2)
    .flatMap((fd) => {
      try {
        return readlinkSync(`/proc/${pid}/fd/${fd}`);
      } catch {
        return []; // the descriptor that read the folder
      }
    });

async function childDescriptors() {
  const child = spawn('sleep', ['60'], { stdio: 'ignore' });
  await new Promise((resolve) => {
    child.once('spawn', resolve);
  });
  // The child itself may be opening a library just now; files are named by their path.
  const found = descriptors(child.pid).filter((name) => !name.startsWith('/'));
  child.kill('SIGKILL');
  return found;
}

const calls = {
  links: () => netlink.links().map((link) => ({ ...link, mac: hex(link.mac) })),
  addresses: () => netlink.addresses(),
  monitor: () => {
    telling = true;
  },
  put: ({ device, address, prefixLength, lease, ifindex }) =>
    netlink.putAddress({ ifindex: ifindex ?? interfaceOf(device).index, address, prefixLength, lease }),
  remove: ({ device, address, prefixLength, ifindex }) =>
    netlink.removeAddress({ ifindex: ifindex ?? interfaceOf(device).index, address, prefixLength }),
  /** Many changes in one turn of the loop, more than a monitor that does not run can take; another when that is told. */
  churn: ({ device, address, count, last }) => {
    const ifindex = interfaceOf(device).index;
    atOverrun = () => netlink.putAddress({ ifindex, address: last, prefixLength: 32, lease: 100 });
    for (let i = 0; i < count; i++) {
      netlink.putAddress({ ifindex, address, prefixLength: 32, lease: 100 });
      netlink.removeAddress({ ifindex, address, prefixLength: 32 });
    }
  },
  open: (options) => {
    open.set(options.key, transportOf(options));
  },
  /** Keeps no reference of its own to the transport. */
  openAndForget: (options) => {
    transportOf(options);
  },
  drain: ({ key }) => drain(key, open.get(key)),
  send: ({ key, payload, destination }) => open.get(key).send(bytes(payload), destination),
  sendMany: ({ key, payload, destination, count }) => {
    for (let i = 0; i < count; i++) open.get(key).send(bytes(payload), destination);
  },
  close: ({ key }) => {
    open.get(key).close();
    open.get(key).close();
  },
  cycle: (options) => {
    for (let i = 0; i < options.count; i++) transportOf(options).close();
  },
  arp: (options) => open.set(options.key, neighbors(openArp, options)) && undefined,
  ndp: (options) => open.set(options.key, neighbors(openNdp, options)) && undefined,
  announce: ({ key, address }) => open.get(key).announce(address),
  probe: ({ key, address }) => open.get(key).probe(address),
  /** Puts a whole Ethernet frame on the wire. */
  inject: ({ device, frame }) => {
    const socket = new Socket({ domain: 17, type: 3, protocol: 0, name: 'injector' });
    socket.bind(packetSockaddr(interfaceOf(device).index, 0));
    socket.send(bytes(frame));
    socket.close();
  },
  /** Tells every frame on an interface. */
  capture: ({ device }) => {
    const socket = new Socket({ domain: 17, type: 3, protocol: 0, name: 'capture', bufferBytes: 16_384 });
    socket.bind(packetSockaddr(interfaceOf(device).index, 3)); // ETH_P_ALL
    socket.watch(() => {
      for (let received = socket.receive(); received; received = socket.receive()) {
        say({ event: 'frame', frame: hex(received.bytes) });
      }
    });
    open.set('capture', socket);
  },
  /** Opens a transport while another one sends something to a different interface. */
  openAmid: (options) => {
    const { family, device, source, destination, payload } = options.amid;
    const other = transportOf({ key: 'other', family, device, source, behaviour: 'ignore' });
    meanwhile = () => other.send(bytes(payload), destination);
    try {
      open.set(options.key, transportOf(options));
    } finally {
      meanwhile = () => {};
      other.close();
    }
  },
  /** An option of the raw-socket package's newest socket that the program never sets. */
  rawOption: ({ level, option, value }) => caught.deref().setOption(level, option, value),
  /** What the package does when its native part reports an error. */
  rawError: ({ message }) => caught.deref().emit('error', new Error(message)),
  /** Another program of this host that listens to a group. */
  join: async ({ type, group, device }) => {
    const udp = createUdp(type);
    await new Promise((resolve) => {
      udp.bind(0, resolve);
    });
    udp.addMembership(group, device);
  },
  worker: async ({ file, call, options }) => {
    const url = new URL(file, import.meta.url).href;
    const worker = new Worker(
      `const { parentPort } = require('node:worker_threads');
       import(${JSON.stringify(url)}).then((module) => {
         try {
           module[${JSON.stringify(call)}]({ ...${JSON.stringify(options)}, onReadable() {}, onError() {} }).close();
           parentPort.postMessage({ opened: true });
         } catch (error) {
           parentPort.postMessage({ code: error.code, message: error.message });
         }
       });`,
      { eval: true },
    );
    const answer = await new Promise((resolve) => {
      worker.once('message', resolve);
    });
    await worker.terminate();
    return answer;
  },
  sysctl: ({ name, value }) => {
    if (value !== undefined) writeSysctl(name, value);
    return readSysctl(name);
  },
  mac: ({ device }) => hex(interfaceOf(device).mac),
  descriptors: () => descriptors('self'),
  childDescriptors,
  collect: () => {
    for (let i = 0; i < 5; i++) globalThis.gc();
  },
  cpu: () => process.cpuUsage(),
};

process.on('uncaughtException', (error) => say({ event: 'uncaught', ...told(error) }));

const lines = createInterface({ input: process.stdin });
lines.on('line', async (line) => {
  const { id, call, with: parameters } = JSON.parse(line);
  try {
    say({ id, result: (await calls[call](parameters)) ?? null });
  } catch (error) {
    say({ id, error: told(error) });
  }
});
lines.on('close', () => process.exit(0));
