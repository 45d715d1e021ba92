import type { WarningCode } from '../../control/status.ts';
import { VERSION } from '../../control/version.ts';
import { finding } from '../finding.ts';
import type { Finding } from '../finding.ts';
import type { Patient } from '../patient.ts';

/** Warnings of the daemon about what is examined here anyway. */
const EXAMINED: ReadonlySet<WarningCode> = new Set<WarningCode>(['sysctl', 'config']);

/** Warnings of the daemon that mean that two hosts serve one VIP, or soon may. */
const GRAVE: ReadonlySet<WarningCode> = new Set<WarningCode>([
  ...(['config-refused', 'address-conflict', 'vrrp-lost', 'vrrp-filtered', 'one-way-in', 'one-way-out'] as const),
  ...(['password', 'version', 'transport', 'path-key', 'namesake'] as const),
]);

/** What the running daemon says; that none runs is no trouble before the first start. Pure. */
export function judgeDaemon({
  status,
  silence,
  admission,
}: Pick<Patient, 'status' | 'silence' | 'admission'>): Finding[] {
  const { socket } = admission;
  if (status === undefined) {
    const isAbsent = ['ENOENT', 'ECONNREFUSED', 'ENOTDIR'].includes(silence?.code ?? 'ENOENT');
    const text = isAbsent ? `no daemon listens on "${socket}"` : (silence?.message ?? '');
    const fix = isAbsent
      ? 'nothing before the first start; then `systemctl start vipair`'
      : 'see `journalctl -u vipair`';
    return [finding('DAEMON-SILENT', socket, text, fix, isAbsent ? 'note' : 'error')];
  }
  const findings = status.warnings
    .filter(({ code }) => !EXAMINED.has(code))
    .map(({ code, text }) =>
      finding(
        'DAEMON-WARNING',
        code,
        text,
        'as it says; `vipair status` shows it until it is over',
        GRAVE.has(code) ? 'error' : 'warning',
      ),
    );
  for (const { vip, family, state, priority, basePriority, reason } of status.vips) {
    if (state !== 'initialize' && priority === basePriority) continue;
    const text =
      state === 'initialize'
        ? `${vip} is at fault on this host: ${reason}`
        : `this host stands for ${vip} with priority ${priority} of ${basePriority}: ${reason}`;
    findings.push(finding('DAEMON-LOWERED', `${vip}/${family}`, text, `see \`vipair explain ${vip}\``));
  }
  if (status.version !== VERSION) {
    const text = `the daemon is version ${status.version}, and this program ${VERSION}`;
    findings.push(
      finding('DAEMON-VERSION', 'vipair', text, 'run `systemctl restart vipair`, one host after the other'),
    );
  }
  for (const { service, counts } of status.services) {
    // Those that nobody checks serve; of many backends the status names some only, and counts all.
    if (counts.total === 0 || counts.up + counts.unknown > 0) continue;
    const text = `none of the ${counts.total} backends of ${service} is up`;
    const fix = `see \`vipair backends list ${service}\` for the reasons`;
    findings.push(finding('BACKENDS-NONE', service, text, fix));
  }
  return findings;
}
