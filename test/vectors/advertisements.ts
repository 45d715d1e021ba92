/** An advertisement as a peer put it on the wire. Checksums and prio-0 checksums were captured, not computed here. */
export interface AdvertisementVector {
  readonly name: string;
  readonly source: string;
  readonly destination: string;
  /** The payload of the IP datagram, in hexadecimal. */
  readonly hex: string;
  readonly version: 2 | 3;
  readonly vrid: number;
  readonly priority: number;
  /** In the unit of the version: seconds or centiseconds. */
  readonly interval: number;
  readonly addresses: readonly string[];
  readonly checksumForm: 'pseudo-header' | 'message';
  readonly password?: string;
  readonly authType?: number;
}

const group = '224.0.0.18';

const keepalivedOne = { source: '10.77.0.1', destination: group, vrid: 51 } as const;
const one = { ...keepalivedOne, addresses: ['10.77.0.101'] } as const;
const two = { ...keepalivedOne, addresses: ['10.77.0.101', '10.77.0.103'], password: 's3cretpw', authType: 1 } as const;
const v2 = { version: 2, interval: 1, checksumForm: 'message' } as const;
const v3 = { version: 3, interval: 100, checksumForm: 'pseudo-header' } as const;

/** keepalived 2.2.7, priority 100 and the last word of a router that stops. */
const keepalived: readonly AdvertisementVector[] = [
  { name: 'v2, no authentication', ...one, ...v2, priority: 100, hex: '2133640100017018 0a4d0065 0000000000000000' },
  { name: 'v2, priority 0', ...one, ...v2, priority: 0, hex: '213300010001d418 0a4d0065 0000000000000000' },
  { name: 'v2, password', ...two, ...v2, priority: 100, hex: '213364020101b7d1 0a4d0065 0a4d0067 7333637265747077' },
  { name: 'v2, password, 0', ...two, ...v2, priority: 0, hex: '2133000201011bd2 0a4d0065 0a4d0067 7333637265747077' },
  { name: 'v3, multicast', ...one, ...v3, priority: 100, hex: '31336401006474d8 0a4d0065' },
  { name: 'v3, multicast, priority 0', ...one, ...v3, priority: 0, hex: '313300010064d8d8 0a4d0065' },
  { name: 'v3, unicast', ...one, ...v3, destination: '10.77.0.2', priority: 100, hex: '3133640100644a9c 0a4d0065' },
  { name: 'v3, unicast, 0', ...one, ...v3, destination: '10.77.0.2', priority: 0, hex: '313300010064ae9c 0a4d0065' },
  {
    name: 'v3, no pseudo-header (RFC 9568)',
    ...{ ...one, ...v3, checksumForm: 'message' },
    priority: 100,
    hex: '3133640100645fb5 0a4d0065',
  },
  {
    name: 'v3 over IPv6',
    ...{ ...v3, source: 'fe80::80ec:dfff:fed0:d5da', destination: 'ff02::12', vrid: 51, priority: 100 },
    addresses: ['fe80::101', '2001:db8::101'],
    hex: '3133640200640864 fe800000000000000000000000000101 20010db8000000000000000000000101',
  },
  {
    name: 'v3 over IPv6, priority 0',
    ...{ ...v3, source: 'fe80::80ec:dfff:fed0:d5da', destination: 'ff02::12', vrid: 51, priority: 0 },
    addresses: ['fe80::101', '2001:db8::101'],
    hex: '3133000200646c64 fe800000000000000000000000000101 20010db8000000000000000000000101',
  },
];

const a = { source: '10.9.0.1', destination: group, vrid: 51 } as const;
const b = { source: '10.9.0.2', destination: group, vrid: 51 } as const;
const single = { addresses: ['10.9.0.100'] } as const;
const pair = { addresses: ['10.9.0.100', '10.9.0.101'] } as const;
const half = { version: 3, interval: 50, checksumForm: 'pseudo-header' } as const;
/** `auth_pass s3cr3t!9`: in keepalived.conf an exclamation mark starts a comment. */
const secret = { password: 's3cr3t', authType: 1 } as const;
const sixth = { source: 'fe80::ff:fe00:1', destination: 'ff02::12', vrid: 51 } as const;
const sixthPair = { addresses: ['fe80::100', 'fd09::100'] } as const;
const sixthBytes = 'fe800000000000000000000000000100 fd090000000000000000000000000100';

/** Two keepalived routers that take over from each other, A and B. */
const lab: readonly AdvertisementVector[] = [
  { name: 'A 200', ...a, ...v2, ...single, priority: 200, hex: '2133c80100010c5d 0a090064 0000000000000000' },
  { name: 'A 150', ...a, ...v2, ...single, priority: 150, hex: '2133960100013e5d 0a090064 0000000000000000' },
  { name: 'B 180', ...b, ...v2, ...single, priority: 180, hex: '2133b4010001205d 0a090064 0000000000000000' },
  { name: 'A 0', ...a, ...v2, ...single, priority: 0, hex: '213300010001d45d 0a090064 0000000000000000' },
  {
    name: 'A 200, short password',
    ...{ ...a, ...v2, ...pair, ...secret, priority: 200 },
    hex: '2133c8020101f6d3 0a090064 0a090065 7333637233740000',
  },
  {
    name: 'A 0, short password',
    ...{ ...a, ...v2, ...pair, ...secret, priority: 0 },
    hex: '213300020101bed4 0a090064 0a090065 7333637233740000',
  },
  {
    name: 'B 180, inside an IP authentication header',
    ...{ ...b, ...v2, ...single, authType: 2, priority: 180 },
    hex: '2133b40102011e5d 0a090064 0000000000000000',
  },
  { name: 'A 200', ...a, ...half, ...pair, priority: 200, hex: '3133c80200320720 0a090064 0a090065' },
  { name: 'A 150', ...a, ...half, ...pair, priority: 150, hex: '3133960200323920 0a090064 0a090065' },
  { name: 'A 0', ...a, ...half, ...pair, priority: 0, hex: '313300020032cf20 0a090064 0a090065' },
  { name: 'B 180', ...b, ...half, ...pair, priority: 180, hex: '3133b40200321b1f 0a090064 0a090065' },
  {
    name: 'A 200, unicast',
    ...{ ...a, ...half, ...single, destination: '10.9.0.2', priority: 200 },
    hex: '3133c8010032e79a 0a090064',
  },
  { name: 'A 200, IPv6', ...sixth, ...half, ...sixthPair, priority: 200, hex: `3133c80200320bde ${sixthBytes}` },
  { name: 'A 0, IPv6', ...sixth, ...half, ...sixthPair, priority: 0, hex: `313300020032d3de ${sixthBytes}` },
];

/** FRR 8.4.4 as B. */
const frr: readonly AdvertisementVector[] = [
  { name: 'FRR', ...b, ...v2, ...single, priority: 180, hex: '2133b4010001205d 0a090064 0000000000000000' },
  { name: 'FRR', ...b, ...half, ...single, priority: 180, hex: '3133b40100322592 0a090064' },
  {
    name: 'FRR, IPv6, global address first',
    ...{ ...half, source: 'fe80::200:5eff:fe00:233', destination: 'ff02::12', vrid: 51, priority: 180 },
    addresses: ['fd09::100'],
    hex: '3133b4010032bd3d fd090000000000000000000000000100',
  },
];

export const advertisementVectors: readonly AdvertisementVector[] = [...keepalived, ...lab, ...frr];
