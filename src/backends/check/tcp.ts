import type { TcpCheckConfig } from '../../config/checkconfig.ts';
import { openStream } from '../../linux/stream.ts';
import type { Clock } from '../clock.ts';
import { frame, wordsOf } from './probe.ts';
import type { Probe } from './probe.ts';

/** A connection must open. It is closed with a reset, which costs neither side a TIME_WAIT. */
export function openTcpProbe({ timeout }: TcpCheckConfig, clock: Clock): Probe {
  return {
    look: (target, done) =>
      frame(
        clock,
        timeout,
        (say) => {
          const stream = openStream(target.address, target.port, {
            onConnect: () => say('good', 'connected'),
            onBytes: () => {},
            onError: (code) => say('bad', wordsOf(code)),
          });
          return () => stream.reset();
        },
        done,
      ),
    close() {},
  };
}
