import type { z } from 'zod';
import type { RawConfig } from './raw.ts';
import { places } from './place.ts';
import type { Path, Report } from './report.ts';
import { configSchema } from './schema.ts';
import { keySuggestion } from './suggestion.ts';

/** Checks a document against the schema. Reports every mistake; `undefined` when there was one. */
export function readShape(value: unknown, profiles: readonly string[], report: Report): RawConfig | undefined {
  const result = configSchema(profiles).safeParse(value);
  if (result.success) return result.data;
  return tellIssues(result.error.issues, report);
}

/** Puts what the schema library found into a report, in our words. */
export function tellIssues(issues: readonly Issue[], report: Report): undefined {
  for (const issue of issues) tell(issue, [], report);
  return undefined;
}

type Issue = z.core.$ZodIssue;

function tell(issue: Issue, parent: Path, report: Report): void {
  const path = [...parent, ...issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part))];
  switch (issue.code) {
    case 'unrecognized_keys':
      for (const key of issue.keys) report.error([...path, key], unknownKey(key, path));
      return;
    case 'invalid_key':
      report.error(path, issue.issues[0]?.message ?? issue.message);
      return;
    case 'invalid_union': {
      // The branch of the right kind knows best what is wrong; without one the union's own message says the forms.
      const branch = issue.errors.find((issues) => !issues.some(isWrongKind));
      if (branch === undefined) report.error(path, issue.message);
      else for (const inner of branch) tell(inner, path, report);
      return;
    }
    default:
      report.error(path, issue.message);
  }
}

const isWrongKind = (issue: Issue): boolean => issue.code === 'invalid_type' && issue.path.length === 0;

function unknownKey(key: string, path: Path): string {
  const here = places.find((place) => place.holds(path));
  const elsewhere = places.filter((place) => place !== here).map((place) => [place.name, place.keys] as const);
  return `unknown key; ${keySuggestion(key, here?.keys ?? [], elsewhere)}`;
}
