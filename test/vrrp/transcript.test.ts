import { expect, test } from 'vitest';
import { milliseconds } from '../../src/wire/units.ts';
import { v2, v3 } from './fixture.ts';
import { transcript } from './transcript.ts';

/** Scenarios as text: read the files under test/golden/vrrp as one reads a log. Re-record with `vitest -u`. */
const fast = { ...v3, preemptFast: true };

const scenarios = [
  {
    name: 'proxy-dies-and-recovers',
    config: fast,
    commands: `
      # The preferred host of a VIP starts alone and takes it.
      0 startup stand 254
      601.5625 tick
      801.5625 tick
      # Its proxy dies. The peer takes over one skew time later.
      900 stance resign
      902.5 hear 253
      1102.5 hear 253
      # The proxy answers again, and proves itself for a while.
      1200 stance stand 2
      1302.5 hear 253
      # (... and so on)
      4102.5 hear 253
      # It is well: the peer is relieved before it lets go.
      4200 stance stand 254
      4302.5 hear 253
      4304.0625 tick
      # The parting word of the peer.
      4305 hear 253
      4504.0625 tick`,
  },
  {
    name: 'both-proxies-dead',
    config: fast,
    commands: `
      0 startup resign
      # The peer is dead too, and silent: somebody has to answer.
      799 tick
      799.21875 tick
      # Another report of the same death moves nothing.
      850 stance resign
      999.21875 tick
      # The first proxy to come back serves.
      1100 stance stand 2
      1110 hear 1
      1120 stance stand 254`,
  },
  {
    name: 'partition-heals',
    config: fast,
    commands: `
      0 startup stand 253
      50 hear 254
      250 hear 254
      # The other host is cut off.
      852.34375 tick
      1052.34375 tick
      # It is back, and better.
      1100 hear 254
      1300 hear 254`,
  },
  {
    name: 'stop-and-return',
    config: { ...fast, preemptDelay: milliseconds(1000) },
    commands: `
      0 startup stand 254
      601.5625 tick
      700 stance out
      800 hear 253
      5000 stance stand 254
      5100 hear 253
      5300 hear 253
      5700 hear 253
      6100 hear 253
      6101.5625 tick
      6200 shutdown`,
  },
  {
    name: 'freeze-and-thaw',
    config: fast,
    commands: `
      0 startup stand 254
      601.5625 tick
      # Six seconds of silence: the lease has run out, and the peer is active.
      6600 stalled
      6600 hear 253
      6600 hear 253
      6601.5625 tick
      6601.8 hear 253
      # The link goes, and comes back.
      7000 fault
      7500 startup stand 254
      7600 hear 253
      7601.5625 tick`,
  },
  {
    name: 'version-2-discards',
    config: v2,
    commands: `
      0 startup stand 100
      500 hear 90
      3609.375 tick
      # RFC 3768 discards a lower advertisement, and does not answer it.
      4000 hear 90
      4609.375 tick
      4700 hear 100 from 192.0.2.10
      4800 hear 100 from 192.0.2.12
      4900 hear 0
      5509.375 tick`,
  },
];

test.each(scenarios)('$name', async ({ name, config, commands }) => {
  await expect(transcript(config, commands)).toMatchFileSnapshot(`../golden/vrrp/${name}.txt`);
});
