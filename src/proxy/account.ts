import { readFileSync } from 'node:fs';

/** Whom the workers of a proxy run as. */
export interface Account {
  readonly user: string;
  readonly group: string;
}

/** Whom a proxy's workers are to run as; `undefined` also where this process has no right to change a user. */
export const accountOf = (names: readonly string[]): Account | undefined =>
  process.geteuid?.() === 0 ? findAccount(names) : undefined;

/** The first of these users that this host has, with its group; `undefined` when there is none. */
export function findAccount(names: readonly string[]): Account | undefined {
  const users = fieldsOf('/etc/passwd');
  const groups = fieldsOf('/etc/group');
  for (const name of names) {
    const gid = users.find(([user]) => user === name)?.[3];
    const group = groups.find((fields) => fields[2] === gid)?.[0];
    if (gid !== undefined && group !== undefined) return { user: name, group };
  }
  return undefined;
}

/** The lines of passwd(5) or group(5), split; none when it cannot be read. */
function fieldsOf(path: string): string[][] {
  try {
    return readFileSync(path, 'utf8')
      .split('\n')
      .map((line) => line.split(':'));
  } catch {
    return [];
  }
}
