import type { Milliseconds } from '../wire/units.ts';
import type { EventName, Severity } from './eventname.ts';

/** Whom the daemon notifies of its events, and of which. Secrets stand in files; only their paths are here. */
export type ReceiverConfig = ExecReceiver | SmtpReceiver | WebhookReceiver;

/** What every receiver has. */
export interface ReceiverFilter {
  readonly name: string;
  /** The types of events that it gets; `undefined` for all. */
  readonly on: readonly EventName[] | undefined;
  /** It gets what is this bad or worse. */
  readonly severity: Severity;
  /** How long one attempt may take. */
  readonly timeout: Milliseconds;
}

export interface ExecReceiver extends ReceiverFilter {
  readonly kind: 'exec';
  /** The program and its arguments; no shell. */
  readonly command: readonly string[];
  /** Whom it runs as; `undefined` for `nobody`, or this user where that is not root. */
  readonly user: string | undefined;
}

export interface SmtpReceiver extends ReceiverFilter {
  readonly kind: 'smtp';
  readonly host: string;
  readonly port: number;
  readonly from: string;
  readonly to: readonly string[];
  /** `starttls`: asked for and required. `implicit`: TLS from the first byte. */
  readonly tls: 'none' | 'starttls' | 'implicit';
  readonly user: string | undefined;
  readonly passwordFile: string | undefined;
}

export interface WebhookReceiver extends ReceiverFilter {
  readonly kind: 'webhook';
  readonly url: string;
  /** Holds a token that is sent as `Authorization: Bearer`. */
  readonly tokenFile: string | undefined;
  /** Holds the key that requests are signed with. */
  readonly secretFile: string | undefined;
  /** Certificates that are trusted, PEM; `undefined` for the system's. */
  readonly caFile: string | undefined;
}
