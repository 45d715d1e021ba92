import { errorCode, OpError } from '../linux/operror.ts';

/**
 * The `OpError` of an operation on a lab. `cause` is the error underneath, or, where a command or the lab itself
 * refused, what it said; that then stands where an errno name would.
 */
export function failure(op: string, cause: unknown, advice?: string): OpError {
  if (typeof cause === 'string') return new OpError(op, cause, { advice });
  return new OpError(op, errorCode(cause) ?? String(cause), { advice, cause });
}
