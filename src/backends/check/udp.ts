import { createSocket } from 'node:dgram';
import type { UdpCheckConfig } from '../../config/checkconfig.ts';
import { errorCode } from '../../linux/operror.ts';
import type { Clock } from '../clock.ts';
import { milliseconds } from '../../wire/units.ts';
import { frame, wordsOf } from './probe.ts';
import type { Probe, Say, Target } from './probe.ts';
import { formatMatch, matches } from './response.ts';

/**
 * A datagram must be answered. Without `expect` silence is well: many services do not answer what they do not
 * understand, and a closed port says so with an ICMP error, which reaches a connected socket as ECONNREFUSED.
 */
export function openUdpProbe(check: UdpCheckConfig, clock: Clock): Probe {
  const message = datagramOf(check.send);
  // The frame's own time-out is the bad end; silence that is well has to end before it.
  const frameTimeout = milliseconds(check.timeout + (check.expect === undefined ? 1000 : 0));
  return {
    look: (target, done) => frame(clock, frameTimeout, (say) => ask(check, message, target, say, clock), done),
    close() {},
  };
}

/** The bytes of `send`: `hex:` and digits, or text. */
export const datagramOf = (send: string): Uint8Array =>
  send.startsWith('hex:') ? Buffer.from(send.slice(4), 'hex') : Buffer.from(send, 'utf8');

function ask(
  { expect, timeout }: UdpCheckConfig,
  message: Uint8Array,
  target: Target,
  say: Say,
  clock: Clock,
): () => void {
  const socket = createSocket(target.address.includes(':') ? 'udp6' : 'udp4');
  const silence = expect === undefined ? clock.after(timeout, () => say('good', 'not refused')) : undefined;
  socket.on('error', (error) => say('bad', wordsOf(errorCode(error) ?? error.message)));
  socket.on('message', (answer) => {
    if (expect === undefined || matches(expect, answer.toString('latin1'))) say('good', 'answered');
    else say('bad', `answered without ${formatMatch(expect)}`);
  });
  socket.connect(target.port, target.address, (error?: Error) => {
    if (error !== undefined && error !== null) return say('bad', wordsOf(errorCode(error) ?? error.message));
    try {
      socket.send(message);
    } catch (failure) {
      say('bad', wordsOf(errorCode(failure) ?? String(failure)));
    }
  });
  return () => {
    silence?.();
    socket.removeAllListeners().on('error', () => {});
    socket.close();
  };
}
