import { z } from 'zod';
import { resolveBackend, resolveBackends } from './backend.ts';
import type { BackendConfig } from './backendconfig.ts';
import { backendField, backendsField } from './backendschema.ts';
import { mappingForm } from './field.ts';
import { readPlainJson } from './plainjson.ts';
import { createReport, formatError, formatPath } from './report.ts';
import type { Path, Report } from './report.ts';
import { readSource } from './source.ts';
import { tellIssues } from './shape.ts';

/**
 * Backends outside the configuration: a file of them, the body of an answer, the value of a key. They are written in
 * the same words and judged by the same rules as those in `services`, and a mistake is told with its place.
 */

/** What a text says; or why it says nothing, each line as `file:line:column: path: message`. */
export type BackendList = { readonly backends: readonly BackendConfig[] } | { readonly errors: readonly string[] };

const listField = z.union(
  [backendsField, z.strictObject({ backends: backendsField }, { error: mappingForm('"backends: [...]"') })],
  { error: () => 'is no list of backends; write "- 192.0.2.21:8080", or [] for none' },
);

/** Reads a list of backends in YAML or JSON, bare or under the key `backends`. Never throws. */
export function parseBackends(text: string, file: string): BackendList {
  return read(text, file, (value, report) => {
    const result = listField.safeParse(value);
    if (!result.success) {
      // The library tries both forms; the mistakes of the one that was meant are the ones to tell.
      const meant = Array.isArray(value) ? backendsField.safeParse(value) : undefined;
      const error = meant?.error ?? result.error;
      return tellIssues(error.issues, report);
    }
    const raw = result.data;
    return 'backends' in raw ? resolveBackends(raw.backends, ['backends'], report) : resolveBackends(raw, [], report);
  });
}

/** Reads one backend in YAML or JSON, in either of its forms. Never throws. */
export function parseBackend(text: string, file: string): BackendList {
  return read(text, file, (value, report) => {
    const result = backendField.safeParse(value);
    if (!result.success) return tellIssues(result.error.issues, report);
    return [resolveBackend(result.data, [], report)];
  });
}

function read(
  text: string,
  file: string,
  resolve: (value: unknown, report: Report) => BackendConfig[] | undefined,
): BackendList {
  const quick = readPlainJson(text);
  if (quick !== undefined) {
    const report = createReport(file, () => ({ line: 1, column: 1 }));
    const backends = resolve(quick.value, report);
    if (backends !== undefined && report.errors.length === 0) return { backends };
  }
  const result = readSource(spaced(text.startsWith('\uFEFF') ? text.slice(1) : text));
  if ('errors' in result) {
    return { errors: result.errors.map((error) => formatError({ file, ...error, path: formatPath(error.path) })) };
  }
  const { value, locate } = result.source;
  const report = createReport(file, (path: Path) => locate(path));
  const backends = resolve(value, report);
  if (backends === undefined || report.errors.length > 0) return { errors: report.errors.map(formatError) };
  return { backends };
}

/** JSON may be indented with tabs, which YAML takes for a mistake; a tab counts as one column all the same. */
function spaced(text: string): string {
  return /^\s*[[{]/.test(text) ? text.replaceAll(/^[\t ]+/gm, (indent) => ' '.repeat(indent.length)) : text;
}
