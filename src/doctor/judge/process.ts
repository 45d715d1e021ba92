import type { ProcessFacts } from '../facts/process.ts';
import { finding } from '../finding.ts';
import type { Finding } from '../finding.ts';
import type { Patient } from '../patient.ts';

/** Numbers of linux/capability.h. */
const CAP_SETGID = 6;
const CAP_SETUID = 7;
const CAP_NET_ADMIN = 12;
const CAP_SYS_PTRACE = 19;

/** Probes, checks and the sockets of a managed proxy; beyond them it is the proxy's own limit that counts. */
const LEAST_FILES = 1024;

const UNIT = 'the unit that comes with vipair grants it; elsewhere run as root';

/** The rights of the process that is, or will be, the daemon. Pure. */
export function judgeProcess({ config }: Pick<Patient, 'config'>, facts: ProcessFacts): Finding[] {
  const { who, capabilities, files, nativeTrouble, refused, realtimeRefused } = facts;
  const findings: Finding[] = [];
  if (nativeTrouble !== undefined)
    findings.push(
      finding('NATIVE-MISSING', 'vipair', nativeTrouble, 'install vipair again where a compiler is present'),
    );
  for (const { interface: name, what, code, why } of refused) {
    const isRight = code === 'EPERM' || code === 'EACCES';
    const fix = isRight
      ? `grant CAP_NET_RAW; ${UNIT}`
      : `it is no matter of rights: see \`ip address show\` for the interface, and \`dmesg\``;
    findings.push(finding('PERMISSION-RAW', name, `the ${what} cannot be opened: ${why}`, fix));
  }
  if (!capabilities.has(CAP_NET_ADMIN)) {
    const text = `${who} has not the capability CAP_NET_ADMIN, and cannot put a VIP on an interface`;
    findings.push(finding('PERMISSION-ADMIN', who, text, UNIT));
  }
  if (!capabilities.has(CAP_SYS_PTRACE)) {
    const text = `${who} has not the capability CAP_SYS_PTRACE, and cannot tell which process of another user holds a port`;
    findings.push(finding('PERMISSION-TRACE', who, text, UNIT));
  }
  const isManaged = config.proxy?.managed !== undefined;
  if (isManaged && !(capabilities.has(CAP_SETUID) && capabilities.has(CAP_SETGID))) {
    const text = `${who} has not the capabilities CAP_SETUID and CAP_SETGID, and cannot start the proxy as its own user`;
    findings.push(finding('PERMISSION-USER', who, text, UNIT));
  }
  if (realtimeRefused !== undefined) {
    const text = `real-time scheduling is refused (${realtimeRefused}) to ${who}`;
    const fix = `grant CAP_SYS_NICE or LimitRTPRIO=50; in a control group that limits processors give it cpu.rt_runtime_us`;
    findings.push(finding('REALTIME-REFUSED', who, text, fix));
  }
  if (files < LEAST_FILES) {
    const text = `${who} may open ${files} files, fewer than ${LEAST_FILES}`;
    findings.push(finding('LIMIT-FILES', who, text, 'raise LimitNOFILE= in the unit, or `ulimit -n`'));
  }
  return findings;
}
