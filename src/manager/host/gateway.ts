import { readFileSync } from 'node:fs';
import { openIcmpProbe } from '../../backends/check/icmp.ts';
import { systemClock } from '../../backends/clock.ts';
import type { GatewayHostCheck } from '../../config/hostcheckconfig.ts';
import { parseAddress } from '../../wire/address.ts';
import type { IpAddress } from '../../wire/address.ts';
import { milliseconds } from '../../wire/units.ts';
import type { HostLook } from './look.ts';

/** A router must answer a ping. Without an address it is the gateway of the IPv4 default route at that moment. */
export function gatewayLook({ name, address, interval, timeout, rise, fall }: GatewayHostCheck): HostLook {
  const pace = { interval, jitter: milliseconds(0), timeout, rise, fall, retry: 0, delayBeforeRetry: milliseconds(0) };
  const probe = openIcmpProbe({ type: 'icmp', port: undefined, ...pace }, systemClock);
  return {
    look(done) {
      const gateway = address ?? defaultGateway();
      if (gateway === undefined) {
        const timer = setTimeout(
          () => done({ result: 'bad', reason: 'this host has no default route', duration: milliseconds(0) }),
          0,
        );
        return () => clearTimeout(timer);
      }
      const target = { name, id: name, host: gateway, address: gateway, port: 0 };
      return probe.look(target, (found) => done({ ...found, reason: `${gateway}: ${found.reason}` }));
    },
    close: () => probe.close(),
  };
}

/** /proc/net/route (proc_net(5)): destination and mask 0, the gateway as eight hexadecimal digits in host order. */
export function defaultGateway(table: string = readRoutes()): IpAddress | undefined {
  const routes = table
    .split('\n')
    .slice(1)
    .map((line) => line.split(/\s+/))
    .filter(([, destination, gateway, , , , , mask]) => destination === ZERO && mask === ZERO && gateway !== ZERO)
    .toSorted((a, b) => Number(a[6]) - Number(b[6]));
  const digits = routes[0]?.[2]?.match(/../g)?.map((pair) => Number.parseInt(pair, 16));
  return digits && parseAddress(digits.toReversed().join('.'));
}

const ZERO = '00000000';

function readRoutes(): string {
  try {
    return readFileSync('/proc/net/route', 'utf8');
  } catch {
    return '';
  }
}
