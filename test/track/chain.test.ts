import { describe, expect, test } from 'vitest';
import type { VipConfig } from '../../src/config/config.ts';
import { chainOf } from '../../src/track/chain.ts';
import type { Chain } from '../../src/track/chain.ts';
import { allWell, isLinkDown, readHypotheses, suppose } from '../../src/track/hypothesis.ts';
import { policyOf } from '../../src/track/policy.ts';
import { instant } from '../../src/wire/units.ts';
import { configOf } from '../config/sample.ts';

const AT = instant(1_000_000);

const config = (more = '', priority = 'prefer: [lb1, lb2]') =>
  configOf(`nodes:
  lb1: { address: 192.0.2.11 }
  lb2: { address: 192.0.2.12 }
interface: eth0
proxy: { profile: nginx }
track: { checks: { db: { file: /etc/db, weight: 20 }, gw: { gateway: default } } }
vips:
  web-1: { vrid: 51, address: 192.0.2.101/24, ${priority}${more === '' ? '' : `, ${more}`} }
`);

function chain(asked: string[], { of = config(), node = 'lb1', holder = 'lb1' } = {}): Chain {
  const [vip] = of.vips as [VipConfig];
  const policy = policyOf(vip);
  const hypotheses = readHypotheses(asked, of);
  if ('refused' in hypotheses) throw new Error(hypotheses.refused);
  const facts = suppose(allWell(policy, true, AT), hypotheses, AT);
  const linkDown = isLinkDown(hypotheses, false);
  return chainOf({ vip, policy, node, facts, linkDown, linkBackAt: undefined, holder, at: AT });
}

describe('the chain of a VIP', () => {
  test('with all well is that it is held', () => {
    expect(chain([])).toMatchObject({
      fitness: 'well',
      reaction: 'hold',
      stance: 'priority 254',
      outcome: 'lb1 goes on holding it',
      recovery: '',
      facts: [
        { subject: 'link', state: 'well' },
        { subject: 'proxy', state: 'well', means: 'dead: on_failure resign' },
        { subject: 'db', state: 'well', means: 'a failure takes 20 off' },
        { subject: 'gw', state: 'well', means: 'dead: on_failure resign' },
      ],
    });
  });

  test.each([
    [
      'proxy=dead',
      'dead',
      'resign',
      'priority 0 once, then 1 of 254: if it were so',
      'lb2 (253) takes over 2.34 ms after lb1 has resigned',
    ],
    [
      'proxy=degraded',
      'degraded by 253',
      'lower',
      'priority 3 of 254: if it were so',
      'lb2 (253) takes over after 2.34 ms; lb1 holds it until then',
    ],
    [
      'check=db',
      'degraded by 20',
      'lower',
      'priority 234 of 254: db: if it were so',
      'lb2 (253) takes over after 2.34 ms; lb1 holds it until then',
    ],
    [
      'check=gw',
      'dead',
      'resign',
      'priority 0 once, then 1 of 254: gw: if it were so',
      'lb2 (253) takes over 2.34 ms after lb1 has resigned',
    ],
    [
      'link=down',
      'well',
      'fault',
      'neither speaks nor listens',
      'lb2 (253) takes over when it has heard nothing for 602 ms',
    ],
  ])('if %s', (asked, fitness, reaction, stance, outcome) => {
    expect(chain([asked])).toMatchObject({ fitness, reaction, stance, outcome });
  });

  test('says when it is well again, which is later after each failure', () => {
    expect(chain(['check=db']).recovery).toBe('when it has been well for 10 s');
    expect(chain(['check=db'], { of: config('recover_after: 0s') }).recovery).toBe('at once');
  });

  test('tells of a backup, and of a VIP that does not move for a lower priority', () => {
    expect(chain(['proxy=dead'], { node: 'lb2' }).outcome).toBe('lb1 goes on holding it');
    const stays = configOf(`nodes: { lb1: { address: 192.0.2.11 }, lb2: { address: 192.0.2.12 } }
interface: eth0
vips:
  web-1: { vrid: 51, address: 192.0.2.101/24, prefer: [lb1, lb2], preempt: false }
`);
    expect(chain(['proxy=degraded'], { of: stays }).outcome).toBe(
      'lb1 goes on holding it, because of "preempt: false"',
    );
  });

  test('knows several at once', () => {
    expect(chain(['check=db', 'link=down'])).toMatchObject({ fitness: 'degraded by 20', reaction: 'fault' });
    expect(chain(['check=db', 'check=db:well']).fitness).toBe('well');
  });
});

describe('a hypothesis', () => {
  test.each(['proxy=sick', 'link', 'frobnicate=1', 'backends=none', 'check='])('%s is none', (text) => {
    expect(readHypotheses([text], config())).toEqual({ refused: expect.stringContaining('is no hypothesis; write') });
  });

  test('is about a check that there is', () => {
    expect(readHypotheses(['check=nope'], config())).toEqual({
      refused: 'no VIP tracks a check "nope"; there is db, gw',
    });
    expect(readHypotheses(['backends=few'], config())).toMatchObject({ refused: expect.anything() });
  });
});
