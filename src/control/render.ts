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
    applyLine(status, paint),
    ...status.ifHostDied.map(({ host, consequences }) => `If ${host} died now: ${consequences.join('; ')}`),
    ...trouble(status, paint),
  ];
  return `${sections.filter((section) => section !== '').join('\n')}\n`;
}

type Paint = (text: string, tone: 'good' | 'bad' | 'warn' | 'dim' | 'bold') => string;

const paintNone: Paint = (text) => text;

const CODES = { good: 32, bad: 31, warn: 33, dim: 2, bold: 1 } as const;

const paintAnsi: Paint = (text, tone) => `\u001b[${CODES[tone]}m${text}\u001b[0m`;

function header(status: Status, paint: Paint): string {
  const { engine } = status;
  const realtime =
    engine.realtime.priority > 0
      ? `real-time ${engine.realtime.priority}`
      : `not real-time (${engine.realtime.refused ?? 'not asked for'})`;
  const late = `timer worst ${engine.timerLateness.worstMs} ms late`;
  const restarts = status.manager.restarts === 0 ? '' : `, manager restarted ${status.manager.restarts} times`;
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
  if (vip.state === 'initialize') return 'bad';
  if (vip.priority !== vip.basePriority) return 'warn';
  return 'good';
}

function proxyLine({ proxy }: Status, paint: Paint): string {
  if (proxy === null) return 'Proxy  none is watched';
  const tone = proxy.state === 'well' ? 'good' : proxy.state === 'dead' ? 'bad' : 'warn';
  const notes = proxy.notes.map((note) => `\n       ${note}`).join('');
  return `Proxy  ${paint(proxy.state, tone)}: ${proxy.reason}${notes}`;
}

/** What of the proxy's configuration is in force, and what keeps the rest from it. */
function applyLine({ apply }: Status, paint: Paint): string {
  if (apply === null) return '';
  const { inForce, held, isBusy } = apply;
  const which = inForce === null ? 'nothing is known to be in force' : `#${inForce} is in force`;
  const words = [isBusy ? `${which}, a change is under way` : which, ...(held === null ? [] : [held])].join('; ');
  if (apply.trouble !== null)
    return `Apply  ${paint(`${words}; the last one did not succeed: ${apply.trouble}`, 'bad')}`;
  return `Apply  ${held === null ? words : paint(words, 'warn')}`;
}

function trouble(status: Status, paint: Paint): string[] {
  const ports = status.interfaces.filter((port) => port.state !== 'up');
  const refused = status.vips.flatMap((vip) =>
    Object.entries(vip.refused).map(([reason, n]) => `${vip.vip}: ${n} advertisements refused: ${reason}`),
  );
  const stray = status.interfaces.flatMap((port) =>
    Object.entries(port.refused).map(([reason, n]) => `${port.interface}: ${n} datagrams refused: ${reason}`),
  );
  const odd = status.vips.flatMap((vip) =>
    Object.entries(vip.remarks).map(
      ([remark, n]) => `${vip.vip}: ${n} advertisements differ from the configuration: ${remark}`,
    ),
  );
  return [
    ...ports.map((port) => paint(`Interface  ${port.interface} ${port.state}: ${port.detail}`, 'bad')),
    ...[...status.warnings, ...refused, ...stray, ...odd].map((warning) => paint(`Warning  ${warning}`, 'warn')),
  ];
}

/** A duration in the largest unit that says enough. */
function ago(ms: number): string {
  const s = ms / 1000;
  if (s < 10) return `${s.toFixed(1)} s`;
  if (s < 120) return `${Math.round(s)} s`;
  if (s < 7200) return `${Math.round(s / 60)} min`;
  if (s < 172_800) return `${Math.round(s / 3600)} h`;
  return `${Math.round(s / 86_400)} d`;
}
