import { ago, paintAnsi, paintNone } from './paint.ts';
import type { Paint } from './paint.ts';
import { serviceLines } from './renderservice.ts';
import type { Status, VipStatus } from './status.ts';

/**
 * The status as one screen of text. Pure: the same status gives the same text, whatever terminal it is for. `color`
 * marks what is well, what is not, and what is being moved.
 */
export function renderStatus(status: Status, color: boolean): string {
  const paint = color ? paintAnsi : paintNone;
  const sections = [
    header(status, paint),
    vipTable(status, paint),
    proxyLine(status, paint),
    ...checkLines(status, paint),
    applyLine(status, paint),
    switchLine(status, paint),
    ...pairLines(status, paint),
    ...serviceLines(status.services, paint),
    notifyLine(status, paint),
    ...status.ifHostDied.map(({ host, consequences }) => `If ${host} died now: ${consequences.join('; ')}`),
    ...trouble(status, paint),
  ];
  return `${sections.filter((section) => section !== '').join('\n')}\n`;
}

function header(status: Status, paint: Paint): string {
  const { engine } = status;
  const realtime =
    engine.realtime.priority > 0
      ? `real-time ${engine.realtime.priority}`
      : `not real-time (${engine.realtime.refused ?? 'not asked for'})`;
  const { worstMs, worstAt } = engine.timerLateness;
  const since = worstAt === null ? '' : ` ${ago(Date.parse(status.at) - Date.parse(worstAt))} ago`;
  const late = `timer worst ${worstMs} ms late${since}`;
  const restarts =
    status.manager.restarts === 0 ? '' : `, manager restarted ${counted(status.manager.restarts, 'time')}`;
  return `${paint(status.node, 'bold')}  vipair ${status.version}, engine ${engine.pid} (${realtime}, ${late}), manager ${status.manager.pid}${restarts}`;
}

function vipTable(status: Status, paint: Paint): string {
  const head = ['VIP', 'ADDRESS', 'HOLDER', 'STATE', 'PRIORITY', 'SINCE', 'REASON'];
  const rows = status.vips.map((vip) => [
    vip.vip,
    vip.addresses.join(' '),
    vip.holder ?? '?',
    stateWords(vip),
    vip.priority === vip.basePriority ? `${vip.priority}` : `${vip.priority} of ${vip.basePriority}`,
    ago(vip.sinceMs),
    vip.reason,
  ]);
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => (row[column] ?? '').length)));
  const line = (cells: readonly string[]): string =>
    cells.map((cell, column) => (column === cells.length - 1 ? cell : cell.padEnd(widths[column] ?? 0))).join('  ');
  const tones = status.vips.map(toneOf);
  return [paint(line(head), 'dim'), ...rows.map((row, i) => paint(line(row), tones[i] ?? 'dim'))].join('\n');
}

/** The RFC's word, and keepalived's for those who come from there. */
function stateWords(vip: VipStatus): string {
  switch (vip.state) {
    case 'active':
      return 'active (MASTER)';
    case 'backup':
      return 'backup';
    case 'initialize':
      return 'initialize (FAULT)';
  }
}

function toneOf(vip: VipStatus): 'good' | 'bad' | 'warn' {
  if (vip.state === 'initialize' || (vip.state === 'active' && !vip.addressesInstalled)) return 'bad';
  if (vip.priority !== vip.basePriority) return 'warn';
  return 'good';
}

function proxyLine({ proxy }: Status, paint: Paint): string {
  if (proxy === null) return 'Proxy  none is watched';
  const tone = proxy.state === 'well' ? 'good' : proxy.state === 'dead' ? 'bad' : 'warn';
  const notes = proxy.notes.map((note) => `\n       ${note}`).join('');
  return `Proxy  ${paint(proxy.state, tone)}: ${proxy.reason}${notes}`;
}

/** The checks that are not well; when all are, how many there are. */
function checkLines({ checks }: Status, paint: Paint): string[] {
  const bad = checks.filter(({ state }) => state !== 'well');
  if (bad.length === 0) return checks.length === 0 ? [] : [`Checks ${paint(`all ${checks.length} are well`, 'good')}`];
  return bad.map(({ name, state, reason }) => {
    const words = state === 'failed' ? `${name} failed: ${reason}` : `${name} is well again, not yet for recover_after`;
    return `Check  ${paint(words, state === 'failed' ? 'bad' : 'warn')}`;
  });
}

/** What of the proxy's configuration is in force, and what keeps the rest from it. */
function applyLine({ apply }: Status, paint: Paint): string {
  if (apply === null) return '';
  const { inForce, held, waits, isBusy } = apply;
  const which = inForce === null ? 'nothing is known to be in force' : `#${inForce} is in force`;
  const words = [isBusy ? `${which}, a change is under way` : which, held, waits]
    .filter((each) => each !== null)
    .join('; ');
  if (apply.trouble !== null)
    return `Apply  ${paint(`${words}; the last one did not succeed: ${apply.trouble}`, 'bad')}`;
  return `Apply  ${held === null ? words : paint(words, 'warn')}`;
}

/** Which proxy runs where the file says another one, and a switch that is under way. */
function switchLine({ switching }: Status, paint: Paint): string {
  if (switching === null) return '';
  const { runs, configured, since, underWay } = switching;
  if (underWay !== null) return `Switch ${paint(`${runs} -> ${underWay.to}: ${underWay.doing}`, 'warn')}`;
  if (runs === configured) return '';
  const when = since === null ? '' : ` since ${since}`;
  return `Switch ${paint(`this host runs ${runs}${when}; the file says ${configured}`, 'warn')}`;
}

/** Whom events are told to, when that does not go well; nothing while it does. */
function notifyLine({ notify }: Status, paint: Paint): string {
  const waiting = notify.filter(({ pending, lost }) => pending > 0 || lost > 0);
  if (waiting.length === 0) return '';
  const words = waiting.map(({ receiver, pending, lost }) =>
    [`${receiver}: ${counted(pending, 'event')} waiting`, ...(lost === 0 ? [] : [`${lost} given up`])].join(', '),
  );
  return `Notify ${paint(words.join('; '), 'warn')}`;
}

/** One line for each other node: by which paths it is heard, and by which it hears us. */
function pairLines({ pair }: Status, paint: Paint): string[] {
  return (pair?.peers ?? []).map((peer) => {
    const paths = peer.paths.map(({ path, heard, hearsUsMs }) => {
      const words = !heard ? 'not heard' : hearsUsMs === null || hearsUsMs > 5000 ? 'heard, does not hear us' : 'heard';
      return `${path} ${words}`;
    });
    const drift = peer.agrees === false ? '; another configuration' : '';
    const well = peer.agrees === true && peer.paths.every(({ heard, hearsUsMs }) => heard && hearsUsMs !== null);
    return `Peer   ${peer.node}: ${paint(`${paths.join(', ')}${drift}`, well ? 'good' : peer.heard ? 'warn' : 'bad')}`;
  });
}

function trouble(status: Status, paint: Paint): string[] {
  const { vips, interfaces, warnings } = status;
  const ports = interfaces.filter((port) => port.state !== 'up');
  const label = (vip: VipStatus): string =>
    vips.some((other) => other.vip === vip.vip && other !== vip) ? `${vip.vip}/${vip.family}` : vip.vip;
  const counts = [
    ...vips.map((vip) => tally(label(vip), vip.refused, 'advertisement', 'refused')),
    // A VRID that is not ours is a warning of its own while it is heard.
    ...interfaces.map((port) => tally(port.interface, { ...port.refused, vrid: 0 }, 'datagram', 'refused')),
    ...vips.map((vip) => tally(label(vip), vip.remarks, 'advertisement', 'odd')),
  ];
  return [
    ...ports.map((port) => paint(`Interface  ${port.interface} ${port.state}: ${port.detail}`, 'bad')),
    ...warnings.map(({ text, since }) => {
      const lasted = ago(Math.max(0, Date.parse(status.at) - Date.parse(since)));
      return `${paint(`Warning  ${text}`, 'warn')} ${paint(`(for ${lasted})`, 'dim')}`;
    }),
    ...counts.filter((text) => text !== '').map((text) => paint(`Warning  ${text}`, 'warn')),
  ];
}

/** `web-1: 3 advertisements refused: auth-data 2, ttl 1`; nothing when nothing was counted. */
function tally(subject: string, counts: Readonly<Record<string, number>>, noun: string, verb: string): string {
  const found = Object.entries(counts).filter(([, n]) => n > 0);
  const total = found.reduce((sum, [, n]) => sum + n, 0);
  if (total === 0) return '';
  const parts = found.map(([reason, n]) => (found.length === 1 ? reason : `${reason} ${n}`));
  return `${subject}: ${counted(total, noun)} ${verb}: ${parts.join(', ')}`;
}

/** `1 time`, `2 times`. */
const counted = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? '' : 's'}`;
