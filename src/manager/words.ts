import type { Config, VipConfig } from '../config/config.ts';
import type { Reason } from '../vrrp/state.ts';
import type { IpAddress } from '../wire/address.ts';

/** How states and reasons are told to people: the same words in the log and in `status`. */

/** The name of the node that speaks from an address, or the address where no node is known to. */
export type NameOf = (source: IpAddress) => string;

/** Names the other nodes of a VIP by the address they advertise from. */
export function namesFor(config: Config, vip: VipConfig | undefined, self: string): NameOf {
  const others = config.nodes.filter((node) => node.name !== self && vip?.priorities[node.name] !== undefined);
  return (source) => {
    const node = config.nodes.find((candidate) => candidate.addresses.includes(source));
    if (node !== undefined) return node.name;
    // Link-local sources are nobody's configured address; between two nodes there is only one it can be.
    const [only] = others;
    return only !== undefined && others.length === 1 && source.startsWith('fe80:') ? only.name : source;
  };
}

export interface ReasonContext {
  /** The other router that it is about, by name. */
  readonly peer: { readonly name: string } | undefined;
  /** The proxy's trouble, when that is behind the state. */
  readonly because: string | undefined;
  /** What is the matter with the interface. */
  readonly interfaceDetail: string | undefined;
}

/** A reason as a clause that follows the state: `active: lb2 resigned`. */
export function reasonWords(reason: Reason, context: ReasonContext): string {
  const peer = context.peer?.name ?? 'the other router';
  switch (reason) {
    case 'not-started':
      return 'not started';
    case 'startup':
      return 'listening after the start';
    case 'owner':
      return 'owner of the address';
    case 'adopted':
      return 'went on where the last run stopped';
    case 'no-active-router':
      return 'no other router was heard';
    case 'active-router-resigned':
      return `${peer} resigned`;
    case 'active-router-silent':
      return `${peer} fell silent`;
    case 'preempted-lower-priority':
      return `took over from ${peer}, which had the lower priority`;
    case 'higher-priority':
      return `${peer} has the higher priority`;
    case 'higher-address':
      return `${peer} has the same priority and the higher address`;
    case 'proxy-failure':
      return context.because ?? 'the proxy failed';
    case 'stalled':
      return 'the address lease had ended: this host was frozen, or could not advertise';
    case 'mute':
      return 'this host cannot send advertisements, and takes nothing over until it can';
    case 'fault':
      return context.interfaceDetail ?? 'the interface cannot be used';
    case 'shutdown':
      return 'stopped';
  }
}

/** A duration as people say it: `840 ms`, `12 s`, `3 min 5 s`, `2 h 7 min`, `4 d 3 h`. */
export function durationWords(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  const s = Math.floor(ms / 1000);
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${s % 60} s`;
  if (s < 86_400) return `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`;
  return `${Math.floor(s / 86_400)} d ${Math.floor((s % 86_400) / 3600)} h`;
}
