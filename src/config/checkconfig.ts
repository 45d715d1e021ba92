import type { Milliseconds } from '../wire/units.ts';

/** How each backend of a service is checked. */
export type CheckConfig =
  HttpCheckConfig | HttpsCheckConfig | TcpCheckConfig | IcmpCheckConfig | UdpCheckConfig | ExecCheckConfig;

export interface HttpCheckConfig extends CheckPace, RequestConfig {
  readonly type: 'http';
}

export interface HttpsCheckConfig extends CheckPace, RequestConfig {
  readonly type: 'https';
  /** The name that is asked for and that a verified certificate must have; `undefined` for none. */
  readonly sni: string | undefined;
  /** As the service's `tls` says; without one nothing is verified. */
  readonly verify: boolean;
  /** As the service's `tls` says. */
  readonly caFile: string | undefined;
}

export interface TcpCheckConfig extends CheckPace {
  readonly type: 'tcp';
}

export interface IcmpCheckConfig extends CheckPace {
  readonly type: 'icmp';
}

export interface UdpCheckConfig extends CheckPace {
  readonly type: 'udp';
  /** What is sent: text, or `hex:` and hexadecimal digits. */
  readonly send: string;
  /** What must be answered; `undefined` when silence is well and only a refusal is not. */
  readonly expect: MatchConfig | undefined;
}

export interface ExecCheckConfig extends CheckPace {
  readonly type: 'exec';
  /** An absolute path and its arguments; no shell sees them. */
  readonly command: readonly string[];
  /** Whom it runs as; `undefined` for nobody, when this program runs as root. */
  readonly user: string | undefined;
}

/** What is asked and what is a good answer. */
export interface RequestConfig {
  /** Absolute path of the request, with a query if there is one. */
  readonly path: string;
  /** The Host header; `undefined` for the backend's host and port. */
  readonly host: string | undefined;
  /** Good status codes, at least one range. */
  readonly status: readonly StatusRange[];
  /** What the body must hold; `undefined` when it is not looked at. */
  readonly match: MatchConfig | undefined;
}

/** Both ends belong to it, 100 to 599. */
export interface StatusRange {
  readonly from: number;
  readonly to: number;
}

export type MatchConfig =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'pattern'; readonly source: string; readonly flags: string };

export interface CheckPace {
  readonly interval: Milliseconds;
  /** Each check is up to this much later than its turn; less than the interval. */
  readonly jitter: Milliseconds;
  readonly timeout: Milliseconds;
  /** Good results in a row that make a bad backend good, 1 to 100. */
  readonly rise: number;
  /** Bad results in a row that make a good backend bad, 1 to 100. */
  readonly fall: number;
  /** How often a failed check is repeated before it is a bad result, 0 to 10. */
  readonly retry: number;
  readonly delayBeforeRetry: Milliseconds;
  /** Another port than the backend's; always `undefined` with icmp. */
  readonly port: number | undefined;
}
