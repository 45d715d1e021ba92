import type { KernelFacts } from '../facts/kernel.ts';
import { finding } from '../finding.ts';
import type { Finding } from '../finding.ts';
import type { Patient } from '../patient.ts';

/** Reading one of these takes microseconds and a lock, on every look at the clock. */
const SLOW: readonly string[] = ['hpet', 'acpi_pm', 'jiffies', 'refined-jiffies', 'pit'];

/** Features of the kernel, and the clock. Pure. */
export function judgeKernel({ config }: Pick<Patient, 'config'>, facts: KernelFacts): Finding[] {
  const { release, pidfd, getfd, clocksource, isSynchronized } = facts;
  const findings: Finding[] = [];
  const lacks = (call: string, code: string, since: string, means: string): void => {
    const text = `Linux ${release} refuses ${call} (${code}): ${means}`;
    const fix =
      code === 'ENOSYS'
        ? `use Linux ${since} or newer`
        : 'allow it in the system call filter of the unit or the container';
    findings.push(finding('KERNEL-FEATURE', call, text, fix));
  };
  if (pidfd !== undefined && config.proxy !== undefined)
    lacks('pidfd_open', pidfd, '5.3', 'the death of the proxy is noticed at the next look only');
  if (getfd !== undefined && config.proxy?.managed !== undefined)
    lacks('pidfd_getfd', getfd, '5.6', 'a managed proxy is replaced when the manager dies, and connections are lost');
  if (clocksource !== undefined && SLOW.includes(clocksource)) {
    const text = `the clock source of this host is ${clocksource}, which is slow to read`;
    findings.push(
      finding(
        'CLOCK-SLOW',
        'clock',
        text,
        'see why the kernel gave up tsc or kvm-clock (`dmesg | grep -i clocksource`)',
      ),
    );
  }
  if (isSynchronized === false) {
    const text =
      'the clock of this host is not synchronized; vipair does not need it, but logs of two hosts are hard to compare';
    findings.push(finding('CLOCK-UNSYNCED', 'clock', text, 'run chrony or systemd-timesyncd'));
  }
  return findings;
}
