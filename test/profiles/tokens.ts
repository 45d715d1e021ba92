/**
 * What a proxy would read: the words of its configuration, by rules written down here once more and not shared with the
 * code that quotes. They follow ngx_conf_read_token() in ngx_conf_file.c and parse_line() as the HAProxy manual
 * describes it in 2.2.
 */
export interface Directive {
  readonly words: readonly string[];
  readonly block: readonly Directive[] | undefined;
}

/** The directives of an nginx configuration. Throws where nginx would refuse the text. */
export function nginxDirectives(text: string): Directive[] {
  let at = 0;
  const directives = body(true);
  return directives;

  function body(isOutermost: boolean): Directive[] {
    const found: Directive[] = [];
    let words: string[] = [];
    for (;;) {
      while (at < text.length && ' \t\r\n'.includes(text[at] ?? '')) at++;
      const character = text[at];
      if (character === undefined) {
        if (!isOutermost || words.length > 0) throw new Error('unexpected end of file');
        return found;
      }
      if (character === '\0') throw new Error('NUL');
      if (character === '#') while (at < text.length && text[at] !== '\n') at++;
      else if (character === ';' || character === '{') {
        at++;
        if (words.length === 0) throw new Error(`unexpected "${character}"`);
        const directive = { words, block: character === '{' ? body(false) : undefined };
        found.push(directive);
        words = [];
      } else if (character === '}') {
        at++;
        if (isOutermost || words.length > 0) throw new Error('unexpected "}"');
        return found;
      } else words.push(character === '"' || character === "'" ? quoted(character) : plain());
    }
  }

  function quoted(quote: string): string {
    const start = ++at;
    for (; text[at] !== quote; at++) {
      if (at >= text.length) throw new Error('unclosed quote');
      if (text[at] === '\\') at++;
    }
    const raw = text.slice(start, at++);
    if (!' \t\r\n;{)'.includes(text[at] ?? ' ')) throw new Error(`unexpected "${text[at]}" behind a quote`);
    return checked(raw);
  }

  function plain(): string {
    const start = at;
    for (; at < text.length && !' \t\r\n;{'.includes(text[at] ?? ''); at++) {
      if (text[at] === '\\') at++;
      else if (text[at] === '$' && text[at + 1] === '{') at++;
    }
    return checked(text.slice(start, at));
  }

  /** The parser's buffer holds a whole word with its quotes. */
  function checked(raw: string): string {
    if (new TextEncoder().encode(raw).length > 4000) throw new Error('too long parameter');
    const escapes: Readonly<Record<string, string>> = { t: '\t', r: '\r', n: '\n' };
    return raw.replaceAll(/\\([^])/g, (both, next: string) =>
      '"\'\\'.includes(next) ? next : (escapes[next] ?? both),
    );
  }
}

/** The lines of a HAProxy configuration as words. Throws where HAProxy would refuse the text. */
export function haproxyDirectives(text: string): Directive[] {
  if (text !== '' && !text.endsWith('\n')) throw new Error('missing LF on last line');
  const lines = text.split('\n').map((line) => haproxyWords(line));
  return lines.filter((words) => words.length > 0).map((words) => ({ words, block: undefined }));
}

function haproxyWords(line: string): string[] {
  const words: string[] = [];
  const escapes: Readonly<Record<string, string>> = { t: '\t', r: '\r', n: '\n' };
  let word: string | undefined;
  let quote = '';
  const add = (character: string): void => {
    word = (word ?? '') + character;
  };
  for (let at = 0; at < line.length; at++) {
    const character = line[at] ?? '';
    const next = line[at + 1];
    if (character === '\0') throw new Error('NUL');
    if (quote === "'") {
      if (character === "'") quote = '';
      else add(character);
    } else if (character === '\\') {
      if (next === undefined) throw new Error('a backslash at the end');
      if (next === 'x') throw new Error('an escaped byte that nobody writes');
      add(escapes[next] ?? (' \\#\'"$'.includes(next) ? next : `\\${next}`));
      at++;
    } else if (quote === '"') {
      if (character === '"') quote = '';
      else if (character === '$') throw new Error('a variable of the environment');
      else add(character);
    } else if (character === '"' || character === "'") {
      quote = character;
      add('');
    } else if (character === '#') break;
    else if (' \t\r'.includes(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else add(character);
  }
  if (quote !== '') throw new Error('unmatched quote');
  return word === undefined ? words : [...words, word];
}
