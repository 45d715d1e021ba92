/**
 * Reads JSON that needs no explanation; `undefined` for anything else. A list of ten thousand backends takes the reader
 * of YAML the better part of a second, because it knows where everything stands; JSON without mistakes needs no places.
 * Whatever that reader would refuse is left to it: keys that are there twice, which `JSON.parse` takes silently, and
 * control characters. Pure; never throws.
 */
export function readPlainJson(text: string): { readonly value: unknown } | undefined {
  if (!/^\s*[[{]/.test(text) || /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/.test(text)) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  return keysWritten(text) === keysIn(value) ? { value } : undefined;
}

/** Outside of strings there is no quote in valid JSON, and a string before a colon is a key. */
function keysWritten(text: string): number {
  let count = 0;
  for (let begin = text.indexOf('"'); begin >= 0;) {
    let end = text.indexOf('"', begin + 1);
    while (end >= 0 && isEscaped(text, end)) end = text.indexOf('"', end + 1);
    if (end < 0) return count;
    let behind = end + 1;
    while (BLANKS.includes(text[behind] ?? ':')) behind++;
    if (text[behind] === ':') count++;
    begin = text.indexOf('"', behind);
  }
  return count;
}

const BLANKS = ' \t\n\r';

/** Whether an odd number of backslashes stands before a place. */
function isEscaped(text: string, place: number): boolean {
  let first = place;
  while (text[first - 1] === '\\') first--;
  return (place - first) % 2 === 1;
}

function keysIn(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  let count = 0;
  // BOUNDED by the text, which the caller bounds.
  const open: object[] = [value];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const each of Object.values(next) as unknown[]) {
      if (!Array.isArray(next)) count++;
      if (typeof each === 'object' && each !== null) open.push(each);
    }
  }
  return count;
}
