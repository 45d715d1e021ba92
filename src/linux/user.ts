import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';

/** Whom a program runs as. */
export interface User {
  readonly uid: number;
  readonly gid: number;
}

/**
 * Looks a user up in passwd(5), and where it is not there, such as in a directory service, with getent(1).
 * `undefined` when nobody is called so.
 */
export async function findUser(name: string): Promise<User | undefined> {
  const local = await readFile('/etc/passwd', 'utf8').catch(() => '');
  return userIn(local, name) ?? userIn(await getent(name), name);
}

function userIn(text: string, name: string): User | undefined {
  const fields = text
    .split('\n')
    .map((line) => line.split(':'))
    .find(([own]) => own === name);
  const [uid, gid] = [Number(fields?.[2]), Number(fields?.[3])];
  return fields !== undefined && Number.isInteger(uid) && Number.isInteger(gid) ? { uid, gid } : undefined;
}

const getent = (name: string): Promise<string> =>
  new Promise((resolve) => {
    execFile('getent', ['passwd', name], { timeout: 2000, maxBuffer: 4096 }, (error, stdout) =>
      resolve(error === null ? stdout : ''),
    );
  });
