/**
 * What an installed proxy is and can, as its own program says: `Profile.inspection` is the command to run, and
 * `Profile.features` reads what it printed. Nothing is assumed of a version that can be detected.
 */
export interface Features {
  /** As the program spells it, such as `2.6.12-1+deb12u4`; empty when it could not be read. */
  readonly version: string;
  /** The numbers it begins with: `[2, 6, 12]`. */
  readonly release: readonly number[];
  /** What it can, by the profile's own names; the value says how, such as the path of a module, and is often empty. */
  readonly abilities: Readonly<Record<string, string>>;
  /** Why this program cannot be used at all, such as a version that is too old; `undefined` when it can. */
  readonly unusable: string | undefined;
}

/** Whether a release is the given one or newer. */
export function isAtLeast(release: readonly number[], ...least: readonly number[]): boolean {
  for (const [index, number] of least.entries()) {
    const difference = (release[index] ?? 0) - number;
    if (difference !== 0) return difference > 0;
  }
  return true;
}

/** Whether the program has an ability. */
export const can = (features: Features, ability: string): boolean => Object.hasOwn(features.abilities, ability);

/** The numbers that a version begins with: `1.22.1` gives `[1, 22, 1]`. */
export const releaseOf = (version: string): number[] =>
  (/^\d+(?:\.\d+)*/.exec(version)?.[0] ?? '').split('.').filter(Boolean).map(Number);
