import type { SwitchConfig } from '../config/config.ts';
import type { Mechanism } from '../proxy/switch/mechanism.ts';
import { durationWords } from './words.ts';

export interface StepContext {
  /** The proxies' names in sentences. */
  readonly old: string;
  readonly next: string;
  /** How the new one is started. */
  readonly how: string;
  readonly mechanism: Mechanism;
  readonly switching: SwitchConfig;
}

/** What a switch does, in order, before it does it. */
export function stepWords({ old, next, how, mechanism, switching }: StepContext): string[] {
  const { unshared, kind } = mechanism;
  return [
    `write ${next}'s files, seeded with what is known of the backends; ${next}'s checker accepts the whole configuration`,
    ...(unshared.length > 0
      ? [`reload ${old} so that it shares its sockets, which it does not yet on ${unshared.join(', ')}`]
      : []),
    `start ${next} beside ${old}: ${how}`,
    `ask ${next} through the ${kind === 'inherited' ? 'shared sockets' : 'listener'} until it has answered every service as ${old} does`,
    `leave both serving for ${durationWords(switching.bake)}; end ${next} when it dies or answers wrongly`,
    `tell ${old} to take nothing new and to finish what it has, for at most ${durationWords(switching.drain)}`,
    `remember that this host runs ${next}`,
  ];
}
