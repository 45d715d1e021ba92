/** A command as its words, or why it is none. */
export type Argv = { readonly argv: readonly string[] } | { readonly refused: string };

/** What only a shell gives a meaning to. Whoever writes one of these unquoted expects it to have that meaning. */
const SHELL = '|&;<>()$`*?~#\n';

/** Words of one command. BOUNDED. */
const MOST_WORDS = 256;

/**
 * Splits a command into its words without a shell. Blanks separate words. Within '...' every character stands for
 * itself; within "..." a backslash takes the meaning from a following " or \, and stays before anything else; elsewhere
 * it takes the meaning from any character. Pieces that touch are one word, and '' is an empty one. Nothing is
 * substituted, and an unquoted character that only a shell understands is refused instead of being passed on in vain.
 */
export function splitCommand(text: string): Argv {
  const argv: string[] = [];
  let word: string | undefined;
  for (let at = 0; at < text.length; at++) {
    const character = text[at] ?? '';
    if (/[ \t]/.test(character)) {
      if (word !== undefined) argv.push(word);
      word = undefined;
    } else if (character === "'" || character === '"') {
      const quoted = readQuoted(text, at, character);
      if (quoted === undefined) return { refused: `has a ${character} without its second` };
      word = (word ?? '') + quoted.text;
      at = quoted.end;
    } else if (character === '\\') {
      at++;
      if (at >= text.length) return { refused: 'ends with a \\ that has nothing to stand before' };
      word = (word ?? '') + (text[at] ?? '');
    } else if (SHELL.includes(character)) {
      const shown = character === '\n' ? 'a line break' : `an unquoted ${character}`;
      return { refused: `has ${shown}, which only a shell understands; quote it, or give --shell` };
    } else word = (word ?? '') + character;
  }
  if (word !== undefined) argv.push(word);
  if (argv[0] === undefined || argv[0] === '') return { refused: 'is empty' };
  if (argv.length > MOST_WORDS) return { refused: `has more than ${MOST_WORDS} words` };
  return argv.some((each) => each.includes('\0')) ? { refused: 'has a zero byte' } : { argv };
}

/** What stands between quotes, and where the second one is. */
function readQuoted(text: string, start: number, quote: string): { text: string; end: number } | undefined {
  let inside = '';
  for (let at = start + 1; at < text.length; at++) {
    const character = text[at] ?? '';
    if (character === quote) return { text: inside, end: at };
    const next = text[at + 1] ?? '';
    if (quote === '"' && character === '\\' && (next === '"' || next === '\\')) {
      inside += next;
      at++;
    } else inside += character;
  }
  return undefined;
}
