import type { ProbeConfig, ProbeUrl, ServiceConfig } from '../config/config.ts';
import type { StatusRange } from '../config/checkconfig.ts';
import type { IpAddress } from '../wire/address.ts';
import { addressOf } from '../wire/address.ts';
import { endpoint } from './bind.ts';
import type { Wanted } from './listening.ts';

/**
 * What to ask the proxy to find out whether it answers, the third level of liveness. Pure.
 *
 * A question goes through a listener that clients use, and must be answered by the proxy itself, because a dead backend
 * is not a dead proxy. Where the proxy has no answer of its own the question is only whether it accepts connections:
 * the kernel completes them for a proxy that hangs, and knows whether a process has taken one from its queue.
 */
export interface Question {
  readonly address: IpAddress;
  readonly port: number;
  readonly how: How;
}

export type How =
  | {
      readonly kind: 'http' | 'https';
      readonly path: string;
      readonly host: string;
      readonly status: readonly StatusRange[];
    }
  /** A TLS handshake. */
  | { readonly kind: 'tls'; readonly host: string }
  /** A process must accept the connection. */
  | { readonly kind: 'accept' };

/** What the questions follow from. */
export interface Questioned {
  readonly probe: Pick<ProbeConfig, 'urls'>;
  readonly services: readonly ServiceConfig[];
  /** Where the proxy listens now. */
  readonly held: readonly Wanted[];
  /** The addresses of this host. A connection to any other would reach the other node's proxy. */
  readonly isOwn: (address: IpAddress) => boolean;
}

/** The questions, those whose listeners this host can reach; BOUNDED: 256. */
export function questionsFor({ probe, services, held, isOwn }: Questioned): Question[] {
  if (probe.urls.length > 0) return probe.urls.filter(({ address }) => isOwn(address)).map(asked);
  const listens = services.flatMap(({ listen, healthPath, mode }) =>
    listen.map((where): { where: Wanted; path: string | undefined } => ({
      where,
      path: mode === 'http' ? healthPath : undefined,
    })),
  );
  const wanted = listens.length > 0 ? listens : held.map((where) => ({ where, path: undefined }));
  const questions = new Map<string, Question>();
  for (const { where, path } of wanted.slice(0, 256)) {
    const address = reach(where, held);
    if (address === undefined || !isOwn(address)) continue;
    const { port } = where;
    const host = endpoint(address, port);
    // Whatever the proxy says, it answers: what is behind the path is no matter of its liveness.
    const http = { kind: 'http', path: path ?? '/', host, status: ANY_STATUS } as const;
    questions.set(host, { address, port, how: path === undefined ? { kind: 'accept' } : http });
  }
  return [...questions.values()];
}

const ANY_STATUS: readonly StatusRange[] = [{ from: 100, to: 599 }];
const GOOD_STATUS: readonly StatusRange[] = [{ from: 200, to: 399 }];

function asked({ scheme, address, port, path, host }: ProbeUrl): Question {
  switch (scheme) {
    case 'tcp':
      return { address, port, how: { kind: 'accept' } };
    case 'tls':
      return { address, port, how: { kind: 'tls', host } };
    default:
      return { address, port, how: { kind: scheme, path, host, status: GOOD_STATUS } };
  }
}

const LOOPBACK = { ipv4: addressOf('127.0.0.1'), ipv6: addressOf('::1') };

/** The address to ask at: loopback where the proxy listens on all addresses, otherwise one that it listens on. */
function reach({ address, port }: Wanted, held: readonly Wanted[]): IpAddress | undefined {
  const there = held.filter((socket) => socket.port === port);
  const any = address === undefined || address === '0.0.0.0' || address === '::';
  if (!any) return address;
  if (there.length === 0 || there.some((socket) => socket.address === '0.0.0.0')) return LOOPBACK.ipv4;
  if (there.some((socket) => socket.address === '::')) return LOOPBACK.ipv6;
  return there[0]?.address;
}

/** One question in words: `GET /healthz on 127.0.0.1:80`. */
export function questionWords({ address, port, how }: Question): string {
  const where = endpoint(address, port);
  switch (how.kind) {
    case 'http':
      return `GET ${how.path} on ${where}`;
    case 'https':
      return `GET ${how.path} over TLS on ${where}`;
    case 'tls':
      return `a TLS handshake on ${where}`;
    case 'accept':
      return `a connection to ${where}`;
  }
}
