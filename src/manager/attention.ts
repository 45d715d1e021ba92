import { checkSysctls } from './sysctl.ts';
import type { InForce } from './inforce.ts';
import { troublesOf } from './warning.ts';
import type { Trouble } from './warning.ts';

/** What the manager's parts say is wrong with them, in words. */
export interface Complaints {
  readonly accept: readonly string[];
  readonly heartbeat: readonly string[];
  readonly switching: readonly string[];
  readonly backends: readonly string[];
  readonly listen: readonly string[];
}

/** What is wrong with a configuration on this host now. What somebody else may mend at any time is looked at anew. */
export function attention({ config, node, warnings }: InForce, complaints: Complaints): Trouble[] {
  const { accept, heartbeat, switching, backends, listen } = complaints;
  return [
    ...troublesOf('config', warnings),
    ...troublesOf('sysctl', checkSysctls(config, node.name)),
    ...troublesOf('accept', accept),
    ...troublesOf('heartbeat', heartbeat),
    ...troublesOf('switch', switching),
    ...troublesOf('backends', backends),
    ...troublesOf('listen', listen),
  ];
}
