/** What a receiver of notifications is and how far it is, as part of the status. */
export interface ReceiverStatus {
  readonly receiver: string;
  readonly kind: 'exec' | 'smtp' | 'webhook';
  /** How many events wait for it. */
  readonly pending: number;
  /** Since the manager was started. */
  readonly delivered: number;
  /** Attempts that failed, since the manager was started. */
  readonly failures: number;
  /** Events that it was to get and never will: given up, or pushed out of a full queue. Also of former runs. */
  readonly lost: number;
  /** Why the last attempt failed; null when it did not. */
  readonly trouble: string | null;
  /** The number of the last event that it has got; null for none yet. */
  readonly last: number | null;
}

/** What is asked of a test. */
export interface NotifyQuestion {
  /** `undefined` for all. */
  readonly receiver: string | undefined;
  /** Only say what would be sent. */
  readonly dry: boolean;
}

/** What became of the test of one receiver. */
export interface NotifyAnswer {
  readonly receiver: string;
  readonly kind: ReceiverStatus['kind'];
  readonly result: 'delivered' | 'failed' | 'dry';
  /** In words. */
  readonly message: string;
  /** What was or would be sent, line by line; secrets are masked. */
  readonly sent: readonly string[];
  readonly durationMs: number;
}
