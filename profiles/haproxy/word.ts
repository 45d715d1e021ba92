/**
 * HAProxy's words (configuration manual 2.2, "Quoting and escaping"). A line is a directive, so a line end can never be
 * quoted, only spelled `\n`. Single quotes take everything literally and have no escape; within double quotes `\`
 * escapes and `$` names a variable of the environment. Log formats are a second language with its own `%`: no text from
 * outside reaches one.
 */
const PLAIN = /^[\w.:/@[\]=+,~*-]+$/;

/** One word that HAProxy reads back as the text, whatever is in it. NUL is the caller's business. */
export const word = (text: string): string => (PLAIN.test(text) ? text : quoted(text));

/** The same, always in quotes. */
export function quoted(text: string): string {
  if (!/['\n\r]/.test(text)) return `'${text}'`;
  const escaped = text
    .replaceAll(/[\\"$]/g, String.raw`\$&`)
    .replaceAll('\n', String.raw`\n`)
    .replaceAll('\r', String.raw`\r`);
  return `"${escaped}"`;
}

/** A section with its lines two blanks further in, and an empty line behind it. */
export const section = (head: string, lines: readonly string[]): string[] => [
  head,
  ...lines.map((line) => `  ${line}`),
  '',
];
