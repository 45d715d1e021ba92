import { stat } from 'node:fs/promises';
import { now } from '../../linux/clock.ts';
import type { FileHostCheck } from '../../config/hostcheckconfig.ts';
import { errorCode } from '../../linux/operror.ts';
import { between } from '../../wire/units.ts';
import type { CheckResult } from '../../backends/rise.ts';
import { later } from './look.ts';
import type { HostLook } from './look.ts';

/** A file that fails by being there, or by not being there. One that cannot be looked for fails, too. */
export function fileLook({ path, when }: FileHostCheck): HostLook {
  return {
    look(done) {
      const began = now();
      return later(presence(path), (found) => {
        done({ ...judgeFile(path, when, found), duration: between(began, now()) });
      });
    },
    close() {},
  };
}

/** What it means that the file is there or not; anything else is why that could not be found out. */
function judgeFile(path: string, when: FileHostCheck['when'], found: string): Pick<CheckResult, 'result' | 'reason'> {
  const words: Readonly<Record<string, string>> = { present: `"${path}" is there`, absent: `"${path}" is not there` };
  const isGood = words[found] !== undefined && found !== when;
  return { result: isGood ? 'good' : 'bad', reason: words[found] ?? found };
}

async function presence(path: string): Promise<string> {
  try {
    await stat(path);
    return 'present';
  } catch (error) {
    const code = errorCode(error) ?? 'EIO';
    return code === 'ENOENT' || code === 'ENOTDIR' ? 'absent' : `cannot look for "${path}": ${code}`;
  }
}
