import { OpError } from '../linux/operror.ts';

/** Whether an errno says that whoever runs this may not look: of root nothing is hidden, and a refusal is one. */
export const isForbidden = (code: string | undefined): boolean =>
  (code === 'EACCES' || code === 'EPERM') && process.geteuid?.() !== 0;

/** What an examination ends with that only root can make: `op` as of OpError. */
export const forbidden = (op: string, code: string): OpError => new OpError(op, code, { advice: 'run as root' });
