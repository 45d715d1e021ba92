import { isHeard } from '../pair/peers.ts';
import { refusalOf } from '../pair/refusalnumber.ts';
import { reportOn } from '../pair/standin.ts';
import { givesWay, RESIGNED } from '../vrrp/priority.ts';
import type { Remark } from '../vrrp/receive.ts';
import type { Heard } from '../vrrp/state.ts';
import { labelOf } from '../wire/heartbeat.ts';
import { after, between, milliseconds } from '../wire/units.ts';
import type { Instant } from '../wire/units.ts';
import { configOf } from './instance.ts';
import type { Instance } from './instance.ts';
import { identityOf } from './pairlink.ts';
import type { IpAddress } from '../wire/address.ts';
import type { PairLink } from './pairlink.ts';
import type { RouterTraces } from './snapshot.ts';

/** How many sources of advertisements a virtual router tells apart. */
const MOST_SOURCES = 16;

/** A refusal that a peer reports is news for so long. */
const NEWS = milliseconds(3000);

/** Takes note of an advertisement that was accepted, before it is stepped. */
export function noteVoice(instance: Instance, heard: Heard, remarks: readonly Remark[], at: Instant): void {
  const { traces, state } = instance;
  const { voices } = traces;
  const { source } = heard;
  if (voices.size >= MOST_SOURCES && !voices.has(source)) voices.clear();
  voices.set(source, at);
  for (const remark of remarks) traces.remarks.set(remark, { source, at });
  const own = { priority: state.priority, source: configOf(instance).source };
  if (state.name !== 'active' || heard.priority === RESIGNED || givesWay(own, heard)) return;
  const { contender } = traces;
  const goesOn = contender?.source === source && at <= after(contender.at, milliseconds(3 * heard.interval));
  // What has come while this host was away is read at once, before the sender had a word of ours to hear.
  const isAnswer = goesOn && at > contender.at;
  traces.contender = { source, at, count: goesOn ? contender.count + (isAnswer ? 1 : 0) : 1 };
}

/**
 * The node whose advertisements come from an address. Over IPv6 that is a link-local one, which the configuration does not
 * have; the Ethernet address tells whose it is, as soon as the node has answered for both.
 */
function nodeOf({ assignment, port }: Instance, source: IpAddress): IpAddress {
  const { peers } = assignment.router;
  const mac = port.neighbors.get(source)?.mac;
  if (peers.includes(source) || mac === undefined) return source;
  return peers.find((peer) => port.neighbors.get(peer)?.mac === mac) ?? source;
}

/** What is known of a virtual router of others, as plain data. */
export function tracesOf(instance: Instance, { peers, assignment }: PairLink, at: Instant): RouterTraces {
  const { traces, state, port } = instance;
  const own = labelOf(configOf(instance).source);
  const contender = state.name === 'active' ? traces.contender : undefined;
  const isNode = (source: IpAddress): boolean => instance.assignment.router.peers.includes(source);
  return {
    voices: [...traces.voices].map(([source, heardAt]) => ({ source: nodeOf(instance, source), at: heardAt })),
    refusals: [...traces.refusals].map(([refusal, seen]) => ({ refusal, ...seen })),
    remarks: [...traces.remarks].map(([remark, seen]) => ({ remark, ...seen })),
    contender: contender && { ...contender, source: nodeOf(instance, contender.source) },
    // A gateway is asked, too, and is no node.
    neighbors: [...port.neighbors].flatMap(([source, seen]) => (isNode(source) ? [{ source, ...seen }] : [])),
    reports: [...(peers ?? [])].flatMap((peer) => {
      const report = reportOn(peer.beat, identityOf(instance));
      if (report === undefined || peer.at === undefined || !isHeard(peer, at)) return [];
      const age = between(peer.at, at);
      const { heard, refused } = report;
      const refusesUs = refused?.source === own && refused.age + age <= NEWS ? refusalOf(refused.reason) : undefined;
      return [
        {
          node: peer.node,
          state: report.state,
          listensFor: between(traces.listeners.get(peer.node)?.since ?? at, at),
          heardUs: heard?.source === own ? milliseconds(heard.age + age) : undefined,
          refusesUs,
          agrees: report.digest === (assignment?.digests[instance.assignment.key] ?? 0),
        },
      ];
    }),
  };
}
