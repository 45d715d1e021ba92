import type { Backend } from '../backends/backend.ts';
import type { Backends } from '../backends/backends.ts';
import type { Outcome } from '../backends/source/command.ts';
import type { BackendOrder, OrderAnswer } from '../control/backends.ts';

/** Gives an order of the command line and says what it has changed; a dry one changes nothing. */
export function giveOrder(backends: Backends, order: BackendOrder, isDry: boolean): OrderAnswer {
  const before = findIn(backends, order.service, order.backend);
  const outcome = carryOut(backends, order, isDry);
  if ('refused' in outcome) return { accepted: false, message: outcome.refused, backend: null };
  const now = isDry ? before : findIn(backends, order.service, outcome.id);
  const what = describe(now ?? before, outcome.id);
  const message = `${order.service}: ${what} ${wordsOf(order, before, now, isDry)}`;
  return { accepted: true, message: `${message}${lastWords(backends, order, isDry)}`, backend: plain(now) };
}

function carryOut(backends: Backends, order: BackendOrder, isDry: boolean): Outcome {
  const { service, backend } = order;
  switch (order.order) {
    case 'add':
      return backends.add(service, backend, isDry);
    case 'remove':
      return backends.remove(service, backend, isDry);
    case 'drain':
      return backends.admin(service, backend, 'drain', isDry);
    case 'undrain':
      return backends.admin(service, backend, 'ready', isDry);
    case 'weight':
      return backends.weight(service, backend, order.weight, isDry);
  }
}

function wordsOf(order: BackendOrder, before: Backend | undefined, now: Backend | undefined, isDry: boolean): string {
  switch (order.order) {
    case 'add': {
      const others = now?.sources.filter((source) => source !== 'command line') ?? [];
      const known = others.length === 0 ? '' : `; it is in ${others.join(' and ')} too`;
      return `${isDry ? 'would be added' : 'is added'}${known}`;
    }
    case 'remove':
      if (isDry) return 'would be removed';
      return now === undefined
        ? 'is removed'
        : `is no longer added here, and stays because of ${now.sources.join(', ')}`;
    case 'drain':
      if (before?.admin === 'drain') return 'was drained already';
      return isDry ? 'would take no new clients' : 'takes no new clients';
    case 'undrain':
      if (before?.admin === 'ready') return 'was not drained';
      return isDry ? 'would take clients again' : 'takes clients again';
    case 'weight': {
      const weight = order.weight ?? (isDry ? 'that of its source' : now?.weight);
      return `${isDry ? 'would have' : 'has'} weight ${weight}, before ${before?.weight}`;
    }
  }
}

/** Whether nobody is left. */
function lastWords(backends: Backends, { service, order }: BackendOrder, isDry: boolean): string {
  if (isDry || (order !== 'drain' && order !== 'remove')) return '';
  const serving = backends.snapshot(service)?.set.backends.filter(({ admin }) => admin === 'ready') ?? [];
  return serving.length > 0 ? '' : `; no backend of ${service} takes new clients now`;
}

function findIn(backends: Backends, service: string, wanted: string): Backend | undefined {
  const all = backends.snapshot(service)?.set.backends ?? [];
  return all.find(({ id }) => id === wanted) ?? all.find(({ name }) => name === wanted);
}

const describe = (backend: Backend | undefined, id: string): string =>
  backend === undefined ? id : `${backend.name} (${backend.id})`;

const plain = (backend: Backend | undefined): OrderAnswer['backend'] =>
  backend === undefined
    ? null
    : {
        backend: backend.id,
        name: backend.name,
        admin: backend.admin,
        weight: backend.weight,
        sources: backend.sources,
      };
