import type { Refusal, ReceivedDatagram } from '../vrrp/receive.ts';
import type { Heard, RouterEvent, RouterState } from '../vrrp/state.ts';
import type { Instant } from '../wire/units.ts';

/** What can be done to a simulated pair. Hosts and VIPs are named as in the configuration. */
export type Fault =
  /** The proxy of a host dies, or comes back. */
  | { readonly type: 'proxy'; readonly host: string; readonly state: 'well' | 'dead' }
  /** The daemon is killed; what it told the kernel stays there. */
  | { readonly type: 'crash'; readonly host: string }
  /** The daemon is told to end, and says goodbye. */
  | { readonly type: 'stop'; readonly host: string }
  /** The daemon starts, after a crash, a stop or a boot. */
  | { readonly type: 'start'; readonly host: string }
  | { readonly type: 'powerOff'; readonly host: string }
  /** The daemon gets no more processor time, or gets it again. */
  | { readonly type: 'freeze'; readonly host: string }
  | { readonly type: 'thaw'; readonly host: string }
  /** The carrier of the host's interface goes or comes. */
  | { readonly type: 'link'; readonly host: string; readonly up: boolean }
  /** Nothing can be sent although the link is up: a full queue, a firewall of its own. */
  | { readonly type: 'mute'; readonly host: string; readonly mute: boolean }
  /** One direction between two hosts passes a part of the packets; from a host to itself it reflects them. */
  | { readonly type: 'path'; readonly from: string; readonly to: string; readonly loss: number }
  /** The same on the second path. */
  | { readonly type: 'backPath'; readonly from: string; readonly to: string; readonly loss: number }
  /** Somebody deletes the addresses of a VIP behind the daemon's back. */
  | { readonly type: 'deleteAddresses'; readonly host: string; readonly vip: string }
  /** A foreign speaker sends a datagram to a host. */
  | { readonly type: 'inject'; readonly host: string; readonly datagram: ReceivedDatagram };

/** What happened in a simulation. */
export type Occurrence =
  | { readonly type: 'fault'; readonly at: Instant; readonly fault: Fault }
  /** A step changed the state of a virtual router in its name or its priority. */
  | {
      readonly type: 'transition';
      readonly at: Instant;
      readonly host: string;
      readonly vip: string;
      readonly from: RouterState;
      readonly to: RouterState;
      readonly event: RouterEvent['type'];
    }
  | {
      readonly type: 'sent';
      readonly at: Instant;
      readonly host: string;
      readonly vip: string;
      readonly priority: number;
    }
  | { readonly type: 'heard'; readonly at: Instant; readonly host: string; readonly vip: string; readonly heard: Heard }
  | { readonly type: 'refused'; readonly at: Instant; readonly host: string; readonly refused: Refusal }
  /** A packet for a host that would have read it was lost on the way. */
  | { readonly type: 'lost'; readonly at: Instant; readonly from: string; readonly to: string }
  /** The same on the second path. */
  | { readonly type: 'backLost'; readonly at: Instant; readonly from: string; readonly to: string }
  | {
      readonly type: 'announced';
      readonly at: Instant;
      readonly host: string;
      readonly vip: string;
      readonly cause: 'takeover' | 'conflict';
    };

/** Gets to know everything that happens, in its order. */
export type Observer = (occurrence: Occurrence) => void;
