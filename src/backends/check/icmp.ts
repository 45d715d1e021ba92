import type { IcmpCheckConfig } from '../../config/checkconfig.ts';
import { OpError } from '../../linux/operror.ts';
import { openPing } from '../../linux/ping.ts';
import type { PingSocket } from '../../linux/ping.ts';
import { familyOf } from '../../wire/address.ts';
import type { Family } from '../../wire/address.ts';
import type { Clock } from '../clock.ts';
import { frame, wordsOf } from './probe.ts';
import type { Probe } from './probe.ts';

/** A ping must come back. One socket for each family, opened at the first look. */
export function openIcmpProbe({ timeout }: IcmpCheckConfig, clock: Clock): Probe {
  /** BOUNDED: one for each family. */
  const sockets = new Map<Family, PingSocket>();
  const socketOf = (family: Family): PingSocket => {
    const known = sockets.get(family);
    if (known?.isOpen === true) return known;
    const socket = openPing(family);
    sockets.set(family, socket);
    return socket;
  };
  return {
    look: (target, done) =>
      frame(
        clock,
        timeout,
        (say) => {
          try {
            return socketOf(familyOf(target.address)).ping(target.address, () => say('good', 'answered'));
          } catch (error) {
            if (!(error instanceof OpError)) throw error;
            say('bad', error.op.startsWith('send') ? wordsOf(error.code) : error.message);
            return () => {};
          }
        },
        done,
      ),
    close() {
      for (const socket of sockets.values()) socket.close();
      sockets.clear();
    },
  };
}
