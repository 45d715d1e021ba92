import { randomBytes } from 'node:crypto';
import type { Severity } from '../config/eventname.ts';
import type { ReceiverConfig } from '../config/notifyconfig.ts';
import type { EventRecord } from '../control/event.ts';
import type { NotifyAnswer, NotifyQuestion, ReceiverStatus } from '../control/notify.ts';
import type { RunOptions } from '../control/runoptions.ts';
import type { WarningStatus } from '../control/status.ts';
import { now } from '../linux/clock.ts';
import { Alarms } from './alarms.ts';
import type { UnstampedManagerEvent } from './event.ts';
import { EventLog } from './eventlog.ts';
import { Log, wallClock } from './log.ts';
import { Notifier } from './notify/notify.ts';
import type { LogNames } from './sentence.ts';
import type { Trouble } from './warning.ts';

/** How long the end of the daemon may wait for notifications; the engine waits a second for the manager. */
const LAST_WORDS_MS = 700;

/** Everything that is told passes here: the log of events, and whatever renders it to the outside. */
export class Telling {
  readonly events: EventLog;
  readonly #node: () => string;
  readonly #alarms: Alarms;
  readonly #notifier: Notifier;

  constructor(options: Pick<RunOptions, 'state' | 'logFormat'>, node: () => string, names: LogNames) {
    const log = new Log(options.logFormat);
    this.#node = node;
    this.events = new EventLog({
      directory: options.state,
      now,
      node,
      names,
      onRecord: (record) => log.write(record),
    });
    this.#alarms = new Alarms((event) => this.events.tell(event));
    this.#alarms.restore(this.events.after(0).records, Date.now());
    this.#notifier = new Notifier({ events: this.events });
  }

  tell(event: UnstampedManagerEvent): void {
    this.events.tell(event);
  }

  /** Tells what has no type of its own. */
  say(severity: Severity, detail: string): void {
    this.events.tell({ type: 'manager', severity, detail });
  }

  /** Notifies from now on whom a configuration says. */
  notify(receivers: readonly ReceiverConfig[]): void {
    this.#notifier.follow(receivers);
  }

  /** Notes what needs attention now, besides what is wrong with the telling itself. */
  see(troubles: readonly Trouble[]): WarningStatus[] {
    const { trouble } = this.events;
    const own: Trouble[] = trouble === undefined ? [] : [{ code: 'state', about: 'events', text: trouble }];
    return this.#alarms.see([...troubles, ...own, ...this.#notifier.troubles()], Date.now());
  }

  receivers(): ReceiverStatus[] {
    return this.#notifier.status();
  }

  /** Throws RangeError when no receiver is called so. */
  async test(question: NotifyQuestion): Promise<NotifyAnswer[]> {
    const answers = await this.#notifier.test(question, this.#testRecord());
    if (answers !== undefined) return answers;
    const known = this.#notifier.status().map(({ receiver }) => receiver);
    const wanted =
      question.receiver === undefined ? 'no receiver is configured' : `no receiver is called "${question.receiver}"`;
    throw new RangeError(`${wanted}; the receivers are ${known.join(', ') || 'none, see "notify"'}`);
  }

  /** The end of the daemon: gives notifications a moment, and leaves the rest to the next run. */
  async close(): Promise<void> {
    const patience = new Promise((resolve) => setTimeout(resolve, LAST_WORDS_MS));
    await Promise.race([this.#notifier.close(), patience]);
    this.events.close();
  }

  /** An event that is not in the log. */
  #testRecord(): EventRecord {
    const at = now();
    const node = this.#node();
    const text = `test of the notifications of ${node}; nothing has happened`;
    return {
      ...{
        seq: this.events.last,
        id: `${node}-test-${randomBytes(4).toString('hex')}`,
        type: 'test',
        severity: 'info',
      },
      ...{ time: new Date(wallClock(at)).toISOString(), monotonicMs: Math.round(at * 1000) / 1000 },
      ...{ node, subject: {}, text, fields: {} },
    };
  }
}
