import { release } from 'node:os';
import { errnoName } from '../../linux/errno.ts';
import { native } from '../../linux/native.ts';
import { readProcFile } from '../../linux/procstat.ts';
import { ask } from '../program.ts';

/** What this kernel can, and what its clock is worth. */
export interface KernelFacts {
  readonly release: string;
  /** The errno of pidfd_open(2) and pidfd_getfd(2), where they fail. */
  readonly pidfd: string | undefined;
  readonly getfd: string | undefined;
  /** `tsc`, `kvm-clock`, ...; `undefined` when it is not told. */
  readonly clocksource: string | undefined;
  /** Whether the clock is kept right from outside; `undefined` when nobody says. */
  readonly isSynchronized: boolean | undefined;
}

const CLOCKSOURCE = '/sys/devices/system/clocksource/clocksource0/current_clocksource';

/** Tries what is used of newer kernels, on this process itself. Throws OpError where the addon is missing. */
export async function lookAtKernel(): Promise<KernelFacts> {
  const library = native();
  const watched = new library.Process(process.pid);
  const duplicate = new library.Duplicate(process.pid, 0);
  const outcome = ({ fd }: { readonly fd: number }): string | undefined => (fd < 0 ? errnoName(-fd) : undefined);
  const facts = { pidfd: outcome(watched), getfd: outcome(duplicate) };
  watched.close();
  duplicate.close();
  const said = (
    await ask(['timedatectl', 'show', '--property=NTPSynchronized', '--value']).catch(() => undefined)
  )?.stdout.trim();
  return {
    ...facts,
    release: release(),
    clocksource: readProcFile(CLOCKSOURCE)?.trim(),
    isSynchronized: said === 'yes' ? true : said === 'no' ? false : undefined,
  };
}
