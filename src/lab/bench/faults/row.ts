import type { Milliseconds } from '../../../wire/units.ts';
import { table } from '../statistics.ts';
import { holdersText } from './holding.ts';
import type { Must } from './scenario.ts';

/** One fault and one daemon, as it was measured. */
export interface FaultRow {
  /** The scenario's name and what happens in it. */
  readonly fault: string;
  readonly what: string;
  readonly daemon: string;
  /** Name of the profile of the proxy. */
  readonly proxy: string;
  /** The words with which the configuration was refused; nothing was measured then. */
  readonly refused?: string;
  /** How long was looked, from the fault. */
  readonly observed: Milliseconds;
  /** The worse of both VIPs: all time in which a client's attempts failed; `lasting` when they did so to the end. */
  readonly outage: Milliseconds;
  readonly isLasting: boolean;
  readonly failed: number;
  readonly of: number;
  /** Who held each VIP at the end. */
  readonly holders: readonly (readonly string[])[];
  /** How long a VIP had more than one holder, the worse of both. */
  readonly twoHolders: Milliseconds;
  /** How often VIPs went from one host to the other. */
  readonly moves: number;
  /** When all hosts that should had named the cause, from the fault, and the words; `undefined` when they had not. */
  readonly named: { readonly after: Milliseconds; readonly words: readonly string[] } | undefined;
  /** What the scenario asks for and did not get; empty when all is as it should be. */
  readonly short: readonly string[];
}

/** What a row lacks of what it must be. Pure. */
export function shortcomings(row: Omit<FaultRow, 'short'>, must: Must): string[] {
  if (row.refused !== undefined) return [];
  const { outage = 0, twoHolders = 250, moves = 2, isRefused = false } = must;
  return [
    ...(isRefused ? ['not refused'] : []),
    ...(row.isLasting || row.outage > outage + NOISE ? ['outage'] : []),
    ...(isServed(row.holders, must.serves) ? [] : ['holders']),
    ...(row.twoHolders > twoHolders ? ['two holders'] : []),
    ...(row.moves > moves ? ['moves'] : []),
    ...(row.named === undefined ? ['not named'] : []),
  ];
}

/** What a shared machine may add to an outage, in milliseconds: the scheduler's doing, not the daemon's. */
const NOISE = 100;

function isServed(holders: FaultRow['holders'], serves: Must['serves']): boolean {
  const [first, second] = holders.map((each) => each.join('+'));
  if (serves === 'crossed') return first === 'lb1' && second === 'lb2';
  if (serves === 'peer') return first === 'lb2' && second === 'lb2';
  return holders.every(({ length }) => length === 1);
}

/** The rows as a table of text: times in milliseconds, and the words with which the cause was named. */
export function faultTable(rows: readonly FaultRow[]): string {
  const head = ['FAULT', 'DAEMON', 'OUTAGE MS', 'FAILED', 'HOLDERS', 'TWO MS', 'MOVES', 'NAMED MS', 'WELL', 'WORDS'];
  return table(
    head,
    rows.map((row) => {
      const { fault, refused, named, short } = row;
      const who = row.daemon === OURS ? `${OURS}, ${row.proxy}` : row.daemon;
      if (refused !== undefined) return [fault, who, 'refused', '-', '-', '-', '-', '-', 'yes', shortened(refused)];
      return [
        ...[fault, who, outageText(row), `${row.failed} of ${row.of}`],
        row.holders.map(holdersText).join(' / '),
        ...[Math.round(row.twoHolders).toString(), String(row.moves)],
        named === undefined ? '-' : Math.round(named.after).toString(),
        short.length === 0 ? 'yes' : `no: ${short.join(', ')}`,
        shortened(named?.words.join(' | ') ?? ''),
      ];
    }),
  );
}

/** This program in the column DAEMON. */
export const OURS = 'vipair';

const outageText = ({ outage, isLasting, observed }: FaultRow): string =>
  isLasting ? `for ever (${Math.round(observed / 1000)} s)` : Math.round(outage).toString();

/** Words for one line of a table; the JSON has all of them. */
const shortened = (text: string): string => (text.length <= 160 ? text : `${text.slice(0, 157)}...`);
