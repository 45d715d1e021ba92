import { isEqual, isSameRouter } from './assignment.ts';
import type { InstalledAddress, RouterAssignment } from './assignment.ts';

/**
 * What has to happen to get from one set of virtual routers to another. A router whose VRID, family, version,
 * interface or source changes is another router: it is stopped and started. Any other change keeps its role, also that
 * of its name, which nobody on the wire knows.
 */
export interface Change {
  readonly removed: readonly RouterAssignment[];
  readonly added: readonly RouterAssignment[];
  readonly changed: readonly {
    /** What it is called so far. */
    readonly key: string;
    readonly next: RouterAssignment;
    /** Addresses that are no longer part of it. */
    readonly obsolete: readonly InstalledAddress[];
  }[];
}

/** Compares what is in force with what is wanted. Equal routers appear nowhere in the result. */
export function planChange(current: readonly RouterAssignment[], wanted: readonly RouterAssignment[]): Change {
  const removed: RouterAssignment[] = [];
  const changed: Change['changed'][number][] = [];
  const kept = new Set<RouterAssignment>();
  for (const old of current) {
    const next = wanted.find((candidate) => isSameRouter(old, candidate));
    if (next === undefined) {
      removed.push(old);
      continue;
    }
    kept.add(next);
    if (!isEqual(old, next)) changed.push({ key: old.key, next, obsolete: missingFrom(next, old) });
  }
  return { removed, changed, added: wanted.filter((router) => !kept.has(router)) };
}

const missingFrom = (next: RouterAssignment, old: RouterAssignment): InstalledAddress[] =>
  old.addresses.filter(
    (a) => !next.addresses.some((b) => b.address === a.address && b.prefixLength === a.prefixLength),
  );
