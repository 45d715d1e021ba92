import { readFileSync } from 'node:fs';
import { Command, Option } from 'commander';
import { profiles } from '../../profiles/registry.ts';
import { errorCode } from '../linux/operror.ts';
import type { Reading } from '../proxy/reading.ts';
import { EXIT, fail } from './exit.ts';
import { importedFrom, listText, servicesText } from './imported.ts';
import type { ImportedService } from './imported.ts';

interface ImportOptions {
  readonly profile?: string;
  readonly service?: string;
  readonly json?: boolean;
}

/** Whose files the examples are about. */
const [example = 'proxy'] = Object.keys(profiles);

/** `vipair backends import`. Exit code 0 when backends were found, 1 when none were. */
export function importCommand(): Command {
  return new Command('import')
    .description("print the backends of a proxy's own files for pair.yaml")
    .argument('<file...>', 'configuration files; files that they include are read when they are named, too')
    .addOption(
      new Option('-p, --profile <name>', 'whose files they are (default: whichever has backends in them)').choices(
        Object.keys(profiles),
      ),
    )
    .option('--service <name>', 'only this one, as a file for backends.d')
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      `
What could not be taken over stands in comments beside it. The files themselves are never changed.

Examples:
  vipair backends import /etc/${example}/*.conf
  vipair backends import /etc/${example}/main.conf --service app > /etc/vipair/backends.d/app.yaml`,
    )
    .action((files: readonly string[], options: ImportOptions) => show(files, options));
}

function show(files: readonly string[], { profile, service, json }: ImportOptions): void {
  const texts = files.map((file) => ({ file, text: textOf(file) }));
  const names = profile === undefined ? Object.keys(profiles) : [profile];
  const readings = names.map((name) => texts.map(({ file, text }) => ({ file, reading: readingBy(name, text) })));
  const found = importedFrom(readings.toSorted((a, b) => serversIn(b) - serversIn(a))[0] ?? []);
  const wanted = found.services.filter((one) => service === undefined || one.name === service);
  if (wanted.length === 0) {
    for (const problem of found.problems) console.error(problem);
    fail(missing(files, service, found.services), EXIT.failure);
  }
  for (const problem of found.problems) console.error(`Not read  ${problem}`);
  const [first] = wanted;
  if (json === true) console.log(JSON.stringify({ services: wanted, problems: found.problems }));
  else process.stdout.write(service === undefined || first === undefined ? servicesText(wanted) : listText(first));
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const code = errorCode(error) ?? 'EIO';
    fail(`Cannot read "${file}": ${code}`, code === 'EACCES' || code === 'EPERM' ? EXIT.permission : EXIT.unavailable);
  }
}

const readingBy = (name: string, text: string): Reading => profiles[name]?.read(text) ?? { groups: [], problems: [] };

const serversIn = (readings: readonly { readonly reading: Reading }[]): number =>
  readings.reduce((sum, { reading }) => sum + reading.groups.reduce((all, { servers }) => all + servers.length, 0), 0);

function missing(files: readonly string[], service: string | undefined, services: readonly ImportedService[]): string {
  const where = files.map((file) => `"${file}"`).join(', ');
  if (service === undefined) return `no backends in ${where}; are they in a file that it includes?`;
  const others = services.map(({ name }) => name).join(', ') || 'none';
  return `no "${service}" in ${where}; there are ${others}`;
}
