import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { EXIT, EXIT_HELP } from '../../src/cli/exit.ts';
import { vipair } from './command.ts';

const commands = [
  ['run'],
  ['check'],
  ['config'],
  ['config', 'show'],
  ['config', 'schema'],
  ['reload'],
  ['status'],
  ['doctor'],
  ['backends'],
  ...['list', 'add', 'remove', 'drain', 'undrain', 'weight', 'import'].map((name) => ['backends', name]),
  ['version'],
  ['lab'],
  ...['up', 'down', 'status', 'exec', 'fault', 'demo', 'bench'].map((name) => ['lab', name]),
];

describe('the help', () => {
  it.each(commands.map((words) => [words.join(' '), words] as const))(
    'of %s has an example of it',
    async (name, words) => {
      const { code, stdout, stderr } = await vipair([...words, '--help']);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      const examples = stdout.split(/\nExamples?:\n/)[1] ?? '';
      expect(examples).toMatch(new RegExp(`^  (vipair|npm run) .*\\b${words.at(-1)}\\b`, 'm'));
      expect(stdout).toContain(`Usage: vipair ${name}`);
      expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(120);
    },
  );

  it('lists every command and every exit code', async () => {
    const { code, stdout } = await vipair(['--help']);
    expect(code).toBe(0);
    for (const [name, inner] of commands)
      if (inner === undefined) expect(stdout).toMatch(new RegExp(`^  ${name} `, 'm'));
    expect(stdout).toContain(EXIT_HELP.trim());
    for (const value of Object.values(EXIT)) expect(EXIT_HELP).toMatch(new RegExp(`^  ${value} `, 'm'));
  });
});

describe('a wrong command line', () => {
  it.each([
    [[]],
    [['frobnicate']],
    [['constructor']],
    [['__proto__']],
    [['config']],
    [['config', 'frobnicate']],
    [['check', 'a.yaml', 'b.yaml']],
    [['check', '--frobnicate']],
    [['status', '--socket']],
    [['status', 'extra']],
    [['doctor', 'extra']],
    [['reload', '-x']],
    [['version', 'x']],
    [['backends', 'frobnicate']],
    [['backends', 'drain', 'web']],
    [['backends', 'weight', 'web', 'one', 'much']],
    [['backends', 'import', '--profile', 'varnish', 'x']],
    [['run', '--log-format', 'xml']],
    [['run', '--frobnicate']],
    [['run', 'extra']],
  ])('ends with 64: %j', async (argv) => {
    const { code, stdout, stderr } = await vipair(argv);
    expect({ code, stdout }).toEqual({ code: 64, stdout: '' });
    expect(stderr).not.toMatch(/^ +at /m);
    expect(stderr.length).toBeGreaterThan(10);
  });
});

describe('the version', () => {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    readonly version: string;
  };

  it('is the package’s, in every way of asking', async () => {
    const [plain, json, option] = await Promise.all([
      vipair(['version']),
      vipair(['version', '--json']),
      vipair(['--version']),
    ]);
    expect(plain.stdout).toBe(`vipair ${version} (node ${process.versions.node})\n`);
    expect(JSON.parse(json.stdout)).toEqual({ version, node: process.versions.node });
    expect(option.stdout).toBe(`vipair ${version}\n`);
    expect([plain.code, json.code, option.code]).toEqual([0, 0, 0]);
  });
});
