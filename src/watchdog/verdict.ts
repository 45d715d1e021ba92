import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { errorCode, OpError } from '../linux/operror.ts';
import { seconds } from '../wire/units.ts';
import type { Seconds } from '../wire/units.ts';

/**
 * The verdict that a running watchdog leaves for others: one line in a file, `well 123456 4711 reason`. The number is
 * until when it holds, in hundredths of a second of /proc/uptime, so that a shell can compare it without starting
 * anything; then comes the watchdog's pid. A file that nobody renews says nothing after that, whatever stands in it.
 */
export interface Verdict {
  readonly health: 'well' | 'sick';
  /** Seconds of /proc/uptime, which count while the host sleeps, too. */
  readonly until: Seconds;
  readonly pid: number;
  readonly reason: string;
}

/** Where verdicts are left; a user's own watchdog has it in that user's directory. */
export function verdictDirectory(): string {
  const own = process.env['XDG_RUNTIME_DIR'];
  return process.geteuid?.() === 0 || own === undefined ? '/run/vipair-watchdog' : `${own}/vipair-watchdog`;
}

/** The clock that verdicts are measured by. */
export const uptime = (): Seconds => seconds(Number(readFileSync('/proc/uptime', 'latin1').split(' ')[0]));

/** Leaves a verdict for others to read, whole at any moment. Throws OpError. */
export function writeVerdict(directory: string, name: string, { health, until, pid, reason }: Verdict): void {
  const path = `${directory}/${name}`;
  // A line break in the reason would be the end of the verdict.
  const line = `${health} ${Math.round(until * 100)} ${pid} ${reason.replaceAll(/\s+/g, ' ')}\n`;
  try {
    mkdirSync(directory, { recursive: true, mode: 0o755 });
    writeFileSync(`${path}.new`, line, { mode: 0o644 });
    renameSync(`${path}.new`, path);
  } catch (cause) {
    throw new OpError(`write "${path}"`, errorCode(cause) ?? 'EIO', { cause, advice: 'give another --directory' });
  }
}

/** Reads a verdict, whether it still holds or not; `undefined` when there is none. */
export function readVerdict(directory: string, name: string): Verdict | undefined {
  try {
    const text = readFileSync(`${directory}/${name}`, 'utf8');
    const [, health, until, pid, reason = ''] = /^(well|sick) (\d{1,15}) (\d{1,10}) (.*)\n$/.exec(text) ?? [];
    if (health !== 'well' && health !== 'sick') return undefined;
    return { health, until: seconds(Number(until) / 100), pid: Number(pid), reason };
  } catch {
    return undefined;
  }
}

/** Takes the verdict away: nobody watches any more. */
export function removeVerdict(directory: string, name: string): void {
  rmSync(`${directory}/${name}`, { force: true });
}
