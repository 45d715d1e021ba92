/**
 * A strict reader of the OpenMetrics text format 1.0, by the ABNF and the rules of its specification. It refuses what a
 * lenient one lets pass: families that are not contiguous, samples that do not fit their type, wrong escapes, a missing
 * end.
 */
export interface ParsedFamily {
  readonly name: string;
  readonly type: string;
  unit: string | undefined;
  help: string | undefined;
  readonly samples: {
    readonly name: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly value: number;
  }[];
}

const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const LABEL = '[a-zA-Z_][a-zA-Z0-9_]*';
const TEXT = '(?:[^"\\\\\\n]|\\\\["\\\\n])*';
const NUMBER = '[+-]?(?:\\d+(?:\\.\\d*)?|\\.\\d+)(?:e[+-]?\\d+)?|[+-]?Inf(?:inity)?|NaN';
const META = new RegExp(`^# (TYPE|UNIT|HELP) (${NAME}) (.*)$`, 'i');
const SAMPLE = new RegExp(`^(${NAME})(?:\\{((?:${LABEL}="${TEXT}"(?:,(?!\\}))?)*)\\})? (${NUMBER})$`, 'i');
const SUFFIXES: Readonly<Record<string, readonly string[]>> = {
  gauge: [''],
  stateset: [''],
  counter: ['_total', '_created'],
  info: ['_info'],
};

export function parseOpenMetrics(text: string): ParsedFamily[] {
  if (!text.endsWith('# EOF\n')) throw new Error('does not end with "# EOF" and a line feed');
  const lines = text.slice(0, -'# EOF\n'.length).split('\n').slice(0, -1);
  const families: ParsedFamily[] = [];
  const names = new Set<string>();
  const seen = new Set<string>();
  for (const [index, line] of lines.entries()) {
    const fail = (why: string): never => {
      throw new Error(`line ${index + 1}: ${why}: ${line}`);
    };
    const meta = META.exec(line);
    if (meta === null) {
      takeSample(line, families.at(-1) ?? fail('a sample without a family'), seen, fail);
      continue;
    }
    const [, kind = '', name = '', value = ''] = meta;
    if (kind === 'TYPE') {
      if (names.has(name)) fail('a family a second time');
      if (!Object.hasOwn(SUFFIXES, value)) fail('not one of the types');
      names.add(name);
      families.push({ name, type: value, unit: undefined, help: undefined, samples: [] });
    } else takeMeta(kind, name, value, families.at(-1) ?? fail('no TYPE before it'), fail);
  }
  for (const one of families) if (one.samples.length === 0) throw new Error(`${one.name} has no sample`);
  return families;
}

type Fail = (why: string) => never;

function takeMeta(kind: string, name: string, value: string, family: ParsedFamily, fail: Fail): void {
  if (name !== family.name || family.samples.length > 0) fail('not within its family');
  if (kind === 'UNIT') {
    if (family.unit !== undefined || !name.endsWith(`_${value}`)) fail('the name does not end with the unit');
    family.unit = value;
  } else {
    if (family.help !== undefined || !new RegExp(`^${TEXT}$`).test(value)) fail('no help text');
    family.help = value;
  }
}

function takeSample(line: string, family: ParsedFamily, seen: Set<string>, fail: Fail): void {
  const [, name = '', labelText = '', number = ''] = SAMPLE.exec(line) ?? fail('neither metadata nor a sample');
  if (!(SUFFIXES[family.type] ?? []).some((suffix) => name === family.name + suffix))
    fail('not of the family before it');
  const labels: Record<string, string> = {};
  for (const [, label = '', value = ''] of labelText.matchAll(new RegExp(`(${LABEL})="(${TEXT})"`, 'g'))) {
    if (Object.hasOwn(labels, label)) fail('a label twice');
    labels[label] = value.replaceAll(/\\(.)/g, (_, letter: string) => (letter === 'n' ? '\n' : letter));
  }
  const key = `${name} ${JSON.stringify(Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1)))}`;
  if (seen.has(key)) fail('a sample twice');
  seen.add(key);
  const value = Number(number.replace(/Inf(inity)?/i, 'Infinity'));
  if (family.type === 'counter' && !(value >= 0)) fail('a counter below 0');
  if (family.type === 'info' && value !== 1) fail('an info that is not 1');
  if (family.type === 'stateset' && (labels[family.name] === undefined || (value !== 0 && value !== 1)))
    fail('a state set without its label, or neither 0 nor 1');
  family.samples.push({ name, labels, value });
}
