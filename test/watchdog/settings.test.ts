import { describe, expect, it } from 'vitest';
import { readSettings } from '../../src/watchdog/settings.ts';
import type { Given } from '../../src/watchdog/options.ts';
import { identitiesOf } from '../../src/watchdog/target.ts';

const read = (given: Given): ReturnType<typeof readSettings> =>
  readSettings(given, {
    uidOf: async (name) => (name === 'www-data' ? 33 : undefined),
    profileOf: async () => undefined,
  });

describe('the options', () => {
  it('have defaults', async () => {
    const settings = await read({
      process: 'front',
      restart: 'systemctl restart front',
      'last-resort': 'systemctl stop keepalived',
    });
    expect(settings).toMatchObject({
      target: { name: 'front', process: 'front', ports: [], urls: [] },
      policy: { attempts: 3, backoff: 1000, verify: 10_000, settle: 30_000, lastResort: true, back: false },
      restart: ['systemctl', 'restart', 'front'],
      lastResort: ['systemctl', 'stop', 'keepalived'],
      ...{ interval: 1000, timeout: 1000, rise: 2, fall: 2, commandTimeout: 60_000 },
    });
  });

  it('read addresses as curl does', async () => {
    const url = ['http://127.0.0.1/healthz?a=b', 'https://[::1]:8443', 'http://front.example:80/'];
    const { target } = await read({ url });
    expect(
      target.urls.map(({ scheme, host, authority, address, port, path }) => [
        scheme,
        host,
        authority,
        address,
        port,
        path,
      ]),
    ).toEqual([
      ['http', '127.0.0.1', '127.0.0.1', '127.0.0.1', 80, '/healthz?a=b'],
      ['https', '::1', '[::1]:8443', '::1', 8443, '/'],
      ['http', 'front.example', 'front.example', undefined, 80, '/'],
    ]);
    expect(target.name).toBe('127.0.0.1-80');
  });

  it('without a restart give up at once, and with --shell hand the text on', async () => {
    expect((await read({ process: 'a', 'last-resort': 'b' })).policy.attempts).toBe(0);
    expect((await read({ process: 'a', restart: 'b | c', shell: true })).restart).toEqual(['/bin/sh', '-c', 'b | c']);
  });

  it.each<[string, Given, RegExp]>([
    ['nothing', {}, /nothing to look at/],
    ['a path', { process: '/usr/sbin/front' }, /is a path; give the name .* such as "front"/],
    ['a port', { port: ['80', '0'] }, /--port "0" is no port/],
    ['a word for a port', { port: ['http'] }, /--port "http" is no port/],
    ['an address without a scheme', { url: ['127.0.0.1/x'] }, /--url "127.0.0.1\/x" is no address/],
    ['another scheme', { url: ['ftp://a/'] }, /is no address/],
    ['a password', { url: ['http://a:b@c/'] }, /has a user name/],
    ['a bare number', { process: 'a', interval: '2' }, /--interval "2" is no time; .* such as "1s"/],
    ['too short an interval', { process: 'a', interval: '10ms' }, /from 100ms/],
    ['a count', { process: 'a', rise: '0' }, /--rise "0" is no count; give a number from 1 to 100/],
    ['attempts', { process: 'a', restart: 'b', attempts: 'x' }, /--attempts "x"/],
    ['a pipe', { process: 'a', restart: 'b | c' }, /--restart "b \| c" has an unquoted \|/],
    ['a user', { process: 'a', user: 'nobody-here' }, /no such user/],
    ['a user of nothing', { port: ['80'], user: 'www-data' }, /no process to be of that user/],
    ['a name', { process: 'a', name: '../x' }, /--name/],
    ['back without then', { process: 'a', back: 'b' }, /--back without --then/],
  ])('%s is refused', async (_, given, reason) => {
    await expect(read(given)).rejects.toThrow(reason);
  });

  it('say what nobody else may watch: the same name, the same thing, or with the same restart', async () => {
    const of = async (given: Given): Promise<string[]> => {
      const { target, restart } = await read(given);
      return identitiesOf(target, restart);
    };
    const [, process] = await of({ process: 'a', port: ['80'] });
    expect((await of({ process: 'a', url: ['http://b/'] }))[1]).toBe(process);
    expect((await of({ process: 'a', user: 'www-data' }))[1]).not.toBe(process);
    expect((await of({ process: 'a', 'pid-file': '/run/b.pid' }))[1]).not.toBe(process);
    expect((await of({ port: ['80'], restart: 'x  y' }))[2]).toBe((await of({ process: 'b', restart: 'x y' }))[2]);
  });
});
