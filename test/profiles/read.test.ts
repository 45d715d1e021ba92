import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { withoutComments } from '../../profiles/nginx/read.ts';
import type { Reading } from '../../src/proxy/reading.ts';
import { samples } from './models.ts';
import { profileOf, optionsFor } from './program.ts';

const nginx = (text: string): Reading => profileOf('nginx').read(text);
const haproxy = (text: string): Reading => profileOf('haproxy').read(text);
const plain = { name: undefined, port: 80, weight: 1, backup: false, maxConnections: undefined, disabled: false };
const corpus = (name: string): string =>
  readFileSync(fileURLToPath(new URL(`theirs/${name}`, import.meta.url)), 'utf8');

describe('the upstream blocks of an nginx configuration are read', () => {
  test('wherever they stand, with what servers have', () => {
    const { groups, problems } = nginx(corpus('nginx.conf'));
    expect(problems).toEqual([]);
    expect(groups).toEqual([
      {
        name: 'app',
        mode: 'http',
        balance: 'leastconn',
        servers: [
          { ...plain, host: '192.0.2.21', port: 8080, weight: 5 },
          { ...plain, host: '2001:db8::22', port: 8080, backup: true },
          { ...plain, host: 'app.example.net', maxConnections: 100 },
          { ...plain, host: '192.0.2.24', disabled: true },
        ],
        ignored: ['server app.example.net fail_timeout=5s', 'keepalive 16', 'zone app 64k'],
      },
      { name: 'hashed', mode: 'http', balance: 'uri', servers: [{ ...plain, host: '192.0.2.31' }], ignored: [] },
      {
        name: 'odd',
        mode: 'http',
        balance: undefined,
        servers: [{ ...plain, host: '192.0.2.32' }],
        ignored: ['hash $cookie_a'],
      },
      {
        name: 'db',
        mode: 'tcp',
        balance: 'source',
        servers: [{ ...plain, host: '192.0.2.41', port: 5432 }],
        ignored: [],
      },
    ]);
  });

  test('in a file that is included into http', () => {
    expect(nginx('upstream "a" { server 192.0.2.1; }').groups).toEqual([
      { name: 'a', mode: undefined, balance: 'roundrobin', servers: [{ ...plain, host: '192.0.2.1' }], ignored: [] },
    ]);
  });

  test('past comments that nginx-conf by itself takes for directives', () => {
    const text =
      'upstream a {\n server 192.0.2.1;\t#x\n\t#old\n\tserver 192.0.2.2; # }\n server 192.0.2.3 # "\n weight=2;\n}';
    expect(nginx(text).groups[0]?.servers.map(({ host, weight }) => [host, weight])).toEqual([
      ['192.0.2.1', 1],
      ['192.0.2.2', 1],
      ['192.0.2.3', 2],
    ]);
  });

  test('except a server that is a socket, which is named', () => {
    const { groups, problems } = nginx('upstream a { server unix:/run/a.sock; server 192.0.2.1; }');
    expect(groups[0]?.servers).toHaveLength(1);
    expect(problems).toEqual([
      { line: undefined, reason: 'upstream "a": server "unix:/run/a.sock" is no host and port' },
    ]);
  });

  test.each([
    ['a quote inside a word', "add_header X don't;\nupstream b { server 192.0.2.1; }", 1],
    [
      'Lua with a brace in a text',
      'server { content_by_lua_block { x = "}" } }\nupstream a { server 192.0.2.1; }',
      undefined,
    ],
    ['a directive called as a property of every object', 'map $x $y { constructor 1; }', undefined],
  ])('but not past %s, which is told', (_, text, line) => {
    const { groups, problems } = nginx(text);
    expect(groups).toEqual([]);
    expect(problems).toEqual([{ line, reason: expect.stringMatching(/^nginx-conf cannot read it: /) as string }]);
  });

  test('and a comment is one only at the start of a word', () => {
    expect(withoutComments('a b#c "#d" \'#\' \\# ${x}#; # e\nf;#g')).toBe('a b#c "#d" \'#\' \\# ${x}#;    \nf;  ');
  });
});

describe('the backends of a HAProxy configuration are read', () => {
  test('with what servers have', () => {
    const { groups, problems } = haproxy(corpus('haproxy.cfg'));
    expect(problems).toEqual([]);
    expect(groups).toEqual([
      {
        name: 'app',
        mode: 'http',
        balance: 'leastconn',
        servers: [
          { ...plain, name: 's1', host: '192.0.2.21', port: 8080, weight: 5 },
          { ...plain, name: 's 2', host: '2001:db8::22', port: 8080, backup: true },
          { ...plain, name: 's3', host: 'app.example.net', maxConnections: 100 },
          { ...plain, name: 's4', host: '2001:db8::24', disabled: true },
        ],
        ignored: [
          'option httpchk',
          'server s1 check',
          'server s1 inter 2s',
          'server s3 check',
          'server s3 ssl',
          'server s3 verify none',
        ],
      },
      {
        name: 'db',
        mode: 'tcp',
        balance: 'source',
        servers: [{ ...plain, name: 'd1', host: '192.0.2.41', port: 5432 }],
        ignored: ['bind :5432'],
      },
      {
        name: 'odd',
        mode: 'http',
        balance: undefined,
        servers: [{ ...plain, name: 'o1', host: '192.0.2.51' }],
        ignored: ['balance url_param id'],
      },
    ]);
  });

  test('and what is not is told with its line', () => {
    const text =
      'backend a\n  server "b 192.0.2.1:80\n  server c "$HOST:80"\n  server d unix@/run/a\n.if streq(a,b)\n  server e 192.0.2.1:80\n';
    const { groups, problems } = haproxy(text);
    expect(problems.map(({ line }) => line)).toEqual([2, 3, 4, 5]);
    expect(groups[0]?.servers.map(({ name }) => name)).toEqual(['e']);
  });
});

describe.each(['nginx', 'haproxy'])('%s reads back', (name) => {
  test.each(samples.filter((sample) => sample.for.includes(name)))('the servers of $name', ({ model }) => {
    const profile = profileOf(name);
    const text = profile.render(model, optionsFor(name, '/run/a', 'whole'))[0]?.text ?? '';
    const { groups, problems } = profile.read(text);
    expect(problems).toEqual([]);
    for (const { name: service, servers } of model.services) {
      const found =
        groups.find((group) => group.name === service)?.servers.filter((server) => server.name !== 'vipair:sorry') ??
        [];
      expect(found.map(({ host, port }) => [host, port])).toEqual(servers.map(({ host, port }) => [host, port]));
    }
  });
});

test('whatever stands in a text, reading it does not throw', () => {
  const parts = [
    'upstream a {',
    '}',
    'server',
    ' 192.0.2.1:80',
    ';',
    '"',
    "'",
    '\\',
    '#',
    '\n',
    '{',
    '$',
    'backend b\n',
    'hash ',
    '\0',
    '__proto__ 1;',
  ];
  for (let run = 0; run < 2000; run++) {
    const text = Array.from({ length: 8 }, (_, at) => parts[(run * 7 + at * (run % 13) + at * at) % parts.length]).join(
      '',
    );
    expect(() => [nginx(text), haproxy(text)], JSON.stringify(text)).not.toThrow();
  }
});
