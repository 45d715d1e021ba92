import { Peers } from '../pair/peers.ts';
import { standIn } from '../pair/standin.ts';
import type { RouterIdentity } from '../pair/standin.ts';
import type { Heard } from '../vrrp/state.ts';
import type { IpAddress } from '../wire/address.ts';
import { decodeHeartbeat, encodeHeartbeat, labelOf } from '../wire/heartbeat.ts';
import type { Reach, RouterReport } from '../wire/heartbeat.ts';
import { isMalformed } from '../wire/malformed.ts';
import { after } from '../wire/units.ts';
import type { Instant, Milliseconds } from '../wire/units.ts';
import type { Member } from './member.ts';

/** The one path beside VRRP that a simulation has. */
const PATH = labelOf('back');

/**
 * What a simulated daemon says and hears beside VRRP, around the real core in `pair`: once an interval, and at once when
 * a role changes.
 */
export class Voice {
  readonly #node: string;
  readonly #interval: Milliseconds;
  readonly #others: readonly string[];
  readonly #send: (payload: Uint8Array) => void;
  #peers: Peers;
  #starts = 0;
  #reach: Reach = 'unasked';
  #counter = 0;
  #sentAt: Instant | undefined;
  #told = '';
  #owed = true;

  constructor(node: string, interval: Milliseconds, others: readonly string[], send: (payload: Uint8Array) => void) {
    this.#node = node;
    this.#interval = interval;
    this.#others = others;
    this.#send = send;
    this.#peers = this.#newPeers();
  }

  get peers(): Peers {
    return this.#peers;
  }

  /** A daemon that starts has another session than the one before it, and has heard nobody. */
  start(): void {
    this.#starts++;
    this.#peers = this.#newPeers();
    this.#sentAt = undefined;
  }

  /** Takes note of a heartbeat. Gives back whose it is when it is evidence. */
  hear(payload: Uint8Array, at: Instant): string | undefined {
    const beat = decodeHeartbeat(payload);
    if (isMalformed(beat)) throw new Error(`Our own heartbeat is malformed: ${beat.malformed}`);
    const hearing = this.#peers.hear(beat, at);
    if (hearing === 'unproven') this.#owed = true;
    return hearing === 'accepted' ? beat.node : undefined;
  }

  /** What the newest word of a node stands in for. */
  standIn(node: string, member: Member, at: Instant): Heard | undefined {
    const { state, voices } = member;
    return standIn(this.#peers, node, { ...identityOf(member), state, voices }, at);
  }

  /** Speaks when it is time to, or when there is news. */
  turn(members: readonly Member[], reach: Reach, at: Instant): void {
    this.#reach = reach;
    const news = `${reach} ${members.map(({ state }) => `${state.name}${state.priority}`).join()}`;
    if (news !== this.#told) this.#owed = true;
    if (!this.#owed && this.#sentAt !== undefined && at < after(this.#sentAt, this.#interval)) return;
    this.#owed = false;
    this.#told = news;
    this.#sentAt = at;
    this.#say(members, false, at);
  }

  /** Says that it ends. */
  leave(at: Instant): void {
    this.#say([], true, at);
  }

  /** When it next speaks by itself. */
  get dueAt(): Instant | undefined {
    return this.#sentAt === undefined ? undefined : after(this.#sentAt, this.#interval);
  }

  #say(members: readonly Member[], leaving: boolean, at: Instant): void {
    this.#send(
      encodeHeartbeat({
        node: this.#node,
        session: this.#peers.session,
        counter: ++this.#counter,
        interval: this.#interval,
        path: PATH,
        leaving,
        reach: this.#reach,
        digest: 0,
        echoes: this.#peers.echoes(at),
        paths: this.#peers.reports(at),
        routers: members.map(reportOf),
        words: new Uint8Array(0),
      }),
    );
  }

  #newPeers(): Peers {
    const name = labelOf(this.#node).toString(16).padStart(8, '0');
    const start = this.#starts.toString(16).padStart(4, '0');
    let drawn = 0;
    const peers = new Peers(this.#node, () => `${name}${start}${(drawn++).toString(16).padStart(4, '0')}`);
    peers.follow(this.#others);
    return peers;
  }
}

/** What identifies a virtual router to the other hosts. */
export const identityOf = ({ config: { vip, router } }: Member): RouterIdentity => ({
  vrid: router.vrid,
  family: router.family,
  vip: labelOf(vip),
});

function reportOf(member: Member): RouterReport {
  const { router } = member.config;
  const source: IpAddress | undefined = member.state.name === 'initialize' ? undefined : router.source;
  const { state, priority } = { state: member.state.name, priority: member.state.priority };
  const { interval } = router;
  return { ...identityOf(member), state, priority, interval, source, digest: 0, heard: undefined, refused: undefined };
}
