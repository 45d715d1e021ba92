import { readFileSync, statSync } from 'node:fs';
import type { ReceiverConfig } from '../../config/notifyconfig.ts';
import { errorCode } from '../../linux/operror.ts';
import type { Trouble } from '../warning.ts';

/** No token is longer. */
const MOST_BYTES = 4096;

/** A secret, or why there is none; read anew each time, so that it can be replaced while the daemon runs. */
export function readSecret(path: string): { readonly secret: string } | { readonly refused: string } {
  try {
    const text = readFileSync(path, 'utf8')
      .slice(0, MOST_BYTES)
      .replace(/\r?\n$/, '');
    if (text === '') return { refused: `"${path}" is empty; write the secret into it` };
    if (/[\u0000-\u001f\u007f]/.test(text))
      return { refused: `"${path}" has more than one line, or control characters` };
    return { secret: text };
  } catch (error) {
    return { refused: `cannot read "${path}": ${errorCode(error) ?? String(error)}` };
  }
}

/** Secrets that others may read. */
export function secretTroubles(receiver: ReceiverConfig): Trouble[] {
  return secretFiles(receiver).flatMap((path) => {
    const mode = statSync(path, { throwIfNoEntry: false })?.mode ?? 0;
    if ((mode & 0o004) === 0) return [];
    const text = `notify ${receiver.name}: everybody may read the secret in "${path}"; run \`chmod o-r ${path}\``;
    return [{ code: 'notify-secret', about: `${receiver.name} ${path}`, text }];
  });
}

function secretFiles(receiver: ReceiverConfig): string[] {
  const files =
    receiver.kind === 'webhook'
      ? [receiver.tokenFile, receiver.secretFile]
      : [receiver.kind === 'smtp' ? receiver.passwordFile : undefined];
  return files.filter((path) => path !== undefined);
}
