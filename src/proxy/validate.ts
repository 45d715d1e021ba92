import { posix } from 'node:path';
import type { Milliseconds } from '../wire/units.ts';
import { runProgram } from './checker.ts';
import type { Disk } from './disk.ts';
import { unseal } from './owned.ts';
import type { Surroundings } from './runner.ts';
import type { Finding, Launch, Steering } from './steering.ts';
import { candidateOf } from './swap.ts';
import type { TargetFile } from './target.ts';

/** What the checker is asked about. */
export interface Question {
  readonly steering: Steering;
  readonly binary: string;
  readonly launch: Launch;
  readonly surroundings: Surroundings;
  /** All our files; those of `staged` are looked at beside their places. */
  readonly files: readonly TargetFile[];
  readonly staged: readonly TargetFile[];
  readonly limit: Milliseconds;
}

/** Nothing when the proxy would take the configuration; otherwise why not, the first reason first. */
export interface Verdict {
  readonly trouble: string | undefined;
  readonly findings: readonly Finding[];
}

/**
 * Lets the proxy's own checker look at the whole real configuration with the candidates in it. Throws OpError when the
 * checker is missing or hangs.
 */
export async function validate(question: Question, disk: Disk): Promise<Verdict> {
  const { steering, binary, launch, surroundings, limit } = question;
  const resolved = resolve(launch, surroundings.directory);
  const parts = question.files.filter(({ kind }) => kind !== 'state');
  const isStaged = (file: TargetFile): boolean => question.staged.some(({ path }) => path === file.path);
  const candidates = new Map(parts.map((file) => [file.path, isStaged(file) ? candidateOf(file.path) : file.path]));
  let validation = steering.validation(binary, resolved, candidates, disk);
  while ('untaken' in validation) {
    const { path, untaken } = validation;
    // A part without anything in it need not be taken in.
    const isEmpty = unseal(parts.find((file) => file.path === path)?.text ?? '').trim() === '';
    if (!isEmpty || !candidates.delete(path)) return { trouble: untaken, findings: [] };
    validation = steering.validation(binary, resolved, candidates, disk);
  }
  const real = new Map([
    ...[...candidates].map(([path, candidate]) => [candidate, path] as const),
    ...validation.files.map(({ path }) => [path, originalOf(path)] as const),
  ]);
  try {
    for (const { path, text } of validation.files) disk.write(path, text);
    const { status, output } = await runProgram(validation.command, { limit, ...surroundings });
    const findings = steering.findings(output).map((finding) => inPlace(finding, real, parts));
    if (status === 0) return { trouble: undefined, findings };
    const [first] = findings;
    const said = first === undefined ? lastLine(output) : findingWords(first);
    return { trouble: said || `the checker ended with status ${status}`, findings };
  } finally {
    for (const { path } of validation.files) disk.remove(path);
  }
}

/** The launch with absolute paths, seen from where the proxy was started. */
export const resolve = (launch: Launch, directory: string | undefined): Launch => ({
  ...launch,
  files: launch.files.map((file) => posix.resolve(directory ?? '/', file)),
});

const originalOf = (copy: string): string =>
  posix.join(posix.dirname(copy), posix.basename(copy).replace(/^\.(.*)\.vipair-check$/, '$1'));

/** A finding with the names that the files will have, and the line that it is about. */
function inPlace(finding: Finding, real: ReadonlyMap<string, string>, files: readonly TargetFile[]): Finding {
  const rename = (text: string): string =>
    [...real].reduce((renamed, [candidate, path]) => renamed.replaceAll(candidate, path), text);
  const file = finding.file === undefined ? undefined : rename(finding.file);
  const text = files.find(({ path }) => path === file)?.text;
  const line = finding.line === undefined ? undefined : text?.split('\n')[finding.line - 1]?.trim();
  const quoted = line === undefined || line === '' ? '' : ` ("${line.slice(0, 120)}")`;
  return { ...finding, file, message: `${rename(finding.message)}${quoted}` };
}

/** `file:line: message`. */
export const findingWords = ({ file, line, message }: Finding): string =>
  [file, line === undefined ? undefined : String(line)].filter((part) => part !== undefined).join(':') +
  (file === undefined ? message : `: ${message}`);

const lastLine = (output: string): string => output.trim().split('\n').at(-1) ?? '';
