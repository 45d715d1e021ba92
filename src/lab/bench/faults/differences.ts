import { now } from '../../../linux/clock.ts';
import { milliseconds } from '../../../wire/units.ts';
import type { KeepalivedSetUp } from '../keepalived.ts';
import type { PairValue } from '../../pairfile.ts';
import { secondPath, shareKey } from './paths.ts';
import type { FaultScenario } from './scenario.ts';

/*
 * Two hosts with different settings: the first runs and holds both VIPs, then the second is started with its own file.
 * This program has the second link here too, as in what befalls the network; without it the causes are named as well,
 * and both hosts hold the VIPs as with every VRRP.
 */

interface Difference {
  readonly name: string;
  readonly what: string;
  readonly settingsOf: readonly Readonly<Record<string, PairValue>>[];
  readonly keepalivedOf: readonly Partial<KeepalivedSetUp>[];
  /** The code of the finding, and keepalived's word. */
  readonly code: RegExp;
  readonly word: RegExp;
}

const all: readonly Difference[] = [
  {
    name: 'password',
    what: 'the hosts have different passwords (version 2)',
    settingsOf: [
      { version: 2, auth: 'one' },
      { version: 2, auth: 'two' },
    ],
    keepalivedOf: [{ password: 'one' }, { password: 'two' }],
    code: /^password: /,
    word: /passw|auth/i,
  },
  {
    name: 'interval',
    what: 'the hosts have different intervals in version 2: 1 s and 2 s',
    settingsOf: [{ version: 2 }, { version: 2, interval: '2s' }],
    keepalivedOf: [{}, { interval: milliseconds(2000) }],
    code: /^interval: /,
    word: /interval/i,
  },
  {
    name: 'version',
    what: 'the hosts speak version 2 and version 3',
    settingsOf: [{ version: 2 }, {}],
    keepalivedOf: [{}, { version: 3 }],
    code: /^version: /,
    word: /version/i,
  },
];

/** Scenarios of different settings, in the order of the table. */
export const differences: readonly FaultScenario[] = all.map(
  ({ name, what, settingsOf, keepalivedOf, code, word }): FaultScenario => ({
    ...{ name, what, prepare: shareKey, isLate: true },
    setUp: { ...secondPath, settingsOf, keepalivedOf },
    must: { serves: 'one', twoHolders: milliseconds(1000) },
    ours: { lb1: code, lb2: code },
    theirs: { lb1: word, lb2: word },
    // A start, three intervals of the slower host, and what comes after.
    least: milliseconds(9000),
    most: milliseconds(12_000),
    async begin({ lab, second, subject }) {
      const at = now();
      await subject.start(lab, second);
      return at;
    },
  }),
);
