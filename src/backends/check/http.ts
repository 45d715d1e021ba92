import type { HttpCheckConfig } from '../../config/checkconfig.ts';
import { openStream } from '../../linux/stream.ts';
import { idOf } from '../backend.ts';
import type { Clock } from '../clock.ts';
import { frame, wordsOf } from './probe.ts';
import type { Probe, Target } from './probe.ts';
import { createResponseReader, requestBytes } from './response.ts';

/** A request must be answered well. The connection is new each time, because a proxy's may be, too. */
export function openHttpProbe(check: HttpCheckConfig, clock: Clock): Probe {
  /** BOUNDED by the targets that somebody else holds. */
  const requests = new WeakMap<Target, Uint8Array>();
  const requestTo = (target: Target): Uint8Array => {
    const known = requests.get(target);
    if (known !== undefined) return known;
    const made = requestBytes(check, check.host ?? idOf(target));
    requests.set(target, made);
    return made;
  };
  return {
    look: (target, done) =>
      frame(
        clock,
        check.timeout,
        (say) => {
          const reader = createResponseReader(check);
          const stream = openStream(target.address, target.port, {
            onConnect() {
              const refused = stream.send(requestTo(target));
              if (refused !== undefined) say('bad', wordsOf(refused));
            },
            onBytes(bytes) {
              const judgement = reader.read(bytes);
              if (judgement !== undefined) say(judgement.result, judgement.reason);
            },
            onError: (code) => say('bad', wordsOf(code)),
          });
          return () => stream.reset();
        },
        done,
      ),
    close() {},
  };
}
