import { isDeepStrictEqual } from 'node:util';
import type { OnFailure } from '../../src/config/config.ts';
import { Audit } from '../../src/sim/audit.ts';
import { boundsOf, slackOf } from '../../src/sim/bounds.ts';
import type { Fault, Occurrence } from '../../src/sim/occurrence.ts';
import { random } from '../../src/sim/random.ts';
import type { Random } from '../../src/sim/random.ts';
import { requireSettled } from '../../src/sim/settle.ts';
import { Simulation } from '../../src/sim/simulation.ts';
import { advertisementOf } from '../../src/vrrp/advertise.ts';
import { decodeAdvertisement, encodeAdvertisement } from '../../src/wire/advertisement.ts';
import { isMalformed } from '../../src/wire/malformed.ts';
import { milliseconds } from '../../src/wire/units.ts';
import { datagram, withByte } from '../vrrp/datagram.ts';
import { crossed } from './crossed.ts';
import type { Crossing } from './crossed.ts';

/** Faults of a run, and about how many intervals they are spread over. */
const FAULTS = 16;
const INTERVALS = 160;

/** What a run came to, for the report. */
export interface Outcome {
  readonly simulated: number;
  readonly events: number;
  readonly takeovers: number;
}

/**
 * One random run: a configuration, a safety phase in which everything goes wrong, and a liveness phase in which the
 * world heals and must then come to rest with one holder for each VIP. Throws at the first violation.
 */
export function chaos(seed: number): Outcome {
  const dice = random(seed);
  const crossing = randomCrossing(dice);
  const interval = crossing.router.interval ?? milliseconds(200);
  const hosts = crossed(crossing);
  const small = Math.min(5, interval / 20);
  const travel = { delay: milliseconds(small * dice.fraction()), jitter: milliseconds(small * dice.fraction()) };
  const config = {
    seed,
    hosts,
    travel,
    lateness: milliseconds(small * dice.fraction()),
    heartbeat: dice.chance(0.2) ? interval : undefined,
  };
  let events = 0;
  const observer = (occurrence: Occurrence): void => {
    events++;
    // P9: what is injected claims priority 255, which no host of a crossed pair has.
    if (occurrence.type === 'heard' && occurrence.heard.priority === 255)
      throw new Error('A forged packet was accepted');
    audit.observe(occurrence);
  };
  const sim = new Simulation(config, observer);
  const audit = new Audit(sim);
  const pass = (duration: number): void => sim.advance(milliseconds(duration), () => audit.check());

  for (const fault of startUp(dice, sim)) sim.schedule(milliseconds(dice.below(10 * interval)), fault);
  pass(20 * interval);
  for (let i = 0; i < FAULTS; i++) {
    for (const fault of randomFaults(dice, sim)) sim.inflict(fault);
    pass(((2 * INTERVALS) / FAULTS) * interval * dice.fraction() ** 2 * 1.5);
  }
  for (const fault of healing(dice, sim)) sim.inflict(fault);
  const [member] = sim.hosts.flatMap((host) => host.members);
  if (member === undefined) throw new Error('Nobody takes part');
  pass(boundsOf(member.config, slackOf(config), config.heartbeat).quiet);
  requireSettled(sim);
  pass(20 * interval);
  requireSettled(sim);
  checkBytes(sim);
  return { simulated: sim.now, events, takeovers: audit.takeovers };
}

function randomCrossing(dice: Random): Crossing {
  const version = dice.chance(0.75) ? 3 : 2;
  const family = version === 3 && dice.chance(0.25) ? 'ipv6' : 'ipv4';
  const interval = milliseconds(version === 2 ? dice.pick([1000, 2000]) : dice.pick([10, 50, 200, 200, 1000]));
  return {
    nodes: dice.chance(0.75) ? 2 : 3,
    onFailure: dice.pick<OnFailure>([
      { reaction: 'resign' },
      { reaction: 'resign' },
      { reaction: 'lower', weight: 100 },
      { reaction: 'lower', weight: 300 },
      { reaction: 'stop' },
    ]),
    recoverAfter: dice.pick([0, 5, 15]) * interval,
    lease: Math.max(2000, 3 * interval),
    detection: dice.fraction() * Math.min(10, interval / 2),
    router: {
      version,
      family,
      interval,
      transport: dice.pick(family === 'ipv4' ? ['multicast', 'unicast', 'broadcast'] : ['multicast', 'unicast']),
      password: version === 2 && dice.chance(0.5) ? 's3cret' : undefined,
      checksum: dice.pick(['pseudo-header', 'message']),
      preempt: dice.chance(0.75),
      preemptDelay: milliseconds(dice.pick([0, 0, 10]) * interval),
      preemptFast: dice.chance(0.7),
    },
  };
}

/** Some proxies are dead before anything starts, and the hosts start in any order. */
function startUp(dice: Random, sim: Simulation): Fault[] {
  return sim.hosts.flatMap(({ name: host }): Fault[] => {
    const start: Fault = { type: 'start', host };
    return dice.chance(0.2) ? [{ type: 'proxy', host, state: 'dead' }, start] : [start];
  });
}

function randomFaults(dice: Random, sim: Simulation): Fault[] {
  const host = dice.pick(sim.hosts);
  const other = dice.pick(sim.hosts.filter((candidate) => candidate !== host));
  const { name } = host;
  const loss = dice.pick([0, 0, 0.05, 0.3, 0.9, 1]);
  switch (dice.below(13)) {
    case 0:
    case 1:
      return [{ type: 'proxy', host: name, state: host.proxy === 'well' ? 'dead' : 'well' }];
    case 2:
      return sim.hosts.map((each) => ({ type: 'proxy', host: each.name, state: dice.chance(0.7) ? 'dead' : 'well' }));
    case 3:
      return [{ type: host.activity === 'frozen' ? 'thaw' : 'freeze', host: name }];
    case 4:
      return [
        { type: host.activity === 'dead' ? 'start' : dice.pick(['crash', 'stop', 'powerOff'] as const), host: name },
      ];
    case 5:
      return [{ type: 'link', host: name, up: !host.linkUp }];
    case 6:
      return [{ type: 'path', from: name, to: other.name, loss }];
    case 7:
      return [
        { type: 'path', from: name, to: other.name, loss },
        { type: 'path', from: other.name, to: name, loss },
      ];
    case 8:
      return [{ type: 'mute', host: name, mute: !host.mute }];
    case 9:
      return [{ type: 'backPath', from: name, to: other.name, loss }];
    case 10:
      return [
        { type: 'backPath', from: name, to: other.name, loss },
        { type: 'backPath', from: other.name, to: name, loss },
      ];
    case 11:
      return host.activity === 'running'
        ? [{ type: 'deleteAddresses', host: name, vip: dice.pick(host.members).config.vip }]
        : [];
    default:
      return [{ type: 'path', from: name, to: name, loss: dice.pick([0, 1]) }, ...forgeries(dice, sim, name)];
  }
}

/** Packets that no check may let through, each with priority 255. */
function forgeries(dice: Random, sim: Simulation, host: string): Fault[] {
  const { router } = dice.pick(sim.host(host).members).config;
  const forged = dice.pick([
    datagram(router, 255, { hopLimit: 254 }),
    datagram(router, 255, { source: router.source }),
    datagram(router, 255, { advertisement: (genuine) => ({ ...genuine, vrid: 99 }) }),
    datagram(router, 255, { bytes: withByte(6, dice.below(256)) }),
    datagram(router, 255, { bytes: (payload) => payload.slice(0, -1) }),
    datagram(router, 255, { bytes: withByte(0, 0x41) }),
  ]);
  const checksumHit = !isMalformed(decodeAdvertisement(forged.payload, forged));
  const genuine = checksumHit && forged.hopLimit === 255 && forged.source !== router.source && forged.payload[1] !== 99;
  return genuine ? [] : [{ type: 'inject', host, datagram: forged }];
}

/** Everything that stands between the hosts goes away; who is left, and whose proxy is well, is up to chance. */
function healing(dice: Random, sim: Simulation): Fault[] {
  const names = sim.hosts.map(({ name }) => name);
  const paths = names.flatMap((from) =>
    names.flatMap((to): Fault[] => [
      { type: 'path', from, to, loss: from === to ? 1 : 0 },
      { type: 'backPath', from, to, loss: from === to ? 1 : 0 },
    ]),
  );
  const hosts = names.flatMap((host): Fault[] => [
    { type: 'thaw', host },
    { type: 'mute', host, mute: false },
    { type: 'link', host, up: true },
    dice.chance(0.85) ? { type: 'start', host } : { type: 'powerOff', host },
    ...(dice.chance(0.7) ? [{ type: 'proxy', host, state: 'well' } as const] : []),
  ]);
  return [...paths, ...hosts];
}

/** P13: what was sent decodes to what was meant, and encodes to the same bytes again. */
function checkBytes(sim: Simulation): void {
  for (const { config, datagrams } of sim.hosts.flatMap((host) => host.members)) {
    for (const [priority, sent] of datagrams) {
      for (const { source, destination, payload } of sent) {
        const decoded = decodeAdvertisement(payload, { source, destination });
        if (isMalformed(decoded)) throw new Error(`Our own advertisement is malformed: ${decoded.malformed}`);
        const meant = advertisementOf(config.router, priority);
        if (!isDeepStrictEqual(decoded.advertisement, meant))
          throw new Error(`Sent something else than ${JSON.stringify(meant)}`);
        const again = encodeAdvertisement(decoded.advertisement, {
          source,
          destination,
          checksum: decoded.checksumForm,
        });
        if (Buffer.compare(again, payload) !== 0) throw new Error('An advertisement does not encode to the same bytes');
      }
    }
  }
}
