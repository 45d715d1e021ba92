import type { Packet } from './packet.ts';

/**
 * The rules of a firewall, whatever wrote them, and what they do to a packet. Pure.
 *
 * Not everything that a rule asks can be known beforehand: marks, rates, who a source will be. So a rule matches, does
 * not match, or may match, and the answer is `accept`, `drop`, or `unclear`. Only a drop that nothing can prevent is
 * called one.
 */

/** `undefined` when it cannot be told. */
export type Condition = (packet: Packet) => boolean | undefined;

export type Verdict =
  | { readonly kind: 'accept' | 'drop' | 'return' | 'continue' }
  | { readonly kind: 'jump' | 'goto'; readonly chain: string };

export interface Rule {
  /** All must hold. */
  readonly conditions: readonly Condition[];
  /** `undefined` when it cannot be told. */
  readonly verdict: (packet: Packet) => Verdict | undefined;
  /** As the administrator wrote it. */
  readonly text: string;
}

export type Hook = 'ingress' | 'prerouting' | 'input' | 'output' | 'postrouting' | 'egress';

/** Where a chain is hooked in; other chains are only jumped to. */
export interface Base {
  readonly hook: Hook;
  /** The lesser first. */
  readonly priority: number;
  readonly policy: 'accept' | 'drop';
  /** The only interfaces it is for; `undefined` for all. */
  readonly devices: readonly string[] | undefined;
}

export interface Chain {
  /** Unique among those it may jump to: family, table and name. */
  readonly id: string;
  /** For people, and for commands: `inet filter input`. */
  readonly name: string;
  readonly tool: 'nft' | 'iptables' | 'ip6tables';
  readonly families: readonly ('ipv4' | 'ipv6')[];
  readonly base: Base | undefined;
  readonly rules: readonly Rule[];
}

/** What becomes of a packet. */
export type Fate =
  | { readonly kind: 'accept' }
  | {
      readonly kind: 'drop' | 'unclear';
      /** The base chain where it happens; that is where a rule helps. */
      readonly chain: Chain;
      /** The rule, or the chain's policy. */
      readonly text: string;
    };

const HOOKS: Readonly<Record<Packet['direction'], readonly Hook[]>> = {
  in: ['ingress', 'prerouting', 'input'],
  out: ['output', 'postrouting', 'egress'],
};

/** What all chains together do to a packet: a drop is final, an acceptance is good for one base chain only. */
export function fateOf(chains: readonly Chain[], packet: Packet): Fate {
  const byId = new Map(chains.map((chain) => [chain.id, chain]));
  let doubt: Fate | undefined;
  for (const hook of HOOKS[packet.direction]) {
    const hooked = chains
      .filter(({ base, families }) => base?.hook === hook && families.includes(packet.family))
      .filter(({ base }) => base?.devices === undefined || base.devices.includes(packet.interface))
      .toSorted((a, b) => (a.base?.priority ?? 0) - (b.base?.priority ?? 0));
    for (const chain of hooked) {
      const fate = fateIn(chain, byId, packet);
      if (fate.kind === 'drop') return fate;
      if (fate.kind === 'unclear') doubt ??= fate;
    }
  }
  return doubt ?? { kind: 'accept' };
}

/** How far a walk has come. */
interface Walk {
  readonly byId: ReadonlyMap<string, Chain>;
  readonly packet: Packet;
  /** Rules that may have ended it, one way or the other. */
  mayAccept: string | undefined;
  mayDrop: string | undefined;
}

type Ending = { readonly kind: 'accept' | 'end' } | { readonly kind: 'drop'; readonly text: string };

function fateIn(chain: Chain, byId: Walk['byId'], packet: Packet): Fate {
  const walk: Walk = { byId, packet, mayAccept: undefined, mayDrop: undefined };
  const ending = follow(chain, walk, true, 0);
  const isDropped = ending.kind === 'drop' || (ending.kind === 'end' && chain.base?.policy === 'drop');
  if (isDropped) {
    const text = ending.kind === 'drop' ? ending.text : `policy drop of ${chain.name}`;
    if (walk.mayAccept === undefined) return { kind: 'drop', chain, text };
    return { kind: 'unclear', chain, text: walk.mayAccept };
  }
  return walk.mayDrop === undefined ? { kind: 'accept' } : { kind: 'unclear', chain, text: walk.mayDrop };
}

/** The kernel refuses loops, and more jumps within each other than this. */
const DEEPEST = 16;

/** Follows a chain; `isSure` while it is certain that the packet comes here at all. */
function follow(chain: Chain, walk: Walk, isSure: boolean, depth: number): Ending {
  let isCertain = isSure;
  for (const rule of chain.rules) {
    const match = allOf(rule.conditions, walk.packet);
    if (match === false) continue;
    const verdict = rule.verdict(walk.packet);
    const isSettled = match === true && isCertain && verdict !== undefined;
    switch (verdict?.kind) {
      case 'continue':
        continue;
      case undefined:
        walk.mayAccept ??= rule.text;
        walk.mayDrop ??= rule.text;
        continue;
      case 'accept':
      case 'drop': {
        if (!isSettled && verdict.kind === 'accept') walk.mayAccept ??= rule.text;
        if (!isSettled && verdict.kind === 'drop') walk.mayDrop ??= rule.text;
        if (match !== true) continue;
        if (!isSettled) return { kind: 'end' };
        return verdict.kind === 'accept' ? { kind: 'accept' } : { kind: 'drop', text: rule.text };
      }
      case 'return':
        if (match === true) return { kind: 'end' };
        isCertain = false;
        continue;
      case 'jump':
      case 'goto': {
        const target = walk.byId.get(verdict.chain);
        if (target === undefined || depth >= DEEPEST) continue;
        const ending = follow(target, walk, isSettled, depth + 1);
        if (isSettled && ending.kind !== 'end') return ending;
        if (verdict.kind === 'goto' && match === true) return { kind: 'end' };
        if (verdict.kind === 'goto') isCertain = false;
      }
    }
  }
  return { kind: 'end' };
}

function allOf(conditions: readonly Condition[], packet: Packet): boolean | undefined {
  let isKnown = true;
  for (const condition of conditions) {
    const holds = condition(packet);
    if (holds === false) return false;
    if (holds === undefined) isKnown = false;
  }
  return isKnown ? true : undefined;
}
