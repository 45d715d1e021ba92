import { familyOf, parseAddress } from '../../wire/address.ts';
import type { Family, IpAddress } from '../../wire/address.ts';
import { OpError } from '../../linux/operror.ts';
import { ask } from '../program.ts';

/** An interface of the host with all that is of interest. */
export interface LinkFacts {
  readonly name: string;
  readonly index: number;
  readonly mac: string;
  readonly isUp: boolean;
  readonly hasCarrier: boolean;
  readonly isMulticast: boolean;
  readonly mtu: number;
  /** The mode of a bond; `undefined` when it is none. */
  readonly bondMode: string | undefined;
  /** The bridge that it is, or is a port of. */
  readonly bridge: { readonly name: string; readonly snoops: boolean; readonly queries: boolean } | undefined;
  readonly addresses: readonly LinkAddress[];
}

export interface LinkAddress {
  readonly family: Family;
  readonly address: IpAddress;
  readonly prefixLength: number;
  /** Whether the kernel keeps it until somebody removes it. */
  readonly isForever: boolean;
}

/** The words of `ip -details -json address show` that are read here (ip-address(8)). */
interface Shown {
  readonly ifname?: string;
  readonly ifindex?: number;
  readonly address?: string;
  readonly flags?: readonly string[];
  readonly mtu?: number;
  readonly master?: string;
  readonly linkinfo?: { readonly info_kind?: string; readonly info_data?: Readonly<Record<string, unknown>> };
  readonly addr_info?: readonly {
    readonly local?: string;
    readonly prefixlen?: number;
    readonly valid_life_time?: number;
  }[];
}

/** For ever, in the kernel's seconds. */
const FOREVER = 0xffff_ffff;

/** All interfaces of this network namespace. Throws OpError where iproute2 is missing. */
export async function lookAtLinks(): Promise<LinkFacts[]> {
  const command = ['ip', '-details', '-json', 'address', 'show'];
  const printed = await ask(command);
  if (printed === undefined) throw new OpError('run "ip"', 'ENOENT', { advice: 'install iproute2' });
  const links = readLinks(printed.stdout);
  if (links === undefined) throw new OpError(`read what "${command.join(' ')}" says`, 'EPROTO');
  return links;
}

/** Reads them. Pure. `undefined` when the text is not what ip(8) prints. */
export function readLinks(text: string): LinkFacts[] | undefined {
  const shown = parse(text);
  return shown?.map((link) => {
    const flags = link.flags ?? [];
    const bridge = [link, shown.find(({ ifname }) => ifname === link.master)].find(
      (each) => each?.linkinfo?.info_kind === 'bridge',
    );
    const mode = link.linkinfo?.info_data?.['mode'];
    const isBond = link.linkinfo?.info_kind === 'bond';
    return {
      ...{ name: link.ifname ?? '', index: link.ifindex ?? 0, mac: link.address ?? '', mtu: link.mtu ?? 0 },
      isUp: flags.includes('UP'),
      hasCarrier: flags.includes('LOWER_UP'),
      isMulticast: flags.includes('MULTICAST'),
      bondMode: isBond && typeof mode === 'string' ? mode : undefined,
      bridge: bridge && {
        name: bridge.ifname ?? '',
        snoops: bridge.linkinfo?.info_data?.['mcast_snooping'] === 1,
        queries: bridge.linkinfo?.info_data?.['mcast_querier'] === 1,
      },
      addresses: (link.addr_info ?? []).flatMap((each) => {
        const address = parseAddress(each.local ?? '');
        if (address === undefined) return [];
        const isForever = (each.valid_life_time ?? FOREVER) === FOREVER;
        return [{ family: familyOf(address), address, prefixLength: each.prefixlen ?? 0, isForever }];
      }),
    };
  });
}

function parse(text: string): readonly Shown[] | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? (value as readonly Shown[]) : undefined;
  } catch {
    return undefined;
  }
}
