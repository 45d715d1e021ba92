import type { Config } from '../../config/config.ts';
import { whyNotShared } from '../../linux/sharing.ts';
import { bindsOf } from '../../proxy/bind.ts';
import { commOf } from '../../proxy/discover.ts';
import { frontModel } from '../../proxy/frontmodel.ts';
import { socketTable } from '../../proxy/listenwatch.ts';
import type { Stranger } from '../../proxy/listening.ts';
import type { IpAddress } from '../../wire/address.ts';
import type { Patient } from '../patient.ts';

/** Where the proxy is to listen, and who listens there. */
export interface PortFacts {
  readonly address: IpAddress | undefined;
  readonly port: number;
  /** The services that listen there. */
  readonly service: string;
  /** Processes that are neither the proxy nor vipair. */
  readonly strangers: readonly Stranger[];
  /** The errno with which an address cannot be bound here. */
  readonly bindRefused: string | undefined;
}

/** Looks at the listening sockets of this network namespace. Throws OpError where the kernel does not answer. */
export function lookAtPorts({ config, profile, status }: Patient): PortFacts[] {
  const wanted = wantedBy(config);
  if (wanted.length === 0 || profile === undefined || config.proxy === undefined) return [];
  const table = socketTable();
  const sockets = table.listeners().filter(({ port }) => wanted.some((each) => each.port === port));
  const { byInode } = table.owners(
    'all',
    sockets.map(({ inode }) => inode),
  );
  const own = new Set([status?.engine.pid, status?.manager.pid]);
  const comm = commOf(profile, config.proxy);
  return wanted.map(({ service, address, port }) => {
    const holders = sockets
      .filter((socket) => socket.port === port && isTogether(socket.address, address))
      .flatMap(({ inode }) => byInode.get(inode) ?? []);
    const strangers = [...new Set(holders)]
      .filter((pid) => !own.has(pid))
      .map((pid) => table.describe(pid))
      .filter((each) => each.comm !== comm);
    // Managed sockets are opened so that the address need not be there.
    const isTried = address !== undefined && config.proxy?.managed === undefined;
    const code = isTried ? whyNotShared(address, port) : undefined;
    return { service, address, port, strangers, bindRefused: code === 'EADDRNOTAVAIL' ? code : undefined };
  });
}

const WILDCARDS: readonly string[] = ['0.0.0.0', '::'];

const isTogether = (taken: IpAddress, wanted: IpAddress | undefined): boolean =>
  wanted === undefined || taken === wanted || WILDCARDS.includes(taken) || WILDCARDS.includes(wanted);

function wantedBy({ services, proxy }: Config): Pick<PortFacts, 'service' | 'address' | 'port'>[] {
  if (services.length === 0)
    return (proxy?.listen ?? []).map((port) => ({ service: 'proxy', address: undefined, port }));
  const binds = bindsOf(frontModel(services, new Map()));
  const seen = new Set<string>();
  return binds.flatMap(({ service, address, port }) => {
    const isWild = WILDCARDS.includes(address);
    const key = `${isWild ? '*' : address} ${port}`;
    if (seen.has(key)) return [];
    seen.add(key);
    return [{ service, address: isWild ? undefined : address, port }];
  });
}
