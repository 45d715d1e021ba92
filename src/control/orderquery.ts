import type { BackendOrder } from './backends.ts';

/** An order about a backend as the query of `POST /v1/backends`: `order=drain&service=web&backend=app-1`. */
export function orderQuery(order: BackendOrder, isDry: boolean): string {
  const words = new URLSearchParams({ order: order.order, service: order.service, backend: order.backend });
  if (order.order === 'weight' && order.weight !== undefined) words.set('weight', String(order.weight));
  if (isDry) words.set('dry', '');
  return words.toString();
}

/** Reads such a query. Throws RangeError with what is wrong with it. */
export function readOrder(query: URLSearchParams): BackendOrder {
  const [service, backend] = [needed(query, 'service'), needed(query, 'backend')];
  const order = needed(query, 'order');
  switch (order) {
    case 'add':
    case 'remove':
    case 'drain':
    case 'undrain':
      return { order, service, backend };
    case 'weight': {
      const text = query.get('weight');
      if (text !== null && !/^\d{1,6}$/.test(text)) throw new RangeError(`"${text}" is no weight; write 1 to 256`);
      return { order, service, backend, weight: text === null ? undefined : Number(text) };
    }
    default:
      throw new RangeError(`"${order}" is no order; write add, remove, drain, undrain or weight`);
  }
}

function needed(query: URLSearchParams, name: string): string {
  const text = query.get(name);
  if (text !== null && text !== '') return text;
  throw new RangeError(`the query has no "${name}"`);
}
