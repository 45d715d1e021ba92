import type { ReceiverConfig } from '../../config/notifyconfig.ts';
import type { EventRecord } from '../../control/event.ts';
import { execSender } from './exec.ts';
import { smtpSender } from './smtp.ts';
import { webhookSender } from './webhook.ts';

/** What became of one attempt. */
export type Outcome =
  | { readonly kind: 'delivered'; readonly detail: string }
  /** Nobody was there, or not now: it is tried again for as long as there is room for it. */
  | { readonly kind: 'later'; readonly reason: string }
  /** It was heard and not taken: it is tried again a few times. */
  | { readonly kind: 'refused'; readonly reason: string };

/** Delivers to one receiver. */
export interface Sender {
  /** One attempt, which ends when the signal says so. Never rejects. */
  send(record: EventRecord, signal: AbortSignal): Promise<Outcome>;
  /** What would be sent, line by line, with secrets masked. */
  describe(record: EventRecord): string[];
}

/** What delivers to a receiver of the configuration. */
export function openSender(receiver: ReceiverConfig): Sender {
  switch (receiver.kind) {
    case 'exec':
      return execSender(receiver);
    case 'smtp':
      return smtpSender(receiver);
    case 'webhook':
      return webhookSender(receiver);
  }
}
