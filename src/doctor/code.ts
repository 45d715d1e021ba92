import { HOST_CODES } from './codes/host.ts';
import type { HostCode } from './codes/host.ts';
import { NETWORK_CODES } from './codes/network.ts';
import type { NetworkCode } from './codes/network.ts';
import { PAIR_CODES } from './codes/pair.ts';
import type { PairCode } from './codes/pair.ts';
import { PROXY_CODES } from './codes/proxy.ts';
import type { ProxyCode } from './codes/proxy.ts';

/** What a code stands for, whatever was found. */
export interface CodeEntry {
  /** Of most findings with the code; a single one may weigh less or more. */
  readonly severity: 'error' | 'warning' | 'note';
  /** What it says, in one sentence. */
  readonly what: string;
  /** What follows from it. */
  readonly why: string;
  /** What to do in general. A finding has the command. */
  readonly fix: string;
}

/** The code of a finding. */
export type Code = NetworkCode | HostCode | ProxyCode | PairCode;

/** All codes, in the order of the manual. They are stable: one that has been given out keeps its meaning. */
export const CODES: Readonly<Record<Code, CodeEntry>> = {
  ...NETWORK_CODES,
  ...HOST_CODES,
  ...PROXY_CODES,
  ...PAIR_CODES,
};

/** Whether a word is a code. */
export const isCode = (word: string): word is Code => Object.hasOwn(CODES, word);
