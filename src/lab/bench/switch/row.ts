import type { LostRequest } from '../../keepalive.ts';
import { median, table } from '../statistics.ts';

/** How a proxy is changed for another: by this program in one of its modes, or by hand. */
export type Way = 'managed' | 'adopted' | 'by hand';

/** One line of `bench switch`. */
export interface SwitchRow {
  readonly way: Way;
  /** How long each switch took, in milliseconds. */
  readonly times: readonly number[];
  /** New connections with one request each. */
  readonly fresh: { readonly failed: number; readonly of: number; readonly how: Readonly<Record<string, number>> };
  /** Requests on connections that clients keep. */
  readonly kept: { readonly lost: number; readonly of: number; readonly losses: readonly LostRequest[] };
  /** Times that a VIP has changed its holder. */
  readonly moves: number;
}

const NAMES: Readonly<Record<Way, string>> = {
  managed: 'vipair, managed',
  adopted: 'vipair, adopted',
  'by hand': 'stop, then start',
};

/** The rows as a table of text, with the losses explained below it. */
export function switchTable(rows: readonly SwitchRow[]): string {
  const head = [
    ...['BY', 'SWITCHES', 'MEDIAN MS', 'WORST MS', 'NEW CONNECTIONS FAILED', 'OF'],
    ...['KEEP-ALIVE REQUESTS LOST', 'OF', 'VIP MOVES'],
  ];
  const lines = rows.map(({ way, times, fresh, kept, moves }) => [
    ...[NAMES[way], String(times.length), median(times).toFixed(0), Math.max(...times).toFixed(0)],
    ...[fresh.failed, fresh.of, kept.lost, kept.of, moves].map(String),
  ]);
  const explained = rows.flatMap((row) => [...freshWords(row), ...keptWords(row)]);
  return [table(head, lines), ...(explained.length === 0 ? [] : ['', ...explained])].join('\n');
}

function freshWords({ way, fresh }: SwitchRow): string[] {
  const ways = Object.entries(fresh.how).map(([how, count]) => `${how} ${count}`);
  return ways.length === 0 ? [] : [`${NAMES[way]}: new connections failed: ${ways.join(', ')}`];
}

/**
 * Why a request was lost. A request on a connection that has served before and that gets not one byte is the case that
 * RFC 9112 9.3.1 leaves to clients: the server had closed the idle connection while the request was on its way.
 */
export const reasonOf = ({ how, isReused, hasBegun }: LostRequest): string =>
  isReused && !hasBegun && (how === 'ECONNRESET' || how === 'EPIPE')
    ? 'sent while the server was closing the idle connection; to be repeated by the client (RFC 9112 9.3.1)'
    : `${how}${hasBegun ? ' in the middle of the answer' : ''}${isReused ? '' : ' on a new connection'}`;

function keptWords({ way, kept }: SwitchRow): string[] {
  const counts = new Map<string, number>();
  for (const loss of kept.losses) counts.set(reasonOf(loss), (counts.get(reasonOf(loss)) ?? 0) + 1);
  return [...counts].map(([reason, count]) => `${NAMES[way]}: keep-alive requests lost: ${count} ${reason}`);
}
