/**
 * The direction of imports and the purity of folders, written once. The tests hold the sources against this table, and
 * the linter's overrides in `.oxlintrc.json` are derived from it, so that an editor shows a wrong import at once. A new
 * arrow is one word here, and a reason in the commit that adds it.
 */
export interface FolderRule {
  /** Folders it may import from at run time. Its own files are always allowed. */
  readonly values: readonly FolderName[];
  /** Folders it may see with `import type` only, which leaves nothing behind at run time. */
  readonly types: readonly FolderName[];
  /** The npm packages it may import. */
  readonly packages: readonly string[] | 'any';
  /** Pure: no clock, no timer, no randomness, no console, no process and no Node module. */
  readonly pure: boolean;
}

/** The folders below `src/`, and `profiles`. */
export type FolderName =
  | 'wire'
  | 'vrrp'
  | 'pair'
  | 'track'
  | 'config'
  | 'sim'
  | 'linux'
  | 'proxy'
  | 'backends'
  | 'engine'
  | 'manager'
  | 'watchdog'
  | 'control'
  | 'doctor'
  | 'lab'
  | 'cli'
  | 'profiles';

const pure = { types: [], packages: [], pure: true } as const;
const io = { types: [], packages: [], pure: false } as const;

export const folders: Readonly<Record<FolderName, FolderRule>> = {
  wire: { ...pure, values: [] },
  vrrp: { ...pure, values: ['wire'] },
  // What the hosts say to each other beside VRRP, and what is to be made of it.
  pair: { ...pure, values: ['wire', 'vrrp'] },
  track: { ...pure, values: ['wire', 'vrrp'], types: ['config'] },
  config: { ...pure, values: ['wire'], types: ['vrrp', 'track'], packages: ['yaml', 'zod'] },
  sim: { ...pure, values: ['wire', 'vrrp', 'pair', 'track', 'config'] },

  linux: { ...io, values: ['wire'], packages: ['raw-socket'] },
  // A proxy knows nothing of VRRP: it says how it is, and others conclude what that means for the addresses.
  proxy: { ...io, values: ['wire', 'linux'], types: ['config', 'track', 'backends'] },
  // Backends are written in one language, wherever they are: `config` reads those of files and answers, too.
  backends: { ...io, values: ['wire', 'linux', 'track', 'config'], packages: 'any' },
  // The engine starts fast and never stalls: no library, and of the manager only the shape of its messages.
  engine: { ...io, values: ['wire', 'vrrp', 'pair', 'track', 'linux', 'proxy'], types: ['config', 'manager'] },
  // It stands alone: no VRRP, no pair file, no daemon; durations are read as in the file.
  watchdog: { ...io, values: ['wire', 'linux', 'track', 'config', 'proxy', 'backends'] },
  manager: {
    ...io,
    values: ['wire', 'vrrp', 'pair', 'track', 'config', 'linux', 'proxy', 'backends', 'control', 'watchdog'],
    types: ['engine'],
    packages: 'any',
  },
  control: {
    ...io,
    values: ['wire', 'linux'],
    types: ['vrrp', 'pair', 'track', 'config', 'proxy', 'backends'],
    packages: 'any',
  },
  // It asks the daemon and the host, and judges by the words of the protocol; of the engine it knows nothing.
  doctor: { ...io, values: ['wire', 'vrrp', 'pair', 'config', 'linux', 'proxy', 'control'] },
  lab: {
    ...io,
    values: ['wire', 'config', 'linux', 'proxy', 'backends', 'control', 'profiles'],
    types: ['vrrp', 'track'],
    packages: 'any',
  },
  cli: {
    ...io,
    values: [
      ...(['wire', 'vrrp', 'track', 'config', 'sim', 'linux', 'proxy'] as const),
      ...(['control', 'watchdog', 'doctor', 'lab', 'profiles'] as const),
    ],
    packages: 'any',
  },
  profiles: { ...io, values: ['wire', 'linux', 'proxy'], types: ['config', 'backends'], packages: 'any' },
};

/** What single files may see beyond their folder. */
export interface Exception {
  readonly values?: readonly FolderName[];
  readonly builtins?: readonly string[];
}

export const exceptions: Readonly<Record<string, Exception>> = {
  // `isIPv4` and `isIPv6` are pure functions that happen to live there.
  'src/wire/address.ts': { builtins: ['node:net'] },
  // The one file of the configuration that reads a file.
  'src/config/load.ts': { builtins: ['node:fs'] },
  // The composition roots: `vipair run` is the engine's process, the manager's main wires everything else together.
  'src/cli/run.ts': { values: ['engine'] },
  'src/manager/main.ts': { values: ['profiles'] },
};

/** Globals that a pure folder may not name: whatever they give is an input there. */
export const impureGlobals: readonly string[] = [
  'Date',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'queueMicrotask',
  'process',
  'performance',
  'console',
  'fetch',
  'globalThis',
];

/** What the engine's process may never load, however indirectly. Everything else it may reach through its arrows. */
export const engineClosure: { readonly folders: readonly FolderName[]; readonly packages: readonly string[] } = {
  folders: ['wire', 'vrrp', 'pair', 'track', 'linux', 'proxy', 'engine'],
  packages: ['raw-socket'],
};

/** The names that may stand at the top of the repository; the last three are never committed. */
export const topLevel: readonly string[] = [
  '.ci',
  '.gitignore',
  '.oxlintrc.json',
  '.prettierignore',
  '.prettierrc.json',
  'LICENSE',
  'README.md',
  'docs',
  'package-lock.json',
  'package.json',
  'profiles',
  'src',
  'systemd',
  'test',
  'tsconfig.json',
  '.git',
  'dist',
  'node_modules',
];
