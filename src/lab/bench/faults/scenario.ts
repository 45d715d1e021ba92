import type { Instant, Milliseconds } from '../../../wire/units.ts';
import type { Fault } from '../../fault.ts';
import type { Front } from '../../front.ts';
import type { Host } from '../../host.ts';
import type { Lab } from '../../lab.ts';
import type { PairOptions, PairValue } from '../../pairfile.ts';
import type { KeepalivedSetUp } from '../keepalived.ts';
import type { Subject } from './subject.ts';

/** What the two daemons are configured with, where it is not what a reader of their first page writes. */
export interface SetUp {
  /** Settings of pair.yaml, added to those that every scenario has. */
  readonly settings?: Readonly<Record<string, PairValue>>;
  /** The rest of a pair file. */
  readonly pair?: Pick<PairOptions, 'vips' | 'without'>;
  /** Added on the host with that place in the order, from 0: the mistake that two hosts have different files. */
  readonly settingsOf?: readonly Readonly<Record<string, PairValue>>[];
  /** What a failure of keepalived's script adds to its priority; without it the instance goes to FAULT. */
  readonly scriptWeight?: number;
  /** The same for keepalived, in its words. */
  readonly keepalived?: Partial<KeepalivedSetUp>;
  readonly keepalivedOf?: readonly Partial<KeepalivedSetUp>[];
}

/** What a scenario asks for; see `shortcomings`. */
export interface Must {
  /** At the end: each VIP on the host that it belongs to, both on the second host, or each on any one. */
  readonly serves: 'crossed' | 'peer' | 'one';
  /** At most, on a machine with processor time to spare; 0 unless given. */
  readonly outage?: Milliseconds;
  /** At most; 250 ms unless given. */
  readonly twoHolders?: Milliseconds;
  /** At most; 2 unless given. */
  readonly moves?: number;
  /** Whether the configuration itself must be refused. */
  readonly isRefused?: boolean;
}

/** Where a scenario is played. */
export interface Stage {
  readonly lab: Lab;
  /** The host that the fault befalls, and the other. */
  readonly first: Host;
  readonly second: Host;
  readonly front: Front;
  readonly subject: Subject;
  /** Brings a fault about; it is taken back after the scenario. Returns when it took effect. */
  readonly fault: (fault: Fault) => Promise<Instant>;
}

/** One fault, for every daemon and every proxy. */
export interface FaultScenario {
  /** In the words of the command line: lower-case letters and hyphens. */
  readonly name: string;
  /** A clause for a reader. */
  readonly what: string;
  readonly setUp?: SetUp;
  /** Whether the second host's daemon is started by `begin`; otherwise both run and the pair is crossed before. */
  readonly isLate?: boolean;
  /** Called before the daemons are started. */
  prepare?(lab: Lab, front: Front): Promise<void>;
  /** Brings it about and returns when it began. */
  begin(stage: Stage): Promise<Instant>;
  /** Why it cannot be played with the proxy of the stage; `undefined` when it can. */
  impossible?(stage: Stage): Promise<string | undefined>;
  /** How long is looked at least, from the fault; no time unless given: only until all is as it must be. */
  readonly least?: Milliseconds;
  /** How long is looked at most; 10 s unless given. */
  readonly most?: Milliseconds;
  readonly must: Must;
  /** What the cause is called, by host: a line of what a daemon says must match. */
  readonly ours: Readonly<Record<string, RegExp>>;
  readonly theirs: Readonly<Record<string, RegExp>>;
}
