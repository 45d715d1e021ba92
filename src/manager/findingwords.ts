import type { Finding } from '../pair/finding.ts';
import type { MistakeCode } from '../pair/mistake.ts';
import type { NameOf } from './words.ts';

/** A finding as a sentence: where, what, and what to do about it. */
export function findingWords(finding: Finding, nameOf: NameOf): string {
  const who = finding.node ?? (finding.source === undefined ? 'another host' : nameOf(finding.source));
  switch (finding.code) {
    case 'vrrp-lost':
    case 'vrrp-filtered':
    case 'one-way-in':
    case 'one-way-out':
    case 'silent-neighbor':
      return silenceWords(finding, who);
    case 'address-conflict':
      return `${finding.router}: two hosts hold ${finding.address}: this one, and ${finding.mac}${finding.source === undefined ? '; find that host and remove the address there' : ` (${who}); see why VRRP does not get through to it, or what has put the address there`}`;
    case 'path-lost':
      return `heartbeat ${finding.path}: ${who} is not heard there, only elsewhere; see cable, switch and firewall of that path`;
    case 'path-one-way':
      return `heartbeat ${finding.path}: ${who} is heard there and does not hear this host; see the firewall on ${who}, and the switch`;
    case 'path-key':
      return `heartbeat ${finding.path}: ${who} uses another key; copy the key file of one host to the others and run \`vipair reload\``;
    case 'namesake':
      return `heartbeat ${finding.path}: another host, ${who}, believes to be this node; see its host name and --node`;
    case 'path-unusable':
      return `heartbeat ${finding.path}: ${finding.detail}`;
    case 'peer-lost':
      return `heartbeat: ${who} is heard on no path; it is down, cut off, its daemon does not run, or it has no heartbeat`;
    case 'unreached':
      return 'neither the gateway nor a witness answers this host; see its cable, its switch, and whether they are up';
    case 'config-drift': {
      const what = finding.routers.length === 0 ? '' : ` (${finding.routers.join(', ')})`;
      return `${who} has another configuration in force${what}; give all hosts the same file and run \`vipair reload\` on both`;
    }
    case 'backends-seen-differently':
      return seenWords(finding, who);
    case 'backends-differ':
      return `service ${finding.service}: ${who} has other backends (${finding.theirs.total}) than this host (${finding.own.total}); compare \`vipair backends\` of both, and the sources that they come from`;
    default:
      return `${finding.router}: ${mistakeWords(finding.code, who, finding.isTheirs)}`;
  }
}

type Silence = Extract<Finding, { readonly segment: string }>;

function silenceWords({ code, segment, routers }: Silence, who: string): string {
  const vips = routers.join(', ');
  const [name] = segment.split('/');
  switch (code) {
    case 'vrrp-lost':
      return `${segment}: ${who} lives, and no advertisement passes between ${who} and this host (${vips}): the link between them on ${name} is cut, or IP protocol 112 is filtered; mend it before the other path fails too`;
    case 'vrrp-filtered':
      return `${segment}: ${who} is there, and its advertisements are not (${vips}): multicast or IP protocol 112 is filtered; see the firewalls, IGMP snooping on the switch, or use \`transport: unicast\``;
    case 'one-way-in':
      return `${segment}: ${who} hears this host, and its own advertisements do not arrive here (${vips}): one direction is lost; see the firewall of this host (input, IP protocol 112) and that of ${who} (output)`;
    case 'one-way-out':
      return `${segment}: ${who} does not hear the advertisements of this host, which hears ${who} (${vips}): one direction is lost; see the firewall of this host (output, IP protocol 112) and that of ${who} (input)`;
    case 'silent-neighbor':
      return `${segment}: ${who} answers ${segment.endsWith('/ipv6') ? 'Neighbor Discovery' : 'ARP'}, and its advertisements do not arrive (${vips}): its daemon does not run, or is back and does not preempt, or multicast or IP protocol 112 is filtered; see that host, the firewalls, and IGMP snooping on the switch`;
  }
}

/** How many backends are named, of those that are down on one host only. */
const MOST_NAMED = 5;

/** A host that alone sees a backend down has something on its way there; two that each do have it on both. */
function seenWords(finding: Extract<Finding, { readonly code: 'backends-seen-differently' }>, who: string): string {
  const { service, here, there, own, theirs } = finding;
  const some = (ids: readonly string[]): string => {
    const more = ids.length > MOST_NAMED ? ` and ${ids.length - MOST_NAMED} more` : '';
    return `${ids.slice(0, MOST_NAMED).join(', ')}${more}`;
  };
  const counts = `this host sees ${own.up} of ${own.total} well, ${who} ${theirs.up} of ${theirs.total}`;
  const only = [
    ...(here.length === 0 ? [] : [`down only here: ${some(here)}`]),
    ...(there.length === 0 ? [] : [`down only for ${who}: ${some(there)}`]),
  ];
  const isOurs = here.length > 0 || (there.length === 0 && own.up < theirs.up);
  const isTheirs = there.length > 0 || (here.length === 0 && theirs.up < own.up);
  const whose = isOurs && isTheirs ? 'both hosts' : isOurs ? 'this host' : who;
  return `service ${service}: ${[counts, ...only].join('; ')}; see the way from ${whose} to them (route, firewall, VLAN), and their access lists`;
}

/** `isTheirs`: the other host refuses what this one sends; otherwise this one met it. */
function mistakeWords(code: MistakeCode, who: string, isTheirs: boolean): string {
  const subject = isTheirs ? `${who} refuses the advertisements of this host` : `advertisements of ${who}`;
  const verb = (words: string): string => (isTheirs ? `${subject}: they ${words}` : `${subject} ${words}`);
  switch (code) {
    case 'password':
      return verb('have another password or authentication type; give all hosts the same `auth`');
    case 'version':
      return verb('are of the other VRRP version; give all hosts the same `version`');
    case 'interval':
      return verb('have another interval; give all hosts the same `interval`, which version 2 insists on');
    case 'transport':
      return verb('come by another transport; give all hosts the same `transport`');
    case 'unknown-sender':
      return verb('come from an address that is no node; write it under `nodes`, or find out who it is');
    case 'checksum':
      return verb('have a wrong checksum; see the network card and what rewrites packets on the way');
    case 'hop-limit':
      return verb('have passed a router (hop limit below 255); put all hosts on one link');
    case 'reflected':
      return 'its own advertisements come back, or another host uses its address; see the switch for loops, and the addresses';
    case 'two-owners':
      return verb('claim to own the address (priority 255); only one host may');
    case 'address-list':
      return verb('list other addresses; give all hosts the same file');
    case 'checksum-form':
      return verb('use the other form of the version 3 checksum; both are accepted, see `checksum`');
  }
}
