/**
 * What would change in a file, as a unified diff (POSIX diff -u), for people: before something edited by hand is
 * refused, and for a dry run. Pure. Equal texts have an empty one.
 */
export function difference(path: string, before: string, after: string, context = 3): string {
  if (before === after) return '';
  const [old, next] = [linesOf(before), linesOf(after)];
  const steps = script(old, next);
  const hunks = hunksOf(steps, context);
  return [`--- ${path}`, `+++ ${path}`, ...hunks.flatMap((hunk) => hunk)].join('\n').concat('\n');
}

/** ` ` stands in both, `-` only before, `+` only after. */
interface Step {
  readonly kind: ' ' | '-' | '+';
  readonly line: string;
}

const NO_END = '\n\\ No newline at end of file';

function linesOf(text: string): string[] {
  if (text === '') return [];
  const lines = text.split('\n');
  // A text that ends with a line feed has an empty last part, which is no line.
  const last = lines.pop() ?? '';
  return last === '' ? lines : [...lines, `${last}${NO_END}`];
}

/** Beyond this product of changed lines the texts have so little in common that everything is replaced. BOUNDED: 4 MB. */
const MOST_CELLS = 1_000_000;

/** From one list of lines to the other: what they share at both ends, and the longest common subsequence between. */
function script(old: readonly string[], next: readonly string[]): Step[] {
  let start = 0;
  while (start < old.length && start < next.length && old[start] === next[start]) start++;
  let tail = 0;
  while (tail < Math.min(old.length, next.length) - start && old.at(-1 - tail) === next.at(-1 - tail)) tail++;
  const same = (line: string): Step => ({ kind: ' ', line });
  const middle = between(old.slice(start, old.length - tail), next.slice(start, next.length - tail));
  return [...old.slice(0, start).map(same), ...middle, ...old.slice(old.length - tail).map(same)];
}

function between(old: readonly string[], next: readonly string[]): Step[] {
  const width = next.length + 1;
  if ((old.length + 1) * width > MOST_CELLS) {
    return [...old.map((line): Step => ({ kind: '-', line })), ...next.map((line): Step => ({ kind: '+', line }))];
  }
  // Length of the longest common subsequence of what is left from a pair of places on.
  const left = new Uint32Array((old.length + 1) * width);
  const at = (row: number, column: number): number => left[row * width + column] ?? 0;
  for (let row = old.length - 1; row >= 0; row--) {
    for (let column = next.length - 1; column >= 0; column--) {
      const equal = old[row] === next[column];
      left[row * width + column] = equal
        ? at(row + 1, column + 1) + 1
        : Math.max(at(row + 1, column), at(row, column + 1));
    }
  }
  const steps: Step[] = [];
  let [row, column] = [0, 0];
  while (row < old.length || column < next.length) {
    const [was = '', is = ''] = [old[row], next[column]];
    if (row < old.length && column < next.length && was === is) {
      steps.push({ kind: ' ', line: was });
      row++;
      column++;
    } else if (row < old.length && (column === next.length || at(row + 1, column) >= at(row, column + 1))) {
      steps.push({ kind: '-', line: was });
      row++;
    } else {
      steps.push({ kind: '+', line: is });
      column++;
    }
  }
  return steps;
}

/** Changes with the lines around them; what is less than twice the context apart is one hunk. */
function hunksOf(steps: readonly Step[], context: number): string[][] {
  const changed = steps.flatMap(({ kind }, index) => (kind === ' ' ? [] : [index]));
  const ranges: { from: number; to: number }[] = [];
  for (const index of changed) {
    const last = ranges.at(-1);
    if (last !== undefined && index - context <= last.to) last.to = Math.min(steps.length, index + context + 1);
    else ranges.push({ from: Math.max(0, index - context), to: Math.min(steps.length, index + context + 1) });
  }
  let [seen, old, next] = [0, 0, 0];
  return ranges.map(({ from, to }) => {
    for (; seen < from; seen++) {
      if (steps[seen]?.kind !== '+') old++;
      if (steps[seen]?.kind !== '-') next++;
    }
    const hunk = steps.slice(from, to);
    const range = (start: number, without: Step['kind']): string => {
      const count = hunk.filter(({ kind }) => kind !== without).length;
      return `${count === 0 ? start : start + 1}${count === 1 ? '' : `,${count}`}`;
    };
    return [`@@ -${range(old, '+')} +${range(next, '-')} @@`, ...hunk.map(({ kind, line }) => `${kind}${line}`)];
  });
}
