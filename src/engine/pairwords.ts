import { isHeard } from '../pair/peers.ts';
import type { Peer } from '../pair/peers.ts';
import type { Heartbeat } from '../wire/heartbeat.ts';
import type { Instant } from '../wire/units.ts';
import type { PeerWords } from './messages.ts';

/**
 * What the other hosts' managers say, on its way to this host's: passed on as it is, when it has changed. Whoever is not
 * heard any more says nothing.
 */
export class PairWords {
  #told = '[]';
  /** Of the newest heartbeats, which come far more often than words change. BOUNDED: by the peers, as weak as those. */
  readonly #encoded = new WeakMap<Heartbeat, string>();

  /** What is to be told now; `undefined` when that was told. */
  news(peers: Iterable<Peer>, at: Instant): PeerWords[] | undefined {
    const words = [...peers].flatMap((peer): PeerWords[] => {
      if (peer.beat === undefined || peer.beat.words.length === 0 || !isHeard(peer, at)) return [];
      return [{ node: peer.node, words: this.#encode(peer.beat) }];
    });
    const text = JSON.stringify(words);
    if (text === this.#told) return undefined;
    this.#told = text;
    return words;
  }

  /** A new manager knows nothing. */
  rewind(): void {
    this.#told = '[]';
  }

  #encode(beat: Heartbeat): string {
    const known = this.#encoded.get(beat);
    if (known !== undefined) return known;
    const text = Buffer.from(beat.words).toString('base64');
    this.#encoded.set(beat, text);
    return text;
  }
}
