import { connect } from 'node:tls';
import { openProbe } from '../backends/check/open.ts';
import { frame, wordsOf } from '../backends/check/probe.ts';
import type { Target } from '../backends/check/probe.ts';
import { systemClock } from '../backends/clock.ts';
import type { HttpCheckConfig, HttpsCheckConfig } from '../config/checkconfig.ts';
import { errorCode, OpError } from '../linux/operror.ts';
import { openSocketDiagnosis } from '../linux/sockdiag.ts';
import type { SocketDiagnosis } from '../linux/sockdiag.ts';
import { openStream } from '../linux/stream.ts';
import type { Answer, Ask } from '../proxy/answerwatch.ts';
import type { How, Question } from '../proxy/question.ts';
import { milliseconds } from '../wire/units.ts';
import type { Milliseconds } from '../wire/units.ts';

/** Asks the proxy on this host one question: with the probes that backends are checked with, and two of its own. */
export const ask: Ask = (question, timeout, done) => {
  const { how } = question;
  switch (how.kind) {
    case 'http':
    case 'https':
      return askHttp(question, how, timeout, done);
    case 'tls':
      return askTls(question, how.host, timeout, done);
    case 'accept':
      return askAccept(question, timeout, done);
  }
};

type Done = (answer: Answer) => void;

function askHttp(
  question: Question,
  { kind, path, host, status }: Extract<How, { kind: 'http' | 'https' }>,
  timeout: Milliseconds,
  done: Done,
): () => void {
  const pace = { interval: timeout, jitter: NONE, timeout, rise: 1, fall: 1, retry: 0, delayBeforeRetry: NONE };
  const request = { path, host, status, match: undefined, port: undefined };
  const name = /[a-z]/i.test(host) && !host.includes('[') ? host.replace(/:\d+$/, '') : undefined;
  const check: HttpCheckConfig | HttpsCheckConfig =
    kind === 'http'
      ? { type: 'http', ...pace, ...request }
      : { type: 'https', ...pace, ...request, sni: name, verify: false, caFile: undefined };
  return openProbe(check, systemClock).look(targetOf(question), done);
}

const NONE = milliseconds(0);

const targetOf = ({ address, port }: Question): Target => ({
  name: 'proxy',
  id: 'proxy',
  host: address,
  address,
  port,
});

/** The certificate is the clients' business. */
function askTls({ address, port }: Question, host: string, timeout: Milliseconds, done: Done): () => void {
  return frame(
    systemClock,
    timeout,
    (say) => {
      const servername = /^[a-z]/i.test(host) ? { servername: host.replace(/:\d+$/, '') } : {};
      const socket = connect({ host: address, port, rejectUnauthorized: false, ...servername });
      socket.on('secureConnect', () => say('good', `handshake, ${socket.getProtocol() ?? 'TLS'}`));
      socket.on('error', (error) => say('bad', wordsOf(errorCode(error) ?? error.message)));
      socket.on('close', () => say('bad', 'closed within the handshake'));
      return () => {
        socket.removeAllListeners().on('error', () => {});
        socket.destroy();
      };
    },
    done,
  );
}

/** How long to wait before it is looked again whether a connection was accepted. */
const PATIENCE = milliseconds(3);

/** Ports that connections begin at, so that the kernel can be asked what has become of them. */
const FIRST_PORT = 33_000;
const PORTS = 27_000;
let lastPort = Math.floor(Math.random() * PORTS);

let diagnosis: SocketDiagnosis | undefined;

/**
 * A process must take the connection from the listening socket's queue. Nothing is sent, so nothing is logged; the
 * connection is closed with a reset.
 */
function askAccept({ address, port }: Question, timeout: Milliseconds, done: Done): () => void {
  return frame(
    systemClock,
    timeout,
    (say) => {
      const from = FIRST_PORT + (lastPort = (lastPort + 1) % PORTS);
      let cancel = (): void => {};
      const look = (): void => {
        const fate = fateOf({ address, port }, { address, port: from });
        if (fate !== 'queued') return say('good', fate === 'unknown' ? 'connected' : 'accepted');
        cancel = systemClock.after(PATIENCE, look);
      };
      const stream = openStream(
        address,
        port,
        {
          onConnect: look,
          onBytes: () => say('good', 'accepted'),
          // Another program has just this port: it says nothing about the proxy, and the next one is free.
          onError: (code) => (code === 'EADDRINUSE' ? say('good', 'not asked') : say('bad', wordsOf(code))),
        },
        from,
      );
      return () => {
        cancel();
        stream.reset();
      };
    },
    (answer) =>
      done(
        answer.result === 'bad' && answer.reason.startsWith('no answer') ? { ...answer, reason: UNACCEPTED } : answer,
      ),
  );
}

const UNACCEPTED = 'no process has accepted it';

/** `unknown` where the kernel does not answer such questions. */
function fateOf(...ends: Parameters<SocketDiagnosis['fateOf']>): ReturnType<SocketDiagnosis['fateOf']> | 'unknown' {
  try {
    return (diagnosis ??= openSocketDiagnosis()).fateOf(...ends);
  } catch (error) {
    if (!(error instanceof OpError)) throw error;
    return 'unknown';
  }
}
