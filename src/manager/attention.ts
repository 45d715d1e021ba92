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
  /** Why the state directory cannot be written. */
  readonly state: string | undefined;
}

/** What is wrong with a configuration on this host now. What somebody else may mend at any time is looked at anew. */
export function attention({ config, node, warnings }: InForce, complaints: Complaints): Trouble[] {
  const { accept, heartbeat, switching, backends, state } = complaints;
  return [
    ...troublesOf('config', warnings),
    ...troublesOf('sysctl', checkSysctls(config, node.name)),
    ...troublesOf('accept', accept),
    ...troublesOf('heartbeat', heartbeat),
    ...troublesOf('switch', switching),
    ...troublesOf('backends', backends),
    ...(state === undefined ? [] : [{ code: 'state', about: 'events', text: state } as const]),
  ];
}
