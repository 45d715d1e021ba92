import { parseArgs } from 'node:util';
import { OpError } from '../linux/operror.ts';
import { lookAt } from '../watchdog/look.ts';
import { givenOf, optionRows } from '../watchdog/options.ts';
import type { Given } from '../watchdog/options.ts';
import { readSettings, Refused } from '../watchdog/settings.ts';
import { knowledge } from './knowledge.ts';

/**
 * `vipair watchdog --once`, for scripts such as a `vrrp_script` of keepalived: one look. The exit codes are those that
 * such scripts have: 0 well, 1 not well, 2 could not look, which a wrong command line is, too.
 */
export async function watchOnce(argv: readonly string[]): Promise<void> {
  try {
    const given = read(argv);
    const { target, timeout } = await readSettings(given, { ...knowledge, profileOf: async () => undefined });
    let look = await lookAt(target, timeout, undefined);
    // What is known of a proxy takes longer to load than to look: it is asked only where it could say something else.
    if (look.good && !look.isPlain && target.process !== undefined) {
      const profile = await knowledge.profileOf(target.process);
      if (profile !== undefined) look = await lookAt({ ...target, profile }, timeout, undefined);
    }
    const { good, reason, findings } = look;
    const health = good ? 'well' : 'sick';
    const { name } = target;
    console.log(
      given.json === true ? JSON.stringify({ name, health, reason, findings }) : `${name}: ${health}: ${reason}`,
    );
    process.exitCode = good ? 0 : 1;
  } catch (error) {
    if (!(error instanceof OpError) && !(error instanceof Refused)) throw error;
    process.stderr.write(`vipair: ${error.message}\n`);
    process.exitCode = 2;
  }
}

function read(argv: readonly string[]): Given {
  const options = Object.fromEntries(
    optionRows.map(({ name, short, value, many }) => [
      name,
      { type: value === undefined ? 'boolean' : 'string', multiple: many === true, ...(short && { short }) } as const,
    ]),
  );
  try {
    return givenOf(parseArgs({ args: [...argv], options, strict: true }).values);
  } catch (error) {
    throw new Refused(`${error instanceof Error ? error.message : String(error)} (see vipair watchdog --help)`);
  }
}
