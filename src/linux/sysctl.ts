import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { errorCode, OpError } from './operror.ts';

/**
 * The value of a kernel parameter, without the final newline; `undefined` when this kernel does not have it. The name is
 * written with dots, `net.ipv4.ip_nonlocal_bind`, or with slashes where a part has a dot itself,
 * `net/ipv4/conf/eth0.100/arp_ignore` (sysctl(8)). Throws OpError.
 */
export function readSysctl(name: string): string | undefined {
  const file = fileOf(name);
  try {
    return readFileSync(file, 'utf8').trimEnd();
  } catch (cause) {
    const code = errorCode(cause) ?? 'EIO';
    if (code === 'ENOENT') return undefined;
    throw new OpError(`read sysctl "${name}"`, code, { cause });
  }
}

/** Sets a kernel parameter of this network namespace, until the next boot. Throws OpError. */
export function writeSysctl(name: string, value: string): void {
  const file = fileOf(name);
  try {
    writeFileSync(file, `${value}\n`, { flag: 'r+' });
  } catch (cause) {
    const advice = `run as root, or set ${name} = ${value} in /etc/sysctl.d`;
    throw new OpError(`set sysctl "${name}" to "${value}"`, errorCode(cause) ?? 'EIO', { advice, cause });
  }
}

function fileOf(name: string): string {
  const parts = name.split(name.includes('/') ? '/' : '.');
  assert(
    parts.every((part) => part !== '' && part !== '.' && part !== '..'),
    `Not the name of a sysctl: "${name}"`,
  );
  return `/proc/sys/${parts.join('/')}`;
}
