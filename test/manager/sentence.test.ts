import { describe, expect, it } from 'vitest';
import type { EngineEvent, SegmentState, UnstampedEvent } from '../../src/engine/events.ts';
import { sentenceFor } from '../../src/manager/sentence.ts';
import type { LogNames } from '../../src/manager/sentence.ts';
import { reasonWords } from '../../src/manager/words.ts';
import type { Reason } from '../../src/vrrp/state.ts';
import type { Remark } from '../../src/vrrp/receive.ts';
import { addressOf } from '../../src/wire/address.ts';
import { instant, milliseconds } from '../../src/wire/units.ts';

const lb2 = addressOf('192.0.2.12');
const stranger = addressOf('192.0.2.99');
const names: LogNames = (source) => (source === lb2 ? 'lb2' : source);
const router = 'web-1/ipv4';
const address = addressOf('192.0.2.101');
const mac = '02:00:00:00:00:0c';

const reasons = Object.keys({
  'not-started': 1,
  startup: 1,
  owner: 1,
  adopted: 1,
  'no-active-router': 1,
  'active-router-resigned': 1,
  'active-router-silent': 1,
  'preempted-lower-priority': 1,
  'higher-priority': 1,
  'higher-address': 1,
  'proxy-failure': 1,
  stalled: 1,
  mute: 1,
  fault: 1,
  shutdown: 1,
} satisfies Record<Reason, 1>) as Reason[];

const states = Object.keys({ absent: 1, down: 1, 'no-address': 1, failed: 1, up: 1 } satisfies Record<
  SegmentState,
  1
>) as SegmentState[];

type Refused = Extract<EngineEvent, { type: 'refused' }>['refusal'];

const refusals = Object.keys({
  ttl: 1,
  vrid: 1,
  'own-packet': 1,
  'version-mismatch': 1,
  owner: 1,
  destination: 1,
  peer: 1,
  'auth-type': 1,
  'auth-data': 1,
  interval: 1,
  checksum: 1,
  count: 1,
  field: 1,
  fragment: 1,
  length: 1,
  type: 1,
  version: 1,
  truncated: 1,
  'ip-header': 1,
} satisfies Record<Refused, 1>) as Refused[];

const remarks = Object.keys({ 'address-list': 1, interval: 1, 'checksum-form': 1, owner: 1 } satisfies Record<
  Remark,
  1
>) as Remark[];

const peer = { source: lb2, priority: 253 };
const detail = 'Cannot send on VRRP socket on "eth0": EPERM';

/** From and to where a reason leads. */
function change(reason: Reason): Pick<Extract<EngineEvent, { type: 'transition' }>, 'from' | 'to'> {
  switch (reason) {
    case 'not-started':
    case 'fault':
    case 'shutdown':
      return { from: 'active', to: 'initialize' };
    case 'startup':
    case 'mute':
      return { from: 'initialize', to: 'backup' };
    case 'owner':
    case 'adopted':
      return { from: 'initialize', to: 'active' };
    case 'higher-priority':
    case 'higher-address':
    case 'proxy-failure':
    case 'stalled':
      return { from: 'active', to: 'backup' };
    case 'no-active-router':
    case 'active-router-resigned':
    case 'active-router-silent':
    case 'preempted-lower-priority':
      return { from: 'backup', to: 'active' };
  }
}

/** Every kind of event, with everything that changes its words. A kind without an entry does not compile. */
const events: { readonly [T in UnstampedEvent['type']]: readonly Extract<UnstampedEvent, { type: T }>[] } = {
  started: [
    { type: 'started', realtime: 50, refusal: undefined },
    { type: 'started', realtime: 0, refusal: undefined },
    { type: 'started', realtime: 0, refusal: 'EPERM' },
  ],
  transition: reasons.flatMap((reason) =>
    [peer, undefined].map((heard) => ({
      type: 'transition' as const,
      router,
      ...change(reason),
      reason,
      priority: 254,
      peer: heard,
      because: reason === 'proxy-failure' && heard !== undefined ? 'process 812 has exited' : undefined,
    })),
  ),
  priority: [
    { type: 'priority', router, priority: 204, because: 'process 812 has exited' },
    { type: 'priority', router, priority: 254, because: undefined },
  ],
  interface: states.map((state) => ({ type: 'interface', interface: 'eth0/ipv4', state, detail: 'its detail' })),
  'send-failed': [{ type: 'send-failed', router, detail }],
  'address-failed': [
    {
      type: 'address-failed',
      router,
      address,
      detail: 'Cannot put address "192.0.2.101/32" on interface 2: EPERM; run as root or grant CAP_NET_ADMIN',
    },
  ],
  'address-restored': [{ type: 'address-restored', router, address }],
  'address-conflict': [{ type: 'address-conflict', router, address, mac }],
  'address-in-use': [{ type: 'address-in-use', router, address, mac }],
  'address-stray': [{ type: 'address-stray', router, address }],
  'address-swept': [{ type: 'address-swept', address, interface: 'eth0' }],
  refused: [
    ...refusals.map((refusal) => ({
      type: 'refused' as const,
      interface: 'eth0',
      router: undefined,
      refusal,
      source: stranger,
      vrid: 7,
    })),
    { type: 'refused', interface: 'eth0', router: undefined, refusal: 'vrid', source: lb2, vrid: 53 },
    { type: 'refused', interface: 'eth0', router, refusal: 'auth-data', source: lb2, vrid: 51 },
    { type: 'refused', interface: 'eth0', router: undefined, refusal: 'ip-header', source: undefined, vrid: undefined },
  ],
  remark: remarks.map((remark) => ({ type: 'remark', router, remark, source: lb2 })),
  'proxy-exited': [{ type: 'proxy-exited', pid: 812 }],
  'proxy-unwatched': [{ type: 'proxy-unwatched', detail: 'Cannot watch process 812: EMFILE' }],
  stalled: [{ type: 'stalled', lateness: milliseconds(4800) }],
  'lease-lapsed': [{ type: 'lease-lapsed', router }],
  'manager-exited': [{ type: 'manager-exited', status: 'SIGKILL', restartIn: milliseconds(100) }],
};

const sentences = Object.values(events)
  .flat()
  .map((event) => ({ event, ...sentenceFor({ ...event, at: instant(0) }, names) }));

describe('the sentences of the log', () => {
  it('are these', async () => {
    const text = sentences.map(({ level, text: words }) => `${level.padEnd(7)}  ${words}\n`).join('');
    await expect(text).toMatchFileSnapshot('../golden/manager/sentences.txt');
  });

  it('leave nothing out and show no machinery', () => {
    for (const { text } of sentences) {
      expect(text).not.toMatch(/undefined|null|NaN|\[object|\n/);
      expect(text).toMatch(/^[^ ]/);
    }
  });

  it('begin with their subject', () => {
    const subject = /^(web-1\/ipv4: |eth0(\/ipv4)?: |192\.0\.2\.101 |engine |proxy |manager |this host |Cannot watch )/;
    expect(sentences.filter(({ text }) => !subject.test(text))).toEqual([]);
  });

  /*
   * What goes wrong on this host or in the file is told with what to do. What has no fix is a cause that another line
   * gives the fix of: a transition follows its interface's, a priority its proxy's line.
   */
  it('of trouble say what to do', () => {
    const fix =
      /; (run|give|grant|find|remove|create|see|look|put|write|keep|another|only|both|restarted|its death|addresses let go|VRRPv2 needs|the network reflects|it was learned)|\. Find |it was learned|only one host may$|two hosts share/;
    const exempt = ['transition', 'proxy-exited', 'interface'];
    const trouble = sentences.filter(
      ({ level, event }) => level !== 'info' && level !== 'notice' && !exempt.includes(event.type),
    );
    expect(trouble.length).toBeGreaterThan(30);
    expect(trouble.filter(({ text }) => !fix.test(text)).map(({ text }) => text)).toEqual([]);
  });

  it('are warnings or errors exactly where something is wrong', () => {
    const level = (type: UnstampedEvent['type']): string[] => [
      ...new Set(sentences.filter(({ event }) => event.type === type).map((one) => one.level)),
    ];
    expect(level('started')).toEqual(['info', 'warning']);
    expect(level('interface')).toEqual(['error', 'notice']);
    expect(level('priority')).toEqual(['notice']);
    const transitions = sentences.filter(({ event }) => event.type === 'transition');
    const troubled = transitions
      .filter((one) => one.level === 'warning')
      .map(({ event }) => 'reason' in event && event.reason);
    expect(new Set(troubled)).toEqual(new Set(['fault', 'proxy-failure', 'not-started']));
  });
});

describe('the words of a reason', () => {
  it.each(reasons)('%s can be told with and without what is known', (reason) => {
    for (const known of [undefined, { name: 'lb2' }]) {
      const words = reasonWords(reason, { peer: known, because: undefined, interfaceDetail: undefined });
      expect(words).not.toMatch(/undefined/);
      expect(words.length).toBeGreaterThan(5);
    }
  });

  it('name the other router where the reason is about it', () => {
    const words = (reason: Reason, name?: string): string =>
      reasonWords(reason, { peer: name === undefined ? undefined : { name }, because: 'b', interfaceDetail: 'i' });
    expect(words('active-router-silent', 'lb2')).toBe('lb2 fell silent');
    expect(words('active-router-silent')).toBe('the other router fell silent');
    expect(words('proxy-failure')).toBe('b');
    expect(words('fault')).toBe('i');
  });
});
