import { readFileSync } from 'node:fs';
import { connect, createSecureContext } from 'node:tls';
import type { SecureContext } from 'node:tls';
import type { HttpsCheckConfig } from '../../config/checkconfig.ts';
import { errorCode } from '../../linux/operror.ts';
import { idOf } from '../backend.ts';
import type { Clock } from '../clock.ts';
import { frame, wordsOf } from './probe.ts';
import type { Probe, Say, Target } from './probe.ts';
import { createResponseReader, requestBytes } from './response.ts';

/** The same over TLS. Sessions are not resumed: a certificate that has run out must be noticed. */
export function openHttpsProbe(check: HttpsCheckConfig, clock: Clock): Probe {
  let context: SecureContext | undefined;
  return {
    look: (target, done) =>
      frame(
        clock,
        check.timeout,
        (say) => {
          try {
            // The file of trusted certificates may come later than the configuration that names it.
            context ??= createSecureContext(check.caFile === undefined ? {} : { ca: readFileSync(check.caFile) });
          } catch (error) {
            say('bad', `cannot read "${check.caFile}": ${errorCode(error) ?? 'no certificates'}`);
            return () => {};
          }
          return ask(check, context, target, say);
        },
        done,
      ),
    close() {},
  };
}

function ask(check: HttpsCheckConfig, secureContext: SecureContext, target: Target, say: Say): () => void {
  const { sni } = check;
  const reader = createResponseReader(check);
  const socket = connect({
    host: target.address,
    port: target.port,
    secureContext,
    rejectUnauthorized: check.verify,
    ...(sni === undefined ? {} : { servername: sni }),
  });
  const read = (bytes: Uint8Array): void => {
    const judgement = reader.read(bytes);
    if (judgement !== undefined) say(judgement.result, judgement.reason);
  };
  socket.on('secureConnect', () => socket.write(requestBytes(check, check.host ?? sni ?? idOf(target))));
  socket.on('data', read);
  socket.on('end', () => read(new Uint8Array(0)));
  socket.on('error', (error) => say('bad', tlsWords(error)));
  socket.on('close', () => say('bad', 'closed within the handshake'));
  return () => {
    // Late errors of a socket that nobody waits for any more.
    socket.removeAllListeners().on('error', () => {});
    socket.destroy();
  };
}

function tlsWords(error: Error): string {
  const code = errorCode(error);
  if (code === undefined || code.startsWith('ERR_SSL'))
    return `TLS failed: ${error.message.split(':').at(-2) ?? code ?? 'error'}`;
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return 'the certificate is for another name';
  return /^E[A-Z]+$/.test(code) ? wordsOf(code) : `the certificate is refused: ${code}`;
}
