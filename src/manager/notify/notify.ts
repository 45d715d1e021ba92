/**
 * Notifications: from the log of events to programs, mail and webhooks. Each receiver has an outbox of its own, so a slow
 * or dead one delays nobody, and the log on disk together with how far each receiver is makes the queue: what was
 * recorded and not delivered is delivered by the next manager, in order, at least once, and with the same id.
 *
 * It must not know what an event means; receivers choose by type and severity. It never waits in the way of the manager,
 * and nothing here reaches the engine.
 */
import type { ReceiverConfig } from '../../config/notifyconfig.ts';
import { SEVERITIES } from '../../config/eventname.ts';
import type { EventRecord } from '../../control/event.ts';
import type { NotifyAnswer, NotifyQuestion, ReceiverStatus } from '../../control/notify.ts';
import type { EventLog } from '../eventlog.ts';
import type { Trouble } from '../warning.ts';
import { Losses } from './losses.ts';
import { Outbox } from './outbox.ts';
import { secretTroubles } from './secret.ts';
import { openSender } from './sender.ts';
import type { Sender } from './sender.ts';

export interface NotifierOptions {
  readonly events: EventLog;
  /** Opens what delivers to a receiver; the real ones unless given. */
  readonly open?: (receiver: ReceiverConfig) => Sender;
}

interface Entry {
  readonly receiver: ReceiverConfig;
  /** Its settings, to tell whether they change. */
  readonly text: string;
  readonly sender: Sender;
  readonly outbox: Outbox;
}

export class Notifier {
  readonly #events: EventLog;
  readonly #open: (receiver: ReceiverConfig) => Sender;
  readonly #losses: Losses;
  /** BOUNDED by the configuration, in its order. */
  #entries = new Map<string, Entry>();

  constructor({ events, open = openSender }: NotifierOptions) {
    this.#events = events;
    this.#open = open;
    this.#losses = new Losses((receiver, count, reason) =>
      events.tell({ type: 'notification-lost', receiver, count, reason }),
    );
    events.listen((record) => this.#offer(record));
    events.keep(() => this.#pending());
  }

  /** Takes the receivers of a configuration into use. What waits for one that stays is delivered as it is now. */
  follow(receivers: readonly ReceiverConfig[]): void {
    const before = this.#entries;
    this.#entries = new Map(receivers.map((receiver) => [receiver.name, this.#follow(receiver, before)]));
    for (const name of new Set([...this.#events.receivers, ...before.keys()])) {
      if (this.#entries.has(name)) continue;
      void before.get(name)?.outbox.close();
      this.#events.move(name, undefined);
    }
  }

  status(): ReceiverStatus[] {
    return Array.from(this.#entries.values(), ({ receiver: { name, kind }, outbox }) => ({
      receiver: name,
      kind,
      ...outbox.state,
    }));
  }

  /** Receivers that cannot be reached, and secrets that are none. */
  troubles(): Trouble[] {
    return Array.from(this.#entries.values()).flatMap(({ receiver, outbox }) => {
      const { pending, trouble } = outbox.state;
      const text = `notify ${receiver.name}: ${pending} ${pending === 1 ? 'event waits' : 'events wait'}: ${trouble}`;
      const own: Trouble[] = trouble === null || pending === 0 ? [] : [{ code: 'notify', about: receiver.name, text }];
      return [...own, ...secretTroubles(receiver)];
    });
  }

  /** Sends a test, or says what it would be. `undefined` when no receiver is called so. */
  async test({ receiver: wanted, dry }: NotifyQuestion, record: EventRecord): Promise<NotifyAnswer[] | undefined> {
    const found = [...this.#entries.values()].filter(
      ({ receiver }) => wanted === undefined || receiver.name === wanted,
    );
    if (found.length === 0) return undefined;
    return Promise.all(
      found.map(async ({ receiver: { name, kind }, sender, outbox }): Promise<NotifyAnswer> => {
        const about = { receiver: name, kind, sent: sender.describe(record) };
        if (dry) return { ...about, result: 'dry', message: 'nothing was sent', durationMs: 0 };
        const startedAt = performance.now();
        const outcome = await outbox.test(record);
        const durationMs = Math.round(performance.now() - startedAt);
        if (outcome.kind === 'delivered') return { ...about, result: 'delivered', message: outcome.detail, durationMs };
        return { ...about, result: 'failed', message: outcome.reason, durationMs };
      }),
    );
  }

  /** Ends: waits for what is under way, and notes that those who wait for nothing have seen everything. */
  async close(): Promise<void> {
    await Promise.all(Array.from(this.#entries.values(), ({ outbox }) => outbox.settled()));
    for (const { outbox } of this.#entries.values()) outbox.skip(this.#events.last);
  }

  #follow(receiver: ReceiverConfig, before: ReadonlyMap<string, Entry>): Entry {
    const { name } = receiver;
    const text = JSON.stringify(receiver);
    const known = before.get(name);
    if (known?.text === text) return known;
    const sender = this.#open(receiver);
    const cursor = this.#events.cursor(name) ?? { done: this.#events.last, dropped: 0 };
    if (this.#events.cursor(name) === undefined) this.#events.move(name, cursor);
    const isWanted = (record: EventRecord): boolean => wants(receiver, record);
    const backlog = known === undefined ? Promise.resolve(this.#after(cursor.done)) : known.outbox.close();
    const outbox = new Outbox({
      timeout: receiver.timeout,
      sender,
      cursor,
      backlog: backlog.then((records) => records.filter(isWanted)),
      onMove: (moved) => this.#events.move(name, moved),
      onLost: (reason) => this.#losses.add(name, reason),
    });
    return { receiver, text, sender, outbox };
  }

  /** Everything after a number that there still is. */
  #after(seq: number): EventRecord[] {
    const { records } = this.#events.after(seq);
    const first = records[0]?.seq ?? Infinity;
    return [...this.#events.restored(seq).filter((record) => record.seq < first), ...records];
  }

  #offer(record: EventRecord): void {
    for (const { receiver, outbox } of this.#entries.values()) if (wants(receiver, record)) outbox.offer(record);
  }

  #pending(): EventRecord[] {
    const all = [...this.#entries.values()].flatMap(({ outbox }) => outbox.pending);
    return [...new Map(all.map((record) => [record.seq, record])).values()].toSorted((a, b) => a.seq - b.seq);
  }
}

/** That somebody cannot be notified is no news for himself, and that something was lost for nobody: it would go round. */
function wants({ name, on, severity }: ReceiverConfig, { type, severity: own, fields }: EventRecord): boolean {
  if (type === 'notification-lost' || (fields['code'] === 'notify' && fields['about'] === name)) return false;
  return (on === undefined || on.includes(type)) && SEVERITIES.indexOf(own) <= SEVERITIES.indexOf(severity);
}
