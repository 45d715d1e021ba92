import type { EventRecord } from './event.ts';
import { ago } from './paint.ts';
import type { Status } from './status.ts';

/**
 * The status as a page for people: one file without scripts, which the browser loads again every few seconds. Pure.
 * Whatever comes from outside is escaped where it is put in, by the one function that makes elements.
 */
export function renderPage(status: Status, events: readonly EventRecord[]): string {
  const { node, version, warnings, ifHostDied } = status;
  const body = [
    element('h1', [text(node), element('small', [text(` vipair ${version}, ${status.at}`)])]),
    ...warnings.map((one) => element('p', [text(`${one.text} (since ${one.since})`)], 'warn')),
    table(['VIP', 'address', 'holder', 'state', 'priority', 'since', 'reason'], vipRows(status)),
    proxyLine(status),
    ...(status.services.length === 0 ? [] : [table(['service', 'state', 'up', 'down', 'reason'], serviceRows(status))]),
    table(['interface', 'state', 'detail'], interfaceRows(status)),
    ...ifHostDied.map(({ host, consequences }) =>
      element('p', [text(`If ${host} died now: ${consequences.join('; ')}`)], 'dim'),
    ),
    element('h2', [text('Events')]),
    table(['', 'time', 'event', ''], events.map(eventRow)),
  ];
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="refresh" content="5">
<meta name="viewport" content="width=device-width"><title>${escaped(`${node}: ${summary(status)}`)}</title>
<style>${STYLE}</style></head><body>
${body.join('\n')}
</body></html>
`;
}

const STYLE = `body{font:14px system-ui,sans-serif;margin:2em;max-width:80em;color:#222;background:#fff}
small,.dim{color:#777;font-weight:normal}table{border-collapse:collapse;margin:1em 0}
td,th{text-align:left;padding:.2em 1em .2em 0;vertical-align:top}th{color:#777;font-weight:normal}
.good{color:#176}.bad{color:#b00}.warn{color:#950}
@media(prefers-color-scheme:dark){body{color:#ddd;background:#111}.good{color:#5c9}.bad{color:#f66}.warn{color:#fb5}}`;

type Tone = 'good' | 'bad' | 'warn' | 'dim' | '';

interface Row {
  readonly cells: readonly string[];
  readonly tone: Tone;
}

/** What stands in the tab of the browser. */
function summary({ vips, warnings }: Status): string {
  const held = vips.filter(({ state }) => state === 'active').map(({ vip }) => vip);
  const count = warnings.length === 0 ? '' : `, ${warnings.length} warning${warnings.length === 1 ? '' : 's'}`;
  return `${held.length === 0 ? 'holds nothing' : `holds ${[...new Set(held)].join(', ')}`}${count}`;
}

const vipRows = ({ vips }: Status): Row[] =>
  vips.map((vip) => {
    const isWell = vip.state !== 'initialize' && (vip.state === 'backup' || vip.addressesInstalled);
    const priority = vip.priority === vip.basePriority ? `${vip.priority}` : `${vip.priority} of ${vip.basePriority}`;
    const cells = [
      vip.vip,
      vip.addresses.join(' '),
      vip.holder ?? '?',
      vip.state,
      priority,
      ago(vip.sinceMs),
      vip.reason,
    ];
    return { cells, tone: !isWell ? 'bad' : vip.priority === vip.basePriority ? 'good' : 'warn' };
  });

function proxyLine({ proxy }: Status): string {
  if (proxy === null) return element('p', [text('No proxy is watched.')], 'dim');
  const tone = proxy.state === 'well' ? 'good' : proxy.state === 'dead' ? 'bad' : 'warn';
  return element('p', [text(`Proxy ${proxy.state}: ${proxy.reason}`)], tone);
}

const serviceRows = ({ services }: Status): Row[] =>
  services.map(({ service, state, counts, reason }) => ({
    cells: [service, state, `${counts.up}`, `${counts.down}`, reason ?? ''],
    tone: state === 'well' ? 'good' : state === 'down' ? 'bad' : 'warn',
  }));

const interfaceRows = ({ interfaces }: Status): Row[] =>
  interfaces.map(({ interface: name, state, detail }) => ({
    cells: [name, state, detail],
    tone: state === 'up' ? 'good' : 'bad',
  }));

const TONES: Readonly<Record<EventRecord['severity'], Tone>> = {
  error: 'bad',
  warning: 'warn',
  notice: '',
  info: 'dim',
};

const eventRow = ({ seq, time, type, severity, text: said }: EventRecord): Row => ({
  cells: [`${seq}`, time, type, said],
  tone: TONES[severity],
});

function table(head: readonly string[], rows: readonly Row[]): string {
  const titles = element(
    'tr',
    head.map((title) => element('th', [text(title)])),
  );
  const lines = rows.map(({ cells, tone }) =>
    element(
      'tr',
      cells.map((cell) => element('td', [text(cell)])),
      tone,
    ),
  );
  return element('table', [titles, ...lines]);
}

/** Markup that has been escaped; only `text` and `element` make it. */
type Markup = string & { readonly markup?: true };

const text = (value: string): Markup => escaped(value);

function element(name: string, inner: readonly Markup[], tone: Tone = ''): Markup {
  return `<${name}${tone === '' ? '' : ` class="${tone}"`}>${inner.join('')}</${name}>`;
}

const escaped = (value: string): string => value.replaceAll(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`);
