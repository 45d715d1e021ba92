import { OpError } from '../linux/operror.ts';
import { procfs } from './table.ts';

/**
 * Runs something that opens listening sockets, and says of one that is taken who has it, which takes a look at every
 * process of the host.
 */
export function explainTaken<T>(open: () => T): T {
  try {
    return open();
  } catch (error) {
    const port = error instanceof OpError && error.code === 'EADDRINUSE' ? /:(\d+)$/.exec(error.op)?.[1] : undefined;
    if (!(error instanceof OpError) || port === undefined) throw error;
    const [holding] = procfs.holders('all', procfs.listeners([Number(port)])).holdings;
    const comm = holding && procfs.stat(holding.pid)?.comm;
    if (holding === undefined || comm === undefined) throw error;
    const advice = `process ${holding.pid} "${comm}" listens there; stop it, and disable its unit`;
    throw new OpError(error.op, error.code, { advice, cause: error });
  }
}
