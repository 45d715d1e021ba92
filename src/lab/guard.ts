import { tearDown } from './teardown.ts';

/** BOUNDED: labs of this process that go with it; a name can be in use only once on a machine. */
const guarded = new Set<string>();

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Sees to it that a lab goes when this process ends, by itself, by an error or by a signal it can catch. */
export function guard(lab: string): void {
  if (guarded.size === 0) {
    process.on('exit', removeAll);
    for (const signal of signals) process.on(signal, endBySignal);
  }
  guarded.add(lab);
}

/** Takes a lab out of the guard's care. */
export function release(lab: string): void {
  if (!guarded.delete(lab) || guarded.size > 0) return;
  process.removeListener('exit', removeAll);
  for (const signal of signals) process.removeListener(signal, endBySignal);
}

function removeAll(): void {
  const labs = [...guarded];
  guarded.clear();
  for (const lab of labs) tearDown(lab);
}

/** A signal with a listener no longer ends the process; it is sent again once the listener is gone. */
function endBySignal(signal: NodeJS.Signals): void {
  removeAll();
  process.removeListener(signal, endBySignal);
  if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
}
