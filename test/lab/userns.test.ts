import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compiledFile } from '../../src/lab/program.ts';
import { namedNamespaces } from '../../src/lab/procfs.ts';
import { privilege } from '../../src/lab/userns.ts';

/** What an ordinary user's program would do: see whether it may, else run itself again, then use the lab. */
const script = `
const { labUp } = await import(new URL('src/lab/lab.js', import.meta.url));
const { privilege, runInUserNamespace } = await import(new URL('src/lab/userns.js', import.meta.url));
const rights = await privilege();
if (rights === undefined) {
  process.exitCode = await runInUserNamespace().catch((error) => (console.log(error.message), 69));
} else {
  const lab = await labUp({ name: 'rootless' });
  const ping = await lab.exec('cl', ['ping', '-c1', '-W2', '192.0.2.12']);
  await lab.exec('lb1', ['ip', 'address', 'add', '192.0.2.101/32', 'dev', 'eth0']);
  const { at } = await lab.fault({ kind: 'cut', member: 'lb2' });
  const { stdout } = await lab.exec('lb1', ['sh', '-c', 'uname -n; id -u']);
  console.log(JSON.stringify({ rights, uid: process.getuid(), ping: ping.code, holders: lab.holders('192.0.2.101'), at: at > 0, stdout }));
  lab.down();
  process.exitCode = 7;
}
`;

describe('a lab without being root', () => {
  let folder = '';

  beforeAll(() => {
    // A copy, because the folder of the sources may be closed to other users.
    folder = mkdtempSync('/tmp/vipair-rootless-');
    cpSync(dirname(dirname(compiledFile('src/lab/lab'))), join(folder, 'src'), { recursive: true });
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
    writeFileSync(join(folder, 'script.js'), script);
    spawnSync('chmod', ['-R', 'a+rX', folder]);
  });

  afterAll(() => rmSync(folder, { recursive: true }));

  const asNobody = (setUp: string): { status: number | null; stdout: string; stderr: string } => {
    const identity = ['--reuid=65534', '--regid=65534', '--clear-groups'];
    const argv = [
      ...identity,
      '--',
      'sh',
      '-c',
      `${setUp} exec "$@"`,
      'sh',
      process.execPath,
      join(folder, 'script.js'),
    ];
    return spawnSync('setpriv', argv, { encoding: 'utf8', timeout: 60_000 });
  };

  it('is built in a user namespace, or the reason why not is given with what to do', () => {
    const { status, stdout, stderr } = asNobody('');
    if (status === 69) {
      expect(stdout).toMatch(/^Cannot build a lab without being root: .+; run it as root/);
      return;
    }
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toEqual({
      rights: 'user-namespace',
      uid: 0,
      ping: 0,
      holders: ['lb1'],
      at: true,
      stdout: 'lb1\n0\n',
    });
    expect(status).toBe(7);
    expect(namedNamespaces().filter((name) => name.startsWith('rootless'))).toEqual([]);
  });

  it('is explained where the kernel has no user namespace left to give', () => {
    // Two levels down the limit is that of the namespace in between, which its own root may set.
    const outer = ['--user', '--map-root-user', '--mount', '--pid', '--fork', '--mount-proc'];
    const limit = 'echo 0 > /proc/sys/user/max_user_namespaces; exec setpriv --bounding-set=-all "$@"';
    const argv = [...outer, 'sh', '-c', limit, 'sh', process.execPath, join(folder, 'script.js')];
    const { stdout, status } = spawnSync('unshare', argv, { encoding: 'utf8', timeout: 60_000 });
    expect([stdout, status]).toEqual([expect.stringContaining('sudo sysctl -w user.max_user_namespaces='), 69]);
  });

  it('is not needed by root', async () => expect(await privilege()).toBe('root'));
});
