import type { BackendConfig } from '../../config/backendconfig.ts';
import type { Clock } from '../clock.ts';
import { createLedger } from './source.ts';
import type { BackendSource } from './source.ts';

/** The backends of the configuration itself, which change with it only. */
export function inlineSource(backends: readonly BackendConfig[], clock: Clock): BackendSource {
  const ledger = createLedger('configuration', clock, () => true);
  return {
    name: 'configuration',
    start(onChange) {
      ledger.listen(onChange);
      ledger.good(backends);
    },
    close: () => ledger.close(),
    state: () => ledger.state(),
  };
}
