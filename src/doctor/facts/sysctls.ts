import { OpError } from '../../linux/operror.ts';
import { readSysctl } from '../../linux/sysctl.ts';

/** A kernel setting by its name; `undefined` when this kernel does not have it, or does not show it. */
export type Sysctls = (name: string) => string | undefined;

/** The settings of the running kernel. */
export const hostSysctls: Sysctls = (name) => {
  try {
    return readSysctl(name);
  } catch (error) {
    if (!(error instanceof OpError)) throw error;
    return undefined;
  }
};
