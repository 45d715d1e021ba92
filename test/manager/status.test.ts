import { describe, expect, it } from 'vitest';
import type { Status, VipStatus } from '../../src/control/status.ts';
import type { RouterSnapshot, Snapshot } from '../../src/engine/snapshot.ts';
import { composeStatus } from '../../src/manager/status.ts';
import type { StatusContext } from '../../src/manager/status.ts';
import { addressOf } from '../../src/wire/address.ts';
import { instant } from '../../src/wire/units.ts';
import { AT, backup, configOf, CROSSED, heard, router, snapshot } from './configured.ts';

const context: StatusContext = {
  config: configOf(CROSSED),
  node: 'lb1',
  file: 'pair.yaml',
  loadedAt: instant(AT - 60_000),
  digest: 0x0bad_cafe,
  errors: [],
  proxy: undefined,
  levels: [],
  apply: null,
  switching: null,
  notify: [],
  events: { last: 7, counts: { transition: 2 } },
  services: [],
  differences: [],
  warnings: [],
  see: (troubles) => troubles.map(({ code, text }) => ({ code, text, since: '2026-01-02T03:04:05.000Z' })),
};

const proxy = {
  state: 'well',
  reason: 'Front runs',
  main: { pid: 812, startTime: 1 },
  workers: [813],
  notes: [],
} as const;
const watched = { ...context, config: configOf(`${CROSSED}proxy: { profile: front }\n`), proxy };

const compose = (routers: readonly RouterSnapshot[], more: Partial<StatusContext> = {}): Status =>
  composeStatus(snapshot(routers), { ...context, ...more });

const vip = (one: RouterSnapshot, more: Partial<StatusContext> = {}): VipStatus => compose([one], more).vips[0]!;

const withSegment = (segment: Partial<Snapshot['segments'][number]>): Snapshot => {
  const base = snapshot([router()]);
  return { ...base, segments: [{ ...base.segments[0]!, ...segment }] };
};

describe('the status', () => {
  it('has the same shape whatever the state, and survives JSON', () => {
    const shape = (value: unknown): unknown =>
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shape(inner)]))
        : Array.isArray(value)
          ? 'list'
          : value === null
            ? 'null'
            : typeof value;
    const all = [
      compose([router()], watched),
      compose([backup()], { ...watched, errors: ['pair.yaml:1:1: wrong'] }),
      compose([router({ state: 'initialize', reason: 'fault', active: undefined })], watched),
    ];
    for (const one of all) {
      expect(JSON.parse(JSON.stringify(one))).toEqual(one);
      expect(Object.keys(one)).toEqual(Object.keys(all[0]!));
      expect(Object.keys(one.vips[0]!)).toEqual(Object.keys(all[0]!.vips[0]!));
      expect(Object.keys(one.proxy ?? {})).toEqual(Object.keys(all[0]!.proxy!));
    }
    expect(shape({ ...all[0], vips: shape(all[0]!.vips[0]), at: 'x' })).toMatchObject({
      version: 'string',
      node: 'string',
      engine: { pid: 'number', realtime: { priority: 'number', refused: 'null' }, droppedEvents: 'number' },
      config: { file: 'string', loadedAt: 'string', error: 'null' },
    });
  });

  it('leaves out a virtual router that is not configured any more', () => {
    expect(compose([router({ key: 'web-9/ipv4' })]).vips).toEqual([]);
  });
});

describe('who holds a VIP', () => {
  it('is this host while it is active', () => {
    expect(vip(router({ active: heard(100) })).holder).toBe('lb1');
  });

  it('is the router that is heard, by name', () => {
    expect(vip(backup())).toMatchObject({ holder: 'lb2', reason: 'lb2 is active with priority 253' });
    expect(vip(backup({ active: heard(253, 50, '192.0.2.99') })).holder).toBe('192.0.2.99');
  });

  it('is not known when nobody was heard for as long as a backup waits', () => {
    expect(vip(backup({ active: heard(253, 5000) }))).toMatchObject({
      holder: null,
      reason: 'listening after the start',
    });
    expect(vip(backup({ active: undefined })).holder).toBeNull();
  });

  it('is not known when the one that was heard has resigned', () => {
    expect(vip(backup({ active: heard(0) })).holder).toBeNull();
  });

  it('is known to a host that stands aside for its proxy and still listens', () => {
    const aside = backup({ state: 'initialize', reason: 'proxy-failure', priority: 0, because: 'Front is gone' });
    expect(vip(aside)).toMatchObject({ holder: 'lb2', reason: 'Front is gone' });
  });
});

describe('the reason', () => {
  it('names the router it is about, not the one that was heard last', () => {
    const peer = { source: addressOf('192.0.2.12'), priority: 0 };
    const one = router({ reason: 'active-router-resigned', peer, active: heard(10, 50, '192.0.2.99') });
    expect(vip(one).reason).toBe('lb2 resigned');
  });

  it('says what keeps the priority down, in the words of the proxy watch', () => {
    const dead = { ...proxy, state: 'dead', reason: 'Front worker 813 crashed (SIGSEGV)' } as const;
    const one = backup({ priority: 1, because: 'process 812 has exited' });
    expect(vip(one, { ...watched, proxy: dead }).reason).toBe(
      'lb2 is active with priority 253; Front worker 813 crashed (SIGSEGV)',
    );
    expect(vip(one, watched).reason).toContain('process 812 has exited');
    expect(vip(backup({ priority: 2, because: 'recovering' }), watched).reason).toContain('not yet for recover_after');
    expect(vip(backup({ priority: 2, because: 'link recovering' }), watched).reason).toContain('the link is back');
  });

  it('says why an interface cannot be used', () => {
    const interfaceDetail = 'interface "eth0" has no link';
    expect(vip(router({ state: 'initialize', reason: 'fault', interfaceDetail })).reason).toBe(interfaceDetail);
  });

  it('does not hide that an active router has no addresses', () => {
    expect(vip(router({ addressesInstalled: false })).reason).toContain('its addresses are not installed');
  });
});

describe('the proxy', () => {
  it('is null only when none is watched', () => {
    expect(compose([router()]).proxy).toBeNull();
    expect(compose([router()], { ...watched, proxy: undefined }).proxy).toMatchObject({ state: 'dead', pid: null });
  });

  it('recovers while a VIP waits for it', () => {
    expect(compose([router({ because: 'recovering' })], watched).proxy?.state).toBe('recovering');
    expect(compose([router()], watched).proxy).toMatchObject({ state: 'well', pid: 812, workers: [813] });
  });
});

const texts = (warnings: Status['warnings']): string[] => warnings.map(({ text }) => text);

describe('the warnings', () => {
  it('begin with the first mistake of the file, and count the others', () => {
    const { warnings, config } = compose([router()], { errors: ['pair.yaml:1:1: a', 'pair.yaml:2:1: b'] });
    expect(texts(warnings)).toEqual([
      'the configuration file is not in force: pair.yaml:1:1: a (and 1 more, see `vipair check`)',
    ]);
    expect(config.error).toBe('pair.yaml:1:1: a\npair.yaml:2:1: b');
  });

  const foreign = (vrid: number, source: string, ago: number) => ({
    vrid,
    source: addressOf(source),
    version: 3,
    addresses: [],
    count: 5,
    lastAt: instant(AT - ago),
  });

  it('name foreign routers while they are heard, and a node of ours by its name', () => {
    const one = composeStatus(
      withSegment({
        foreign: [foreign(7, '192.0.2.77', 100), foreign(53, '192.0.2.12', 100), foreign(8, '192.0.2.78', 90_000)],
      }),
      context,
    );
    expect(texts(one.warnings)).toEqual([
      'eth0/ipv4: another VRRP router uses VRID 7 from 192.0.2.77; keep to VRIDs of your own',
      'eth0/ipv4: lb2 uses VRID 53, which is not configured here; give all hosts the same file',
    ]);
    expect(one.interfaces[0]?.foreign).toHaveLength(3);
  });

  it('do not fill the screen with foreign routers', () => {
    const many = Array.from({ length: 64 }, (_, i) => foreign(i + 60, '192.0.2.77', 100));
    const { warnings } = composeStatus(withSegment({ foreign: many }), context);
    expect(warnings).toHaveLength(4);
    expect(warnings[3]?.text).toBe('eth0/ipv4: and 61 more; see `vipair status --json`');
  });

  it('name another holder of an address for as long as it was seen lately and this host holds it', () => {
    const seen = (ago: number) => ({
      address: addressOf('192.0.2.101'),
      mac: '02:00:00:00:00:0c',
      lastAt: instant(AT - ago),
    });
    expect(compose([router({ conflict: seen(100) })]).warnings).toMatchObject([
      {
        code: 'address-conflict',
        text: 'web-1/ipv4: two hosts hold 192.0.2.101: this one, and 02:00:00:00:00:0c; find that host and remove the address there',
      },
    ]);
    expect(compose([router({ conflict: seen(100_000) })]).warnings).toEqual([]);
    expect(compose([backup({ conflict: seen(100) })]).warnings).toEqual([]);
  });

  it('tell that events were lost', () => {
    const { warnings } = composeStatus(snapshot([], { droppedEvents: 12 }), context);
    expect(texts(warnings)).toEqual([expect.stringContaining('12 events were lost')]);
  });
});

describe('if a host died now', () => {
  const deaths = (routers: readonly RouterSnapshot[], more: Partial<StatusContext> = {}) =>
    compose(routers, more).ifHostDied;

  it('the next of the list takes over what this host holds', () => {
    expect(deaths([router()])).toEqual([
      { host: 'lb1', consequences: ['lb2 takes over web-1 within 602 ms, if it is well'] },
    ]);
  });

  it('this host takes over what it backs', () => {
    expect(deaths([backup({ key: 'web-2/ipv4', priority: 253, active: heard(254) })])).toEqual([
      { host: 'lb2', consequences: ['lb1 takes over web-2 within 602 ms'] },
    ]);
    expect(deaths([backup({ priority: 1, because: 'Front is gone' })])[0]?.consequences).toEqual([
      'lb1 takes over web-1 within 799 ms, although it is not well',
    ]);
  });

  it('a third host takes over that stands higher', () => {
    const three = configOf(
      CROSSED.replace('interface:', '  lb3: { address: 192.0.2.13 }\ninterface:')
        .replace('[lb1, lb2]', '[lb2, lb3, lb1]')
        .replace('[lb2, lb1]', '[lb1, lb2, lb3]'),
    );
    const more = { config: three };
    expect(deaths([backup({ priority: 252, basePriority: 252, active: heard(254) })], more)).toEqual([
      { host: 'lb2', consequences: ['lb3 takes over web-1 within 602 ms, if it is well'] },
    ]);
    const active = router({ key: 'web-2/ipv4' });
    expect(deaths([active], more)[0]?.consequences[0]).toContain('lb2 takes over web-2');
  });

  it('nobody takes over what no other node may hold', () => {
    const alone = configOf(CROSSED.replace('[lb1, lb2]', '[lb1]'));
    expect(deaths([router()], { config: alone })[0]?.consequences).toEqual(['nobody takes over web-1']);
  });

  it('nothing is said of a holder that is not known any more', () => {
    expect(deaths([backup({ active: heard(253, 5000) })])).toEqual([]);
    expect(deaths([backup({ active: heard(0) })])).toEqual([]);
  });

  it('a host that stands aside says that it cannot', () => {
    const aside = backup({ state: 'initialize', reason: 'proxy-failure', priority: 0 });
    expect(deaths([aside])[0]?.consequences).toEqual(['lb1 cannot take over web-1']);
  });
});
