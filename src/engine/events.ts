import type { Reason, RouterState } from '../vrrp/state.ts';
import type { Refusal, Remark } from '../vrrp/receive.ts';
import type { IpAddress } from '../wire/address.ts';
import type { Instant, Milliseconds } from '../wire/units.ts';

/**
 * The notable events of the engine, one typed list. The manager renders them as log lines; nothing else formats log
 * text. The engine never writes to a log itself, because a blocked standard error would stall the protocol.
 */
export type EngineEvent = { readonly at: Instant } & (
  | {
      readonly type: 'started';
      /** SCHED_FIFO priority, 0 for none; `refusal` is the errno when it was asked for in vain. */
      readonly realtime: number;
      readonly refusal: string | undefined;
    }
  | {
      readonly type: 'transition';
      readonly router: string;
      readonly from: RouterState['name'];
      readonly to: RouterState['name'];
      readonly reason: Reason;
      readonly priority: number;
      /** The other router that was heard last. */
      readonly peer: { readonly source: IpAddress; readonly priority: number } | undefined;
      /** The proxy's trouble in words, when that is behind it. */
      readonly because: string | undefined;
    }
  | {
      readonly type: 'priority';
      readonly router: string;
      readonly priority: number;
      readonly because: string | undefined;
    }
  | { readonly type: 'interface'; readonly interface: string; readonly state: SegmentState; readonly detail: string }
  | { readonly type: 'send-failed'; readonly router: string; readonly detail: string }
  | { readonly type: 'address-failed'; readonly router: string; readonly address: IpAddress; readonly detail: string }
  | { readonly type: 'address-restored'; readonly router: string; readonly address: IpAddress }
  /** Another host answers for an address that we hold. */
  | { readonly type: 'address-conflict'; readonly router: string; readonly address: IpAddress; readonly mac: string }
  /** An address that no VRRP router speaks for was in use before we took it. */
  | { readonly type: 'address-in-use'; readonly router: string; readonly address: IpAddress; readonly mac: string }
  /** Another program has put a virtual router's address on this host. */
  | { readonly type: 'address-stray'; readonly router: string; readonly address: IpAddress }
  | { readonly type: 'address-swept'; readonly address: IpAddress; readonly interface: string }
  | {
      readonly type: 'refused';
      readonly interface: string;
      readonly router: string | undefined;
      readonly refusal: Refusal | 'truncated' | 'ip-header';
      readonly source: IpAddress | undefined;
      readonly vrid: number | undefined;
    }
  | { readonly type: 'remark'; readonly router: string; readonly remark: Remark; readonly source: IpAddress }
  | { readonly type: 'proxy-exited'; readonly pid: number }
  /** The proxy's process cannot be watched: its death is learned from the manager's looks, which come later. */
  | { readonly type: 'proxy-unwatched'; readonly detail: string }
  | { readonly type: 'stalled'; readonly lateness: Milliseconds }
  /** The addresses were not renewed in time although the host was not frozen: no advertisement could be sent. */
  | { readonly type: 'lease-lapsed'; readonly router: string }
  | { readonly type: 'manager-exited'; readonly status: string; readonly restartIn: Milliseconds }
);

/** An event before the engine stamps it with its time. */
export type UnstampedEvent = EngineEvent extends infer E ? (E extends EngineEvent ? Omit<E, 'at'> : never) : never;

/** What an interface is to its virtual routers. */
export type SegmentState = 'absent' | 'down' | 'no-address' | 'failed' | 'up';
