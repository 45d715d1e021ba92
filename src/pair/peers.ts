/**
 * The other hosts of the pair, as they tell of themselves beside VRRP.
 *
 * What it is. VRRP says one thing over one cable: silence there is a dead host, a cut cable, a firewall or a typing
 * mistake, and nobody can tell which. Here a host hears the others over other paths too, knows by which, and knows what
 * they hold and whom they hear. This folder turns that into judgements: whether the word of a peer stands in for its
 * advertisement (`standin`), and what is the matter (`finding`).
 *
 * Its rules. Nothing is believed that is not fresh. A session is a random number that a daemon draws when it starts;
 * whoever speaks echoes the sessions it hears; so a datagram that echoes ours was made after we started, by somebody
 * who has the key and hears us. Within a session and a path only greater counters count, also when a session comes back
 * that was replaced: two hosts that go by one name take turns, and the one that is left is heard. Recorded datagrams of
 * an earlier day are therefore worth nothing, and no clock but the monotonic one is needed.
 *
 * What it must not know: sockets, keys, the configuration file. The engine and the simulator use it alike.
 */
import type { Heartbeat, PathReport } from '../wire/heartbeat.ts';
import { labelOf } from '../wire/heartbeat.ts';
import { after, between, milliseconds } from '../wire/units.ts';
import type { Instant, Milliseconds } from '../wire/units.ts';

/** Another host. */
export interface Peer {
  readonly node: string;
  /** The session that has been proven to be alive; `undefined` before the first. */
  readonly session: string | undefined;
  /** Its newest word, the one before that, and when the newest came. */
  readonly beat: Heartbeat | undefined;
  readonly before: Heartbeat | undefined;
  readonly at: Instant | undefined;
  /** By path label: the greatest counter and when it came. BOUNDED: 16 paths. */
  readonly paths: ReadonlyMap<number, { readonly counter: number; readonly at: Instant }>;
  /** A session that was heard and has not proven that it hears us. */
  readonly candidate: { readonly session: string; readonly at: Instant } | undefined;
}

/**
 * What became of a heartbeat. `accepted` is evidence. `late` is one that overtook no other: it proves its path and says
 * nothing new. `unproven` is from a session that does not echo ours yet.
 */
export type Hearing = 'accepted' | 'late' | 'unproven' | 'replayed' | 'own' | 'namesake' | 'stranger';

/** So many intervals without a word, and a path is silent; VRRP waits as long (RFC 9568 6.1). */
const PATIENCE = 3;

/** How long a session is echoed that does not answer. */
const COURTESY = milliseconds(10_000);

const MOST_PATHS = 16;
const MOST_RETIRED = 64;

export class Peers {
  readonly #self: string;
  readonly #draw: () => string;
  #session: string;
  /** BOUNDED: one for each other node of the configuration. */
  readonly #peers = new Map<string, Peer>();
  /** What was heard in sessions that have been replaced, by session. BOUNDED: 64; then our own session is another. */
  readonly #retired = new Map<string, Peer>();

  /** `draw` gives a session that nobody has had. */
  constructor(self: string, draw: () => string) {
    this.#self = self;
    this.#draw = draw;
    this.#session = draw();
  }

  get session(): string {
    return this.#session;
  }

  [Symbol.iterator](): IterableIterator<Peer> {
    return this.#peers.values();
  }

  get(node: string): Peer | undefined {
    return this.#peers.get(node);
  }

  /** Keeps the hosts that are configured; the evidence of those that stay stays. */
  follow(nodes: readonly string[]): void {
    for (const node of this.#peers.keys()) if (!nodes.includes(node)) this.#peers.delete(node);
    for (const node of nodes) if (!this.#peers.has(node)) this.#peers.set(node, stranger(node));
  }

  /** Takes note of a heartbeat that had the right key. */
  hear(beat: Heartbeat, at: Instant): Hearing {
    if (beat.session === this.#session) return 'own';
    if (beat.node === this.#self) return 'namesake';
    const peer = this.#peers.get(beat.node);
    if (peer === undefined) return 'stranger';
    if (beat.session === peer.session) return this.#goOn(peer, beat, at);
    const retired = this.#retired.get(beat.session);
    if (retired !== undefined) return this.#comeBack(peer, retired, beat, at);
    if (!beat.echoes.includes(this.#session)) {
      this.#peers.set(peer.node, { ...peer, candidate: { session: beat.session, at } });
      return 'unproven';
    }
    this.#retire(peer);
    return this.#goOn({ ...stranger(peer.node), session: beat.session }, beat, at);
  }

  /** The sessions to echo now. */
  echoes(at: Instant): string[] {
    return [...this.#peers.values()].flatMap(({ session, candidate }) => [
      ...(session === undefined ? [] : [session]),
      ...(candidate === undefined || at > after(candidate.at, COURTESY) ? [] : [candidate.session]),
    ]);
  }

  /** Which paths of others are heard, and since when they were heard last. */
  reports(at: Instant): PathReport[] {
    return [...this.#peers.values()].flatMap(({ node, paths }) =>
      [...paths].map(([path, heard]) => ({ node: labelOf(node), path, age: between(heard.at, at) })),
    );
  }

  #goOn(peer: Peer, beat: Heartbeat, at: Instant): Hearing {
    const known = peer.paths.get(beat.path);
    if (known !== undefined && beat.counter <= known.counter) return 'replayed';
    if (known === undefined && peer.paths.size >= MOST_PATHS) return 'replayed';
    const paths = new Map(peer.paths).set(beat.path, { counter: beat.counter, at });
    const isNews = peer.beat === undefined || beat.counter > peer.beat.counter;
    const next = isNews ? { ...peer, paths, beat, before: peer.beat, at } : { ...peer, paths };
    this.#peers.set(peer.node, { ...next, candidate: undefined });
    return isNews ? 'accepted' : 'late';
  }

  /** A session that was replaced goes on when the one in its place has fallen silent. */
  #comeBack(peer: Peer, retired: Peer, beat: Heartbeat, at: Instant): Hearing {
    if (retired.node !== peer.node || isHeard(peer, at) || !beat.echoes.includes(this.#session)) return 'replayed';
    const hearing = this.#goOn(retired, beat, at);
    if (hearing === 'replayed') return hearing;
    this.#retired.delete(beat.session);
    this.#retire(peer);
    return hearing;
  }

  #retire(peer: Peer): void {
    if (peer.session === undefined) return;
    this.#retired.set(peer.session, peer);
    if (this.#retired.size <= MOST_RETIRED) return;
    // What cannot be remembered must not be believed again: all of it echoes the session that ends here.
    this.#session = this.#draw();
    this.#retired.clear();
  }
}

/** How long a peer, or one path of it, may be silent. */
export const patienceWith = (peer: Peer): Milliseconds => milliseconds(PATIENCE * (peer.beat?.interval ?? 0) + 50);

/** Whether a peer speaks over any path now. */
export const isHeard = (peer: Peer, at: Instant): boolean =>
  peer.at !== undefined && peer.beat?.leaving === false && at <= after(peer.at, patienceWith(peer));

/** Whether a peer is heard over one path now. */
export function isHeardOn(peer: Peer, path: number, at: Instant): boolean {
  const heard = peer.paths.get(path);
  return heard !== undefined && isHeard(peer, at) && at <= after(heard.at, patienceWith(peer));
}

const stranger = (node: string): Peer => ({
  node,
  session: undefined,
  beat: undefined,
  before: undefined,
  at: undefined,
  paths: new Map(),
  candidate: undefined,
});
