import type { Fault } from './fault.ts';

/** What `vipair lab fault` understands, one line a fault, for its help text. */
export const faultUsage: readonly string[] = [
  'kill-proxy HOST [main]           SIGKILL to all processes of the proxy, or to the main process only',
  'start-proxy HOST                 starts the proxy that is gone again',
  'stop-proxy HOST                  SIGSTOP to all processes of the proxy; continue-proxy HOST undoes it',
  'hang-proxy HOST                  halts its workers as a debugger does; release-proxy HOST undoes it',
  'close-port HOST                  it runs and does not listen; open-port HOST undoes it',
  'steal-port HOST                  another program listens on port 80; return-port HOST undoes it',
  'kill|stop|continue|end-daemon HOST  SIGKILL, SIGSTOP, SIGCONT, SIGTERM to the daemon',
  'start-daemon HOST                starts the daemon that is gone again',
  'cut MEMBER [second]              no carrier, of the first or second link; restore MEMBER [second] undoes it',
  'blackhole MEMBER                 no frames in or out, carrier stays; heal undoes it',
  'lose FROM TO [vrrp]              frames one way are lost, "*" for all others; pass FROM TO [vrrp] undoes it',
  'heal                             ends every loss and cut',
  'delete-address HOST ADDRESS      removes an address behind the back of its owner',
  'speak MEMBER HEX [ttl=N] [source=IP] [destination=IP] [count=N]   sends a VRRP message of these bytes',
];

const daemonSignals: Readonly<Record<string, NodeJS.Signals>> = {
  'kill-daemon': 'SIGKILL',
  'stop-daemon': 'SIGSTOP',
  'continue-daemon': 'SIGCONT',
  'end-daemon': 'SIGTERM',
};

/** Reads a fault from the words of a command line; `undefined` when they are none. */
export function parseFault(words: readonly string[]): Fault | undefined {
  const [kind = '', first, second, third] = words;
  if (kind === 'heal') return words.length === 1 ? { kind } : undefined;
  if (first === undefined) return undefined;
  const signal = daemonSignals[kind];
  if (signal !== undefined) return words.length === 2 ? { kind: 'signal', host: first, signal } : undefined;
  switch (kind) {
    case 'kill-proxy':
      if (words.length > 3 || (second !== undefined && second !== 'main')) return undefined;
      return { kind, host: first, what: second ?? 'all' };
    case 'start-daemon':
      return words.length === 2 ? { kind: 'start', host: first } : undefined;
    case 'start-proxy':
    case 'stop-proxy':
    case 'continue-proxy':
    case 'hang-proxy':
    case 'release-proxy':
    case 'close-port':
    case 'open-port':
    case 'steal-port':
    case 'return-port':
      return words.length === 2 ? { kind, host: first } : undefined;
    case 'cut':
    case 'restore':
      if (words.length > 3 || (second !== undefined && second !== 'second')) return undefined;
      return second === undefined ? { kind, member: first } : { kind, member: first, link: second };
    case 'blackhole':
      return words.length === 2 ? { kind, member: first } : undefined;
    case 'lose':
    case 'pass':
      if (second === undefined || words.length > 4 || (third !== undefined && third !== 'vrrp')) return undefined;
      return { kind, from: first, to: second, lost: third ?? 'everything' };
    case 'delete-address':
      return second !== undefined && words.length === 3 ? { kind, host: first, address: second } : undefined;
    case 'speak':
      return second === undefined ? undefined : parseSpeech(first, second, words.slice(3));
    default:
      return undefined;
  }
}

function parseSpeech(from: string, payload: string, settings: readonly string[]): Fault | undefined {
  if (!/^([0-9a-f]{2})*$/i.test(payload)) return undefined;
  const values: Record<string, string> = {};
  for (const setting of settings) {
    const [, key, value] = /^(ttl|source|destination|count)=(.+)$/.exec(setting) ?? [];
    if (key === undefined || value === undefined) return undefined;
    values[key] = value;
  }
  const { ttl, source, destination, count } = values;
  const packet = {
    payload,
    ...(ttl === undefined ? {} : { ttl: Number(ttl) }),
    ...(source === undefined ? {} : { source }),
    ...(destination === undefined ? {} : { destination }),
  };
  return {
    kind: 'speak',
    from,
    speech: { packets: [packet], ...(count === undefined ? {} : { count: Number(count) }) },
  };
}
