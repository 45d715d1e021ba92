import type { UrlSourceConfig } from '../../config/backendconfig.ts';
import { parseBackends } from '../../config/backendlist.ts';
import type { Clock } from '../clock.ts';
import { milliseconds } from '../../wire/units.ts';
import { exchange } from './exchange.ts';
import type { Answer } from './exchange.ts';
import { createLedger, inOneLine } from './source.ts';
import type { BackendSource, Ledger } from './source.ts';

/** A URL that answers with a list of backends, asked again and again; with its ETag, so that nothing new costs little. */
export function urlSource({ url, interval, ca }: UrlSourceConfig, clock: Clock): BackendSource {
  const name = `url ${url}`;
  const ledger = createLedger(name, clock);
  let etag: string | undefined;
  let cancel = (): void => {};
  let isClosed = false;
  const ask = (): void => {
    const headers = { accept: 'application/json', ...(etag === undefined ? {} : { 'if-none-match': etag }) };
    const timeout = milliseconds(Math.max(1000, Math.min(interval, 10_000)));
    const stop = exchange({ url, method: 'GET', headers, timeout, ca }, clock, (answer) => {
      if (isClosed) return;
      if ('error' in answer) ledger.bad(answer.error);
      else etag = take(answer, etag, url, ledger);
      cancel = clock.after(interval, ask);
    });
    cancel = stop;
  };
  return {
    name,
    start(onChange) {
      ledger.listen(onChange);
      ask();
    },
    close() {
      isClosed = true;
      ledger.close();
      cancel();
    },
    state: () => ledger.state(),
  };
}

/** Takes an answer in and gives the ETag that the next question has. */
function take(answer: Answer, etag: string | undefined, url: string, ledger: Ledger): string | undefined {
  const { status, words, text, headers } = answer;
  if (status === 304 && etag !== undefined) {
    // Not changed since the last good one: what was told in between is over.
    ledger.good(ledger.state().backends);
    return etag;
  }
  if (status !== 200) {
    ledger.bad(status >= 300 && status < 400 ? `${words}: redirects are not followed` : words);
    return etag;
  }
  const list = parseBackends(text, url);
  if ('errors' in list) {
    ledger.bad(inOneLine(list.errors));
    return undefined;
  }
  ledger.good(list.backends);
  return headers.etag;
}
