/**
 * An operation on the host that failed: no permission, no such device, no memory. Refused input of a peer is never an
 * error but a value, and a mistake of the program is an assertion; this is the third kind of trouble, the one an
 * operator can mend. The message starts with what was tried and ends with what to do, for example
 * `Cannot open VRRP socket on "eth0": EPERM; run as root or grant CAP_NET_RAW`.
 */
export class OpError extends Error {
  override readonly name = 'OpError';
  /** The errno name (`EPERM`), or a Node.js error code where no system call was reached. */
  readonly code: string;
  /** What was tried, as it follows the word "Cannot": `open VRRP socket on "eth0"`. */
  readonly op: string;

  /** `advice` tells the operator what to do; `cause` is the error underneath, if there was one. */
  constructor(
    op: string,
    code: string,
    options: { readonly advice?: string | undefined; readonly cause?: unknown } = {},
  ) {
    const { advice, cause } = options;
    super(`Cannot ${op}: ${code}${advice === undefined ? '' : `; ${advice}`}`, cause === undefined ? {} : { cause });
    this.op = op;
    this.code = code;
  }
}

/** The code of any thrown value: that of an OpError or of a Node.js system error, `undefined` for anything else. */
export function errorCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
