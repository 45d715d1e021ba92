import type { ConfigurationTree } from '../steering.ts';

/**
 * The command line of a systemd unit that does not run, from `systemctl show -p ExecStart,Environment,EnvironmentFiles`.
 * Pure but for the environment files, which are read through `tree`. Only what Debian's units of proxies use is
 * expanded: `$NAME` as a word of its own becomes its words, and `${NAME}` anywhere one text (systemd.service(5)).
 * `undefined` when there is no command in it.
 */
export function parseUnit(shown: string, tree: Pick<ConfigurationTree, 'read'>): readonly string[] | undefined {
  const argv = /^ExecStart=\{.*? argv\[\]=(.*?) ;/m.exec(shown)?.[1];
  if (argv === undefined || argv === '') return undefined;
  const environment = new Map<string, string>();
  const [, set = ''] = /^Environment=(.*)$/m.exec(shown) ?? [];
  for (const word of wordsOf(set)) assign(environment, word);
  for (const [, file = ''] of shown.matchAll(/^EnvironmentFiles=(\S+)/gm))
    for (const line of (tree.read(file) ?? '').split('\n')) if (!/^\s*[#;]/.test(line)) assignLine(environment, line);
  return wordsOf(argv).flatMap((word) => {
    const whole = /^\$([A-Za-z_]\w*)$/.exec(word)?.[1];
    if (whole !== undefined) return wordsOf(environment.get(whole) ?? '');
    return [word.replaceAll(/\$\{([A-Za-z_]\w*)\}/g, (_, name: string) => environment.get(name) ?? '')];
  });
}

/** The words of a line, by blanks; quotes hold blanks together. */
function wordsOf(line: string): string[] {
  return [...line.matchAll(/(?:"(?:[^"\\]|\\.)*"|'[^']*'|[^\s"'])+/g)].map(([word]) =>
    word.replaceAll(/"((?:[^"\\]|\\.)*)"|'([^']*)'/g, (_, double?: string, single?: string) =>
      double === undefined ? (single ?? '') : double.replaceAll(/\\(.)/g, '$1'),
    ),
  );
}

function assign(environment: Map<string, string>, word: string): void {
  const [, name, value = ''] = /^([A-Za-z_]\w*)=([^]*)$/.exec(word) ?? [];
  if (name !== undefined) environment.set(name, value);
}

/** In a file a value goes to the end of its line, and quotes around the whole of it fall away. */
function assignLine(environment: Map<string, string>, line: string): void {
  const [, name, value = ''] = /^\s*([A-Za-z_]\w*)=(.*?)\s*$/.exec(line) ?? [];
  if (name !== undefined) environment.set(name, /^(["'])(.*)\1$/.exec(value)?.[2] ?? value);
}
