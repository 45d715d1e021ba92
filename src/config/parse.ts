import type { Config } from './config.ts';
import { createReport, formatPath } from './report.ts';
import type { ConfigError, Path } from './report.ts';
import { resolve } from './resolve.ts';
import { readShape } from './shape.ts';
import { readSource } from './source.ts';

/**
 * Configuration text to the one immutable `Config`: YAML (`source`), then the shape of single values (`schema`,
 * `shape`), then defaults and the rules about several values (`resolve`). Each stage reports every mistake it finds,
 * with its place in the file, and the next begins only when there was none.
 *
 * This folder is pure but for `load`. It must not know sockets, the host it runs on, or any proxy: the names of the
 * profiles come in as a parameter. Nothing outside it imports zod.
 */
export function parseConfig(text: string, file: string, options: ParseOptions): ParseResult {
  const result = readSource(text.startsWith('\uFEFF') ? text.slice(1) : text);
  if ('errors' in result) {
    return { errors: result.errors.map((error) => ({ file, ...error, path: formatPath(error.path) })), warnings: [] };
  }
  const { value, locate } = result.source;
  const report = createReport(file, locate);
  const raw = readShape(value, options.profiles, report);
  const config = raw === undefined ? undefined : resolve(raw, report);
  if (config !== undefined && report.errors.length === 0) {
    for (const { path, message } of options.judge?.(config) ?? []) report.error(path, message);
  }
  if (config === undefined || report.errors.length > 0) return { errors: report.errors, warnings: report.warnings };
  return { config: freeze(config), warnings: report.warnings };
}

export interface ParseOptions {
  /** The names in the profile registry; when empty, any name is accepted. */
  readonly profiles: readonly string[];
  /** Refuses what is right by itself and cannot be done, such as what the proxy cannot express. */
  readonly judge?: (config: Config) => readonly { readonly path: Path; readonly message: string }[];
}

/** Either a configuration that holds, or at least one error; warnings in both cases, in the order of the file. */
export type ParseResult =
  | { readonly config: Config; readonly warnings: readonly ConfigError[] }
  | {
      readonly errors: readonly ConfigError[];
      readonly warnings: readonly ConfigError[];
      /** The file is there and cannot be read: nothing is known of what it says. */
      readonly isUnread?: boolean;
    };

function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) freeze(inner);
  }
  return value;
}
