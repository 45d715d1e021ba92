/**
 * nginx's words (ngx_conf_read_token() in ngx_conf_file.c). Outside quotes a blank, `;` or `{` ends a word, a quote or
 * `#` means something at its start, and `\` takes the next character as it is. Inside quotes everything stands for
 * itself but the quote and `\`. A variable is none of that: whether `$` means one depends on the directive, and no
 * directive has a way to write it otherwise. So nothing that may hold a `$` reaches a directive that would expand it.
 */
const PLAIN = /^[\w.:/@[\]=+,~*-]+$/;

/** Words longer than this do not fit into the parser's buffer of 4096 bytes with everything escaped. */
export const MOST_WORD = 1500;

/** One word that nginx reads back as the text, whatever is in it. NUL is the caller's business. */
export const word = (text: string): string => (PLAIN.test(text) ? text : quoted(text));

/** The same, always in quotes. */
export const quoted = (text: string): string => `"${text.replaceAll(/[\\"]/g, String.raw`\$&`)}"`;

/** A directive that is a block, its body two blanks further in. */
export const block = (head: string, body: readonly string[]): string[] => [
  `${head} {`,
  ...body.map((line) => (line === '' ? line : `  ${line}`)),
  '}',
];
