import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { now } from '../../linux/clock.ts';
import { openDeadlineTimer } from '../../linux/timer.ts';
import type { Instant } from '../../wire/units.ts';
import { instant } from '../../wire/units.ts';
import type { AttemptRow, ClientSummary, Ending } from '../attempt.ts';

/*
 * The load client: opens a new connection to every target each `interval`, with one request, and tells how each ended.
 * A slow or dead target never holds back the next attempt: attempts are begun by the clock alone. What it cannot begin
 * in time because its machine was busy is left out, not caught up with, so that gaps of its own show as gaps between
 * starts. It writes arrays of rows, a line each, and at the end of its input a summary, and ends.
 */

interface Order {
  readonly targets: readonly { readonly host: string; readonly port: number }[];
  /** Milliseconds. */
  readonly interval: number;
  readonly timeout: number;
  /** Attempts in flight, over all targets. */
  readonly limit: number;
  readonly path: string;
  /** Of letters and hyphens. */
  readonly header: string;
}

interface Flight {
  readonly target: number;
  readonly start: Instant;
  readonly socket: Socket;
  head: string;
  ended: boolean;
}

/** Between two lines of rows, in milliseconds. */
const reportInterval = 20;

/** The most of an answer's header that is looked at. */
const headLimit = 8192;

const order = JSON.parse(process.argv[2] ?? '') as Order;
const requests = order.targets.map(
  ({ host }) =>
    `GET ${order.path} HTTP/1.1\r\nHost: ${host.includes(':') ? `[${host}]` : host}\r\nConnection: close\r\n\r\n`,
);
const HEADER = new RegExp(`^${order.header}: *(.*?) *\\r$`, 'im');
const began = now();
/** BOUNDED: by `limit`, oldest first; all have the same time to live, so the first is the first to expire. */
const flights = new Set<Flight>();
/** BOUNDED: what is recorded within one report interval. */
let rows: AttemptRow[] = [];
let next = began;

const timer = openDeadlineTimer(tick);
timer.arm(next);
const reporter = setInterval(report, reportInterval);
process.stdin.on('end', finish).resume();
// Whoever reads has gone: there is nobody left to tell.
process.stdout.on('error', () => process.exit(1));

function tick(): void {
  const at = now();
  while (next <= at) next = instant(next + order.interval);
  timer.arm(next);
  for (const flight of flights) {
    if (at - flight.start < order.timeout) break;
    end(flight, 'timeout');
  }
  for (let target = 0; target < order.targets.length; target++) begin(target);
}

function begin(target: number): void {
  const start = now();
  if (flights.size >= order.limit) return record(target, start, 'skipped', '');
  const flight: Flight = {
    target,
    start,
    socket: connect(order.targets[target] ?? { port: 0 }),
    head: '',
    ended: false,
  };
  flights.add(flight);
  const { socket } = flight;
  socket.on('error', (error: NodeJS.ErrnoException) => end(flight, endingOf(error.code)));
  socket.on('data', (chunk) => read(flight, chunk));
  socket.on('end', () => end(flight, 'closed'));
  socket.write(requests[target] ?? '');
}

function read(flight: Flight, chunk: Buffer): void {
  if (flight.ended) return;
  flight.head += chunk.toString('latin1');
  if (!flight.head.includes('\r\n\r\n') && flight.head.length < headLimit) return;
  const good = /^HTTP\/1\.[01] 200 /.test(flight.head);
  const front = HEADER.exec(flight.head)?.[1] ?? '';
  // The server was asked to close, and has the port in TIME_WAIT then instead of us; `end` or the time-out follow.
  flight.ended = true;
  record(flight.target, flight.start, good ? 'good' : 'status', front);
}

/** Ends an attempt, and the connection of one whose answer is recorded already. */
function end(flight: Flight, ending: Ending): void {
  if (!flights.delete(flight)) return;
  if (!flight.ended) record(flight.target, flight.start, ending, '');
  flight.ended = true;
  flight.socket.destroy();
}

function record(target: number, start: Instant, ending: Ending, front: string): void {
  rows.push([target, start, now(), ending, front]);
}

function endingOf(code: string | undefined): Ending {
  switch (code) {
    case 'ECONNREFUSED':
      return 'refused';
    case 'ECONNRESET':
    case 'EPIPE':
      return 'reset';
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return 'unreachable';
    case 'ETIMEDOUT':
      return 'timeout';
    default:
      return 'local';
  }
}

function report(): void {
  if (rows.length === 0) return;
  process.stdout.write(`${JSON.stringify(rows)}\n`);
  rows = [];
}

function finish(): void {
  timer.close();
  clearInterval(reporter);
  for (const flight of flights) flight.socket.destroy();
  report();
  const { user, system } = process.cpuUsage();
  const summary: ClientSummary = { cpu: (user + system) / 1000, wall: now() - began };
  process.stdout.write(`${JSON.stringify(summary)}\n`);
}
