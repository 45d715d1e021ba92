import { milliseconds } from '../wire/units.ts';
import type { ProbeConfig } from './config.ts';
import type { RawProbe } from './raw.ts';
import type { Report } from './report.ts';

const PERIOD = milliseconds(250);

/** How the proxy is asked, with its defaults; `undefined` when it is not to be. */
export function resolveProbe(written: RawProbe, report: Report): ProbeConfig | undefined {
  const { enabled = true, url, urls, host, period = PERIOD, rise = 2, fall = 2 } = written;
  const timeout = written.timeout ?? period;
  if (timeout > period)
    report.error(
      ['proxy', 'probe', 'timeout'],
      'is longer than the period; an answer must come before the next question',
    );
  if (url !== undefined && urls !== undefined)
    report.error(['proxy', 'probe', 'urls'], 'stands beside "url"; keep one of them');
  const asked = urls ?? (url === undefined ? [] : [url]);
  if (host !== undefined && asked.length === 0)
    report.error(['proxy', 'probe', 'host'], 'has no effect without "url"; leave it out');
  if (!enabled) {
    const [other] = Object.keys(written).filter((key) => key !== 'enabled');
    if (other !== undefined)
      report.error(['proxy', 'probe', other], 'has no effect with "enabled: false"; leave it out');
    return undefined;
  }
  return { urls: asked.map((each) => ({ ...each, host: host ?? each.host })), period, timeout, rise, fall };
}
