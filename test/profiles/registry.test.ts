import { AssertionError } from 'node:assert';
import { describe, expect, test } from 'vitest';
import { profiles } from '../../profiles/registry.ts';
import type { Site } from '../../src/proxy/profile.ts';

const site: Site = {
  label: 'lb1',
  directory: '/srv/front-1',
  listen: [80, 8443],
  backends: [
    { address: '192.0.2.21', port: 8080 },
    { address: '2001:db8::21', port: 8080 },
  ],
  healthPath: '/healthz',
};

test('a name that every object has is no profile', () => {
  expect(Object.keys(profiles).toSorted()).toEqual(['haproxy', 'nginx']);
  expect(profiles['constructor']).toBeUndefined();
  expect(profiles['__proto__']).toBeUndefined();
});

describe.each(Object.entries(profiles))('%s', (name, profile) => {
  test('is registered under its name, and its processes’ name fits into the kernel’s', () => {
    expect(profile.name).toBe(name);
    expect(profile.processName).toMatch(/^.{1,15}$/);
    expect(profile.pidFiles.every((path) => path.startsWith('/'))).toBe(true);
  });

  test('writes everything into the site’s directory', () => {
    const { files, pidFile, command } = profile.standalone(site);
    for (const path of [pidFile, ...files.map((file) => file.path)]) expect(path).toMatch(/^\/srv\/front-1\/[\w.]+$/);
    expect(command[0]).toMatch(/^\//);
    const paths = files.flatMap(({ text }) => text.match(/(?<![\w.:])\/(?!healthz)[\w.-]+\/[\w./-]*/g) ?? []);
    expect(paths.filter((path) => !path.startsWith('/srv/front-1/'))).toEqual([]);
  });

  test('listens on every port in both families, and serves every backend', () => {
    const text = profile
      .standalone(site)
      .files.map((file) => file.text)
      .join('\n');
    for (const port of site.listen) {
      expect(text).toMatch(new RegExp(`0\\.0\\.0\\.0:${port}\\b`));
      expect(text).toMatch(new RegExp(`\\[::\\]:${port}\\b`));
    }
    expect(text).toMatch(/server .*192\.0\.2\.21:8080/);
    expect(text).toMatch(/server .*\[2001:db8::21\]:8080/);
  });

  const unsafe: readonly (readonly [string, Partial<Site>])[] = [
    ['an empty label', { label: '' }],
    ['a label that ends a directive', { label: 'a; return 500' }],
    ['a quoted label', { label: 'a"b' }],
    ['a label with an apostrophe', { label: "a'b" }],
    ['a label with a variable', { label: '$host' }],
    ['a label with a format', { label: '%[src]' }],
    ['a label of two lines', { label: 'a\nb' }],
    ['a label that ends in a line feed', { label: 'a\n' }],
    ['a label with a backslash', { label: 'a\\' }],
    ['a long label', { label: 'a'.repeat(65) }],
    ['a relative directory', { directory: 'srv' }],
    ['a directory with a space', { directory: '/srv/a b' }],
    ['a directory with a brace', { directory: '/srv/{a' }],
    ['a directory of two lines', { directory: '/srv\n/a' }],
    ['a directory that ends in a line feed', { directory: '/srv\n' }],
    ['a relative health path', { healthPath: 'healthz' }],
    ['a health path with a brace', { healthPath: '/a{' }],
    ['a health path with a quote', { healthPath: '/a"' }],
    ['a health path that ends in a line feed', { healthPath: '/a\n' }],
    ['no port', { listen: [] }],
    ['a port twice', { listen: [80, 80] }],
    ['port 0', { listen: [0] }],
    ['port 65536', { listen: [65_536] }],
    ['half a port', { listen: [80.5] }],
    ['no backend', { backends: [] }],
    ['a backend with a name', { backends: [{ address: 'example.org', port: 80 }] }],
    ['a backend with a zone', { backends: [{ address: 'fe80::1%eth0', port: 80 }] }],
    ['a backend that injects', { backends: [{ address: '192.0.2.1; }', port: 80 }] }],
    ['a backend without a port', { backends: [{ address: '192.0.2.1', port: Number.NaN }] }],
  ];
  test.each(unsafe)('%s is an assertion', (_, change) => {
    expect(() => profile.standalone({ ...site, ...change })).toThrow(AssertionError);
  });
});
