import { describe, expect, it } from 'vitest';
import { redirect, topDirective } from '../../profiles/nginx/include.ts';
import { plan } from '../../profiles/haproxy/change.ts';
import { otherServer, sampleCheck, sampleServer, sampleService } from '../../profiles/sample.ts';
import type { FrontModel, ServiceModel } from '../../src/proxy/model.ts';
import type { ConfigurationTree } from '../../src/proxy/steering.ts';
import { optionsFor, profileOf } from './program.ts';

const treeOf = (files: Readonly<Record<string, string>>): ConfigurationTree => ({
  read: (path) => files[path],
  list: (directory) =>
    Object.keys(files)
      .filter((path) => path.slice(0, path.lastIndexOf('/')) === directory)
      .map((path) => path.slice(path.lastIndexOf('/') + 1)),
});

describe('what nginx is started with', () => {
  const { steering } = profileOf('nginx');

  it.each([
    [
      'nginx: master process /usr/sbin/nginx -g daemon on; master_process on;',
      '/etc/nginx/nginx.conf',
      ['-g', 'daemon on; master_process on;'],
    ],
    [
      'nginx: master process nginx -c /srv/n.conf -p /srv -e /srv/e.log',
      '/srv/n.conf',
      ['-p', '/srv', '-e', '/srv/e.log'],
    ],
    ['nginx: master process nginx -p /srv -c conf/n.conf', '/srv/conf/n.conf', ['-p', '/srv']],
    ['nginx: master process nginx', '/etc/nginx/nginx.conf', []],
  ])('is read from its title: %s', (title, file, options) => {
    expect(steering.launch([title])).toEqual({ files: [file], arguments: options, mainSocket: undefined });
  });

  it('tells where it is wrong', () => {
    const output = [
      '2026/01/02 03:04:05 [warn] 12#12: conflicting server name "a" on 0.0.0.0:80, ignored',
      '2026/01/02 03:04:05 [emerg] 12#12: host not found in upstream "b:80" in /etc/nginx/vipair/.x:7',
      'nginx: [emerg] bind() to 192.0.2.9:80 failed (99: Cannot assign requested address)',
      'nginx: configuration file /etc/nginx/nginx.conf test failed',
    ].join('\n');
    expect(steering.findings(output)).toMatchObject([
      { isError: true, file: '/etc/nginx/vipair/.x', line: 7, message: 'host not found in upstream "b:80"' },
      {
        isError: true,
        file: undefined,
        message: 'bind() to 192.0.2.9:80 failed (99: Cannot assign requested address)',
      },
      { isError: false },
    ]);
  });
});

describe('a candidate in the place of a file that nginx includes', () => {
  const main = '/etc/nginx/nginx.conf';
  const ours = '/etc/nginx/vipair/vipair-http.conf';
  const redirected = (files: Readonly<Record<string, string>>): Readonly<Record<string, string>> => {
    const { copies, reached } = redirect(main, new Map([[ours, '/new']]), treeOf(files), (path) => `${path}.copy`);
    expect(reached.has(ours)).toBe(true);
    return Object.fromEntries(copies);
  };

  it('is found behind plain, quoted, relative and nested includes, and nothing else is touched', () => {
    expect(redirected({ [main]: `# include ${ours};\nhttp{include ${ours};}#x\n` })).toEqual({
      [main]: `# include ${ours};\nhttp{include "/new";}#x\n`,
    });
    expect(redirected({ [main]: `http { include 'vipair/vipair-http.conf' ; }` })[main]).toBe(
      `http { include "/new"; }`,
    );
    const nested = redirected({
      [main]: 'include mime.types; http { include conf.d/*.conf; }',
      '/etc/nginx/conf.d/a.conf': 'log_format x "}"; # it\'s\n',
      '/etc/nginx/conf.d/b.conf': `include ${ours};`,
    });
    expect(nested).toEqual({
      [main]:
        'include mime.types; http { include "/etc/nginx/conf.d/a.conf"; include "/etc/nginx/conf.d/b.conf.copy"; }',
      '/etc/nginx/conf.d/b.conf': 'include "/new";',
    });
  });

  it('is found behind a pattern before the file is there', () => {
    expect(redirected({ [main]: 'http { include vipair/vipair-h???.con[f]; }' })[main]).toBe(
      'http { include "/new"; }',
    );
  });

  it('is missed when nothing leads to it, with words that say what to write', () => {
    const tree = treeOf({ [main]: `http { set $a "include ${ours};"; include main.d/*; }` });
    const { steering } = profileOf('nginx');
    const validation = steering.validation('nginx', steering.launch(undefined), new Map([[ours, '/new']]), tree);
    expect(validation).toMatchObject({
      path: ours,
      untaken: expect.stringContaining(`write "include ${ours};"`) as string,
    });
  });

  it('does not lose itself in a circle', () => {
    expect(redirected({ [main]: `include ${main}; include ${ours};` })[main]).toContain('"/new"');
  });
});

it('the first directive of a name outside all blocks is found', () => {
  expect(topDirective('# error_log /a;\nhttp { error_log /b; } error_log "/c d" warn;', 'error_log')).toBe('/c d');
  expect(topDirective('http { error_log /b; }', 'error_log')).toBeUndefined();
});

describe('what HAProxy is started with', () => {
  const { steering } = profileOf('haproxy');
  const start = (line: string): ReturnType<typeof steering.launch> => steering.launch(line.split(' '));

  it('is read from its command line', () => {
    const line =
      'haproxy -sf 12 -x sockpair@3 -Ws -C /etc/haproxy -f a.cfg -f /b.d -p /run/h.pid -S /run/m.sock,mode,600 -- c.cfg';
    expect(start(line)).toEqual({
      files: ['a.cfg', '/b.d', 'c.cfg'],
      arguments: ['-C', '/etc/haproxy'],
      mainSocket: '/run/m.sock',
    });
  });

  it('is checked with the candidate in the place of the file, in a directory too', () => {
    const tree = treeOf({ '/h.d/a.cfg': '', '/h.d/b.txt': '', '/h.d/z.cfg': '' });
    const candidates = new Map([['/h.d/vipair.cfg', '/h.d/.new']]);
    expect(steering.validation('h', start('haproxy -W -f /x.cfg -f /h.d'), candidates, tree)).toEqual({
      files: [],
      command: ['h', '-c', '-f', '/x.cfg', '-f', '/h.d/a.cfg', '-f', '/h.d/.new', '-f', '/h.d/z.cfg'],
    });
    expect(steering.validation('h', start('haproxy -W -f /x.cfg'), candidates, tree)).toMatchObject({
      untaken: expect.stringContaining('"-f /h.d/vipair.cfg"') as string,
    });
  });

  it('binds what its files say, and has the socket that may change things', () => {
    const text = [
      'global\n  stats socket /run/a.sock mode 600 level operator\n  stats socket unix@/run/b.sock level admin mode 600',
      'frontend f\n  bind 192.0.2.7:80,[2001:db8::7]:443 ssl crt x\n  bind :81\n  bind fd@3\n  bind 192.0.2.8:82 transparent',
    ].join('\n');
    const tree = treeOf({ '/x.cfg': text });
    const launch = start('haproxy -W -f /x.cfg');
    expect(steering.binds?.(launch, tree)).toEqual([
      { address: '192.0.2.7', port: 80 },
      { address: '2001:db8::7', port: 443 },
    ]);
    expect(steering.runtime?.socket(launch, tree)).toBe('/run/b.sock');
  });

  it('tells where it is wrong, and which workers serve', () => {
    const output = [
      '[NOTICE]   (1) : haproxy version is 2.6.12',
      "[WARNING]  (1) : config : parsing [/x.cfg:3] : 'option httplog' not usable",
      "[ALERT]    (1) : config : parsing [/x.cfg:13] : unknown keyword 'x'",
      '[ALERT]    (1) : config : Error(s) found in configuration file : /x.cfg',
      '[ALERT]    (1) : config : Fatal errors found in configuration.',
    ].join('\n');
    expect(steering.findings(output)).toMatchObject([
      { isError: true, file: '/x.cfg', line: 13, message: "unknown keyword 'x'" },
      { isError: false, line: 3 },
    ]);
    const table =
      '#<PID> <type>\n10  master  2 [failed: 1]  0d\n# workers\n12 worker 0 0d\n# old workers\n11 worker 1 0d\n# programs\n';
    expect(steering.evidence?.read(table)).toEqual({ workers: [12], failed: 1 });
    expect(steering.evidence?.read('Permission denied\n')).toBeUndefined();
  });
});

describe('what HAProxy can do without a reload', () => {
  const options = optionsFor('haproxy', '/h', 'include');
  const model = (change: Partial<ServiceModel> = {}): FrontModel => ({ services: [sampleService(change)] });
  const b1 = sampleServer();
  const planned = (after: Partial<ServiceModel>, before: Partial<ServiceModel> = {}): readonly string[] | undefined =>
    plan(model(before), model(after), options)?.commands;

  it.each([
    ['nothing', {}, []],
    ['a weight', { servers: [sampleServer({ weight: 3 }), otherServer()] }, ['set server web/b1 weight 3']],
    [
      'an address',
      { servers: [sampleServer({ host: '192.0.2.99', port: 81 }), otherServer()] },
      ['set server web/b1 addr 192.0.2.99 port 81'],
    ],
    [
      'a drain',
      { servers: [sampleServer({ admin: 'drain' }), otherServer()] },
      ['set server web/b1 weight 1', 'set server web/b1 state drain'],
    ],
    ['a death', { servers: [sampleServer({ health: 'down' }), otherServer()] }, ['set server web/b1 health down']],
    ['a removal', { servers: [b1] }, ['set server web/b2 state maint', 'del server web/b2']],
  ] as const)('%s', (_, change, commands) => {
    expect(planned(change)).toEqual(commands);
  });

  it('adds before it removes', () => {
    const b3 = sampleServer({ name: 'b3', host: '192.0.2.23' });
    expect(planned({ servers: [b3] })?.map((command) => command.split(' ').slice(0, 2).join(' '))).toEqual([
      ...['add server', 'set server', 'set server', 'del server', 'set server', 'del server'],
    ]);
  });

  it.each([
    ['another balance', { balance: 'leastconn' }, {}],
    [
      'a new server with a cookie',
      { stickiness: { kind: 'cookie', name: 'S' } },
      { stickiness: { kind: 'cookie', name: 'S' }, servers: [b1] },
    ],
    ['a new server with a host name', { servers: [b1, otherServer({ host: 'app.example.net' })] }, { servers: [b1] }],
    ['another check', { check: sampleCheck() }, {}],
  ] as const)('takes a reload: %s', (_, after, before) => {
    expect(planned(after, before)).toBeUndefined();
  });

  it('leaves the health to checks that it makes itself', () => {
    const check = sampleCheck();
    expect(planned({ check, servers: [sampleServer({ health: 'down' }), otherServer()] }, { check })).toEqual([]);
  });

  it('starts with the servers that are known to be dead, in a state file', () => {
    const dead = model({
      servers: [sampleServer({ health: 'down' }), otherServer({ health: 'down', admin: 'drain' })],
    });
    const state = (mode: 'whole' | 'include'): string[][] => {
      const files = profileOf('haproxy').render(dead, optionsFor('haproxy', '/h', mode));
      const text = files.find(({ kind }) => kind === 'state')?.text ?? '';
      return text
        .split('\n')
        .slice(2, -1)
        .map((line) => line.split(' ').slice(3, 9));
    };
    // Name, address, operation, administration, weight and first weight: only ours as a whole drains by its state.
    expect(state('whole').map(([name, , ...rest]) => [name, ...rest])).toEqual([
      ['b1', '0', '0', '1', '1'],
      ['b2', '0', '8', '1', '1'],
    ]);
    expect(state('include').map(([name, , ...rest]) => [name, ...rest])).toEqual([
      ['b1', '0', '0', '1', '1'],
      ['b2', '0', '0', '0', '0'],
    ]);
  });

  it('sees whether it was done', () => {
    const proof = plan(model(), model({ servers: [sampleServer({ weight: 3 }), otherServer()] }), options)?.proofs[0];
    const line = (name: string, host: string, weight: number): string =>
      `3 web 1 ${name} ${host} 2 0 ${weight} 1 31 8 2 0 6 0 0 0 - 8080 - 0 0 - - 0`;
    const good = [line('b1', '192.0.2.21', 3), line('b2', '192.0.2.22', 1)];
    expect(proof?.judge(good.join('\n'))).toBeUndefined();
    expect(proof?.judge(good.join('\n').replace('2 0 3', '2 0 1'))).toContain('weight 1');
    expect(proof?.judge(good.slice(0, 1).join('\n'))).toContain('web/b2 is not there');
    expect(proof?.judge([...good, line('b9', '192.0.2.29', 1)].join('\n'))).toContain('web/b9 is still there');
  });
});
