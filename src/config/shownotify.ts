import { formatDuration } from './duration.ts';
import { formatEndpoint } from './endpoint.ts';
import type { ReceiverConfig } from './notifyconfig.ts';

/** A receiver of notifications as it would be written, with every default. Of secrets the paths are shown. */
export function showReceiver(receiver: ReceiverConfig): object {
  const filter = { on: receiver.on, severity: receiver.severity, timeout: formatDuration(receiver.timeout) };
  switch (receiver.kind) {
    case 'exec':
      return { exec: receiver.command, user: receiver.user, ...filter };
    case 'smtp':
      return {
        smtp: formatEndpoint(receiver),
        from: receiver.from,
        to: receiver.to,
        tls: receiver.tls,
        user: receiver.user,
        password_file: receiver.passwordFile,
        ...filter,
      };
    case 'webhook':
      return {
        webhook: receiver.url,
        token_file: receiver.tokenFile,
        secret_file: receiver.secretFile,
        ca_file: receiver.caFile,
        ...filter,
      };
  }
}
