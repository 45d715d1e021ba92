import { Peers } from '../pair/peers.ts';
import type { Peer } from '../pair/peers.ts';
import { refusalNumber } from '../pair/refusalnumber.ts';
import { reportOn, standIn } from '../pair/standin.ts';
import type { RouterIdentity } from '../pair/standin.ts';
import { decodeHeartbeat, encodeHeartbeat, labelOf } from '../wire/heartbeat.ts';
import type { Heartbeat, Reach, RouterReport } from '../wire/heartbeat.ts';
import { isMalformed } from '../wire/malformed.ts';
import type { IpAddress } from '../wire/address.ts';
import { after, between, milliseconds } from '../wire/units.ts';
import type { Instant } from '../wire/units.ts';
import { advance } from './advance.ts';
import type { PairAssignment } from './assignment.ts';
import { earliest } from './instance.ts';
import type { Instance } from './instance.ts';
import type { Executor } from './perform.ts';
import { connect, isSame, lose, newPath, speak } from './pairpath.ts';
import type { PathState } from './pairpath.ts';
import { newSession, Seal } from './seal.ts';

/** Datagrams of one path in one pass; what is left is read in the next. */
const BATCH = 200;

/** After a change or a new session the next word does not wait for its time, and still no flood comes of it. */
const LEAST_GAP = milliseconds(5);

/**
 * The engine's end of what the hosts say to each other beside VRRP. It speaks as often as VRRP does, and at once when a
 * role changes; what it hears is evidence in `peers`, and where VRRP is silent it becomes an event of a virtual router.
 * Whatever fails here is told and changes nothing: VRRP goes on without it.
 */
export class PairLink {
  readonly #onWake: () => void;
  /** Nobody, while nothing is configured. */
  peers: Peers | undefined;
  #assignment: PairAssignment | undefined;
  #seal: Seal | undefined;
  #paths: PathState[] = [];
  #node = '';
  #reach: Reach = 'unasked';
  #counter = 0;
  #sentAt: Instant | undefined;
  #told = '';
  #words = new Uint8Array(0);
  #owed = false;

  constructor(onWake: () => void) {
    this.#onWake = onWake;
  }

  get paths(): readonly PathState[] {
    return this.#paths;
  }

  get node(): string {
    return this.#node;
  }

  get assignment(): PairAssignment | undefined {
    return this.#assignment;
  }

  /** Puts an assignment in force. What was heard of nodes that stay is kept. */
  follow(node: string, next: PairAssignment | undefined): void {
    const before = this.#assignment;
    this.#node = node;
    this.#assignment = next;
    if (next === undefined) return this.#forget();
    if (before?.key !== next.key) this.#seal = new Seal(Buffer.from(next.key, 'hex'));
    this.peers ??= new Peers(node, newSession);
    this.peers.follow(next.nodes);
    const kept = this.#paths.filter((state) => next.paths.some((path) => isSame(path, state.path)));
    for (const state of this.#paths) if (!kept.includes(state)) state.socket?.close();
    this.#paths = next.paths.map((path) => kept.find((state) => isSame(path, state.path)) ?? newPath(path));
    this.#owed = true;
  }

  /** Tells the other hosts this from now on, opaque here: at most 4096 bytes. */
  say(words: Uint8Array<ArrayBuffer>): void {
    this.#words = words;
    this.#owed = true;
  }

  /** Reads what has come, and steps the virtual routers that a peer's word stands in for. */
  drain(executor: Executor, instances: readonly Instance[], at: Instant): void {
    for (const path of this.#paths) {
      for (let i = 0; i < BATCH; i++) {
        const datagram = path.socket?.receive();
        if (datagram === undefined) break;
        const beat = this.#open(path, datagram.payload, datagram.source, at);
        const hearing = beat && this.peers?.hear(beat, at);
        if (beat === undefined || hearing === undefined) continue;
        path.counters[hearing]++;
        if (hearing === 'unproven') this.#owed = true;
        if (hearing === 'namesake') path.namesake = { source: datagram.source, at };
        if (hearing === 'accepted') this.#believe(executor, beat.node, instances, at);
      }
      if (path.socket?.isOpen === false) lose(path, 'the socket broke', at);
    }
  }

  /** Speaks when it is time to, or when there is news. */
  turn(instances: readonly Instance[], reach: Reach, at: Instant): void {
    const { peers } = this;
    const assignment = this.#assignment;
    if (assignment === undefined || peers === undefined) return;
    for (const path of this.#paths)
      if (path.retryAt !== undefined && at >= path.retryAt) this.#owed = connect(path, this.#onWake, at) || this.#owed;
    this.#reach = reach;
    const news = `${reach} ${instances.map(({ state }) => `${state.name}${state.priority}`).join()}`;
    if (news !== this.#told) this.#owed = true;
    if (this.#sentAt !== undefined && at < this.#nextAt(assignment, this.#sentAt)) return;
    this.#told = news;
    this.#owed = false;
    this.#sentAt = at;
    const routers = instances.map((instance) => reportOf(instance, assignment, at));
    this.#send(this.#compose(assignment, peers, routers, at), at);
  }

  /** When it next has something to do by itself. */
  get dueAt(): Instant | undefined {
    if (this.#assignment === undefined || this.#sentAt === undefined) return undefined;
    return earliest([this.#nextAt(this.#assignment, this.#sentAt), ...this.#paths.map(({ retryAt }) => retryAt)]);
  }

  /** Says that it ends, and closes everything. */
  close(at: Instant): void {
    if (this.#assignment !== undefined && this.peers !== undefined) {
      this.#send({ ...this.#compose(this.#assignment, this.peers, [], at), leaving: true }, at);
    }
    this.#forget();
  }

  #nextAt({ interval }: PairAssignment, sentAt: Instant): Instant {
    return after(sentAt, this.#owed ? LEAST_GAP : interval);
  }

  #compose(
    { interval, digest }: PairAssignment,
    peers: Peers,
    routers: readonly RouterReport[],
    at: Instant,
  ): Omit<Heartbeat, 'counter' | 'path'> {
    return {
      node: this.#node,
      session: peers.session,
      interval,
      leaving: false,
      reach: this.#reach,
      digest,
      echoes: peers.echoes(at),
      paths: peers.reports(at),
      routers,
      words: this.#words,
    };
  }

  #send(beat: Omit<Heartbeat, 'counter' | 'path'>, at: Instant): void {
    for (const path of this.#paths) {
      if (path.socket === undefined) continue;
      const counter = ++this.#counter;
      const datagram = this.#seal?.seal(encodeHeartbeat({ ...beat, counter, path: path.label }));
      if (datagram === undefined) return;
      speak(path, datagram, at);
    }
  }

  #open(path: PathState, datagram: Uint8Array, source: IpAddress, at: Instant): Heartbeat | undefined {
    const message = this.#seal?.open(datagram) ?? 'foreign';
    if (typeof message === 'string') {
      path.counters[message]++;
      if (message === 'forged') path.forged = { source, at };
      return undefined;
    }
    const beat = decodeHeartbeat(message);
    if (!isMalformed(beat)) return beat;
    path.counters.malformed++;
    return undefined;
  }

  /** Steps every virtual router that the newest word of a peer is an advertisement of. */
  #believe(executor: Executor, node: string, instances: readonly Instance[], at: Instant): void {
    const peer = this.peers?.get(node);
    for (const instance of instances) {
      const { state, traces } = instance;
      const identity = identityOf(instance);
      if (peer !== undefined) noteListener(instance, reportOn(peer.beat, identity), peer, at);
      const heard = standIn(this.peers ?? [], node, { ...identity, state, voices: traces.voices }, at);
      if (heard === undefined) continue;
      instance.standIn = { node, at };
      instance.heard = { ...heard, at };
      advance(executor, instance, { type: 'advertisement', at, heard });
    }
  }

  #forget(): void {
    for (const { socket } of this.#paths) socket?.close();
    this.#paths = [];
    this.#sentAt = undefined;
    this.peers = undefined;
    this.#assignment = undefined;
  }
}

/** Takes note of what a peer says of a virtual router: one that listens only since now has had no time to hear us. */
function noteListener(
  { traces: { listeners } }: Instance,
  report: RouterReport | undefined,
  { node, session }: Peer,
  at: Instant,
): void {
  if (report === undefined || report.state === 'initialize' || session === undefined) listeners.delete(node);
  else if (listeners.get(node)?.session !== session) listeners.set(node, { session, since: at });
}

/** What identifies a virtual router to the other hosts. */
export const identityOf = ({ assignment: { vip, router } }: Instance): RouterIdentity => ({
  vrid: router.vrid,
  family: router.family,
  vip: labelOf(vip),
});

function reportOf(instance: Instance, { digests }: PairAssignment, at: Instant): RouterReport {
  const { assignment, state, port, traces } = instance;
  const [source, heardAt] = [...traces.voices].toSorted(([, a], [, b]) => b - a)[0] ?? [];
  const [refusal, refused] = [...traces.refusals].toSorted(([, a], [, b]) => b.at - a.at)[0] ?? [];
  return {
    ...identityOf(instance),
    state: state.name,
    priority: state.priority,
    interval: assignment.router.interval,
    source: port.transport?.source,
    digest: digests[assignment.key] ?? 0,
    heard:
      source === undefined || heardAt === undefined
        ? undefined
        : { source: labelOf(source), age: between(heardAt, at) },
    refused: refused &&
      refusal && {
        reason: refusalNumber(refusal),
        source: labelOf(refused.source),
        age: between(refused.at, at),
      },
  };
}
