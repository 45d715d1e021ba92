import type { SmtpReceiver } from '../../config/notifyconfig.ts';
import type { EventRecord } from '../../control/event.ts';
import { formatEndpoint } from '../../config/endpoint.ts';
import { errorCode } from '../../linux/operror.ts';
import { mailOf } from './message.ts';
import { readSecret } from './secret.ts';
import type { Outcome, Sender } from './sender.ts';

/**
 * Sends each event as mail through a relay. The protocol, with its log-ins, encodings and TLS, is nodemailer's, which is
 * loaded only where a mail is sent. One connection a mail: there are few, and a relay that was restarted is found again.
 */
export function smtpSender(receiver: SmtpReceiver): Sender {
  return {
    async send(record, signal) {
      const password = receiver.passwordFile === undefined ? undefined : readSecret(receiver.passwordFile);
      if (password !== undefined && 'refused' in password) return { kind: 'later', reason: password.refused };
      return deliver(receiver, password?.secret, record, signal);
    },
    describe(record) {
      const { subject, text } = mailOf(record);
      const login = receiver.user === undefined ? [] : [`log in as ${receiver.user}, *** (${receiver.passwordFile})`];
      return [
        `SMTP ${formatEndpoint(receiver)}, TLS ${receiver.tls}`,
        ...login,
        `From: ${receiver.from}`,
        `To: ${receiver.to.join(', ')}`,
        `Subject: ${subject}`,
        '',
        ...text.trimEnd().split('\n'),
      ];
    },
  };
}

async function deliver(
  receiver: SmtpReceiver,
  password: string | undefined,
  record: EventRecord,
  signal: AbortSignal,
): Promise<Outcome> {
  const { host, port, tls, user, timeout } = receiver;
  const { createTransport } = await import('nodemailer');
  const transport = createTransport({
    ...{ host, port, name: record.node },
    ...{ secure: tls === 'implicit', ignoreTLS: tls === 'none', requireTLS: tls === 'starttls' },
    ...(user === undefined || password === undefined ? {} : { auth: { user, pass: password } }),
    ...{ connectionTimeout: timeout, greetingTimeout: timeout, socketTimeout: timeout, dnsTimeout: timeout },
    ...{ disableFileAccess: true, disableUrlAccess: true },
  });
  const relay = formatEndpoint(receiver);
  const stopped = new Promise<Outcome>((resolve) => {
    const stop = (): void => {
      const why = typeof signal.reason === 'string' ? signal.reason : 'ended with the daemon';
      resolve({ kind: 'later', reason: `${relay}: ${why}` });
    };
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([send(), stopped]);
  } finally {
    transport.close();
  }

  async function send(): Promise<Outcome> {
    const { subject, text } = mailOf(record);
    try {
      const sent = await transport.sendMail({
        ...{ from: receiver.from, to: [...receiver.to], subject, text },
        messageId: `<${record.id}@vipair>`,
        date: new Date(record.time),
        headers: { 'Auto-Submitted': 'auto-generated', 'X-Vipair-Event': record.type, 'X-Vipair-Id': record.id },
      });
      const refused = sent.rejected.map(String);
      const some = refused.length === 0 ? '' : `, but refused ${refused.join(', ')}`;
      return { kind: 'delivered', detail: `${relay} took it${some}: ${sent.response}` };
    } catch (error) {
      return outcomeOf(relay, error);
    }
  }
}

/** RFC 5321 4.2.1: what is answered with 5xx is not to be tried again as it is. */
function outcomeOf(relay: string, error: unknown): Outcome {
  const { responseCode, message } = error as { readonly responseCode?: number; readonly message?: string };
  const isRefused = responseCode !== undefined && responseCode >= 500;
  const why = isRefused || responseCode !== undefined ? message : (errorCode(error) ?? message);
  return { kind: isRefused ? 'refused' : 'later', reason: `${relay}: ${why ?? String(error)}` };
}
