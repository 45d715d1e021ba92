import { instant, type Instant } from '../wire/units.ts';

/** The current point on CLOCK_MONOTONIC, which never jumps and which `timer.ts` and the kernel's timers share. */
export const now = (): Instant => instant(Number(process.hrtime.bigint()) / 1e6);
