import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/backends/clock.ts';
import { etcdSource } from '../../../src/backends/source/etcd.ts';
import type { BackendSource } from '../../../src/backends/source/source.ts';
import type { EtcdSourceConfig } from '../../../src/config/backendconfig.ts';
import { shown } from '../../backends/sample.ts';
import { until } from '../../backends/until.ts';
import { startEtcd } from './etcd.ts';
import type { Etcd } from './etcd.ts';
import { openLink } from './link.ts';
import type { Link } from './link.ts';

const isInstalled = (process.env['PATH'] ?? '').split(delimiter).some((directory) => {
  try {
    accessSync(join(directory, 'etcd'), constants.X_OK);
    return true;
  } catch {
    return false;
  }
});
if (!isInstalled) console.log('etcd is not installed: its tests are skipped; npm test installs it');

let etcd: Etcd;
let link: Link;
let source: BackendSource | undefined;
let prefix: string;
let count = 0;

const state = () => (source as BackendSource).state();
const now = (): string => shown(state().backends).join(' ');
const says = (text: string): Promise<true> =>
  until(
    `it says "${text}"; it says "${now()}", ${state().error}`,
    () => (state().age !== undefined && now() === text ? true : undefined),
    20_000,
  );
const complains = (text: string): Promise<true> =>
  until(
    `a complaint "${text}"; it says ${state().error}`,
    () => (state().error?.includes(text) === true ? true : undefined),
    20_000,
  );

function follow(more: Partial<EtcdSourceConfig> = {}): void {
  source = etcdSource(
    {
      kind: 'etcd',
      endpoints: [link.url],
      prefix,
      ca: undefined,
      cert: undefined,
      key: undefined,
      user: undefined,
      password: undefined,
      ...more,
    },
    systemClock,
  );
  source.start(() => {});
}

describe.runIf(isInstalled)('etcd', () => {
  beforeAll(async () => {
    etcd = await startEtcd();
  });
  afterAll(() => etcd.close());
  beforeEach(async () => {
    link = await openLink(etcd.url);
    prefix = `/vipair/${count++}/`;
  });
  afterEach(() => {
    source?.close();
    link.close();
  });

  test('the keys below a prefix are the backends, and every change is told', async () => {
    await etcd.put(`${prefix}a`, '"192.0.2.1:80"');
    await etcd.put(`${prefix}b`, '{"address": "[2001:db8::2]:80", "weight": 3}');
    await etcd.put(prefix.replace(/\/$/, '0'), '"192.0.2.66:80"');
    follow();
    await says('192.0.2.1:80 [2001:db8::2]:80 weight=3');
    await etcd.put(`${prefix}c`, '"192.0.2.3:80"');
    await says('192.0.2.1:80 [2001:db8::2]:80 weight=3 192.0.2.3:80');
    await etcd.remove(`${prefix}b`);
    await says('192.0.2.1:80 192.0.2.3:80');
    await etcd.put(`${prefix}a`, '{"address": "192.0.2.1:80", "backup": true}');
    await says('192.0.2.1:80 backup=true 192.0.2.3:80');
    expect(state()).toMatchObject({ age: 0, error: undefined });
  });

  test('no key at all is an answer', async () => {
    follow();
    await says('');
    expect(state().error).toBeUndefined();
  });

  test('a value that is wrong leaves what its key said before, and is named', async () => {
    await etcd.put(`${prefix}a`, '"192.0.2.1:80"');
    await etcd.put(`${prefix}b`, '"192.0.2.2:80"');
    follow();
    await says('192.0.2.1:80 192.0.2.2:80');
    for (const [value, complaint] of [
      ['{"address": "192.0.2.1', ':1:'],
      ['{"address": "192.0.2.1:80", "wieght": 1}', 'wieght: unknown key; did you mean "weight"?'],
      ['"192.0.2.1:99999"', 'is no address and port'],
      ['', 'is empty; write a value'],
      ['[]', 'is of the wrong kind'],
    ] as const) {
      await etcd.put(`${prefix}a`, value);
      await complains(complaint);
      expect(state().error).toContain(`key "${prefix}a"`);
      expect(now()).toBe('192.0.2.1:80 192.0.2.2:80');
    }
    await etcd.put(`${prefix}a`, '"192.0.2.2:80"');
    await complains(`192.0.2.2:80 is in "${prefix}a" already`);
    expect(now()).toBe('192.0.2.2:80');
    await etcd.put(`${prefix}b`, '"192.0.2.3:80"');
    await says('192.0.2.2:80 192.0.2.3:80');
    expect(state().error).toBeUndefined();
  });

  test('a cut watch keeps the last good answer and is resumed without loss', async () => {
    await etcd.put(`${prefix}a`, '"192.0.2.1:80"');
    follow();
    await says('192.0.2.1:80');
    link.cut();
    await complains(link.url);
    await etcd.put(`${prefix}b`, '"192.0.2.2:80"');
    await etcd.remove(`${prefix}a`);
    expect(now()).toBe('192.0.2.1:80');
    expect(state().age).toBeGreaterThan(0);
    link.asked.length = 0;
    link.mend();
    await says('192.0.2.2:80');
    await until('no complaint', () => state().error === undefined || undefined);
    // Resumed, not listed.
    expect(link.asked).toEqual(['/v3/watch']);
  });

  test('what was compacted away in between is listed anew', async () => {
    await etcd.put(`${prefix}a`, '"192.0.2.1:80"');
    follow();
    await says('192.0.2.1:80');
    link.cut();
    await complains(link.url);
    await etcd.put(`${prefix}b`, '"192.0.2.2:80"');
    await etcd.remove(`${prefix}a`);
    await etcd.put(`${prefix}c`, '"192.0.2.3:80"');
    const header = (await etcd.call('/v3/kv/range', { key: 'AA==' }))['header'] as { revision: string };
    await etcd.call('/v3/kv/compaction', { revision: header.revision, physical: true });
    const before = link.asked.length;
    link.mend();
    await says('192.0.2.2:80 192.0.2.3:80');
    expect(link.asked.slice(before)).toContain('/v3/kv/range');
    await etcd.put(`${prefix}d`, '"192.0.2.4:80"');
    await says('192.0.2.2:80 192.0.2.3:80 192.0.2.4:80');
  });

  test('a member that falls silent is noticed, and another is asked', async () => {
    await etcd.put(`${prefix}a`, '"192.0.2.1:80"');
    const other = await openLink(etcd.url);
    try {
      follow({ endpoints: [link.url, other.url] });
      await says('192.0.2.1:80');
      expect(other.count).toBe(0);
      link.hold();
      await until('the other is asked', () => other.count > 0 || undefined, 20_000);
      await etcd.put(`${prefix}b`, '"192.0.2.2:80"');
      await says('192.0.2.1:80 192.0.2.2:80');
      expect(state().error).toBeUndefined();
    } finally {
      source?.close();
      other.close();
    }
  });

  test('etcd down, and up again', async () => {
    await etcd.put(`${prefix}a`, '"192.0.2.1:80"');
    follow({ endpoints: [etcd.url] });
    await says('192.0.2.1:80');
    await etcd.stop('SIGKILL');
    await complains('connection refused');
    expect(now()).toBe('192.0.2.1:80');
    await etcd.start();
    await etcd.put(`${prefix}b`, '"192.0.2.2:80"');
    await says('192.0.2.1:80 192.0.2.2:80');
  }, 60_000);

  test('thousands of keys come in pages, of one moment', async () => {
    const puts = Array.from({ length: 2500 }, (_, at) => ({
      request_put: {
        key: Buffer.from(`${prefix}${String(at).padStart(5, '0')}`).toString('base64'),
        value: Buffer.from(`"192.0.2.1:${at + 1}"`).toString('base64'),
      },
    }));
    // etcd allows 128 operations in one transaction.
    for (let at = 0; at < puts.length; at += 100) await etcd.call('/v3/kv/txn', { success: puts.slice(at, at + 100) });
    follow();
    await until('all of them', () => state().backends.length === 2500 || undefined, 20_000);
    expect(state().backends.map(({ port }) => port)).toEqual(Array.from({ length: 2500 }, (_, at) => at + 1));
    await etcd.remove(`${prefix}00000`);
    await until('one less', () => state().backends.length === 2499 || undefined);
  });

  test('something that is not etcd is a complaint', async () => {
    follow({ endpoints: [`${etcd.url}/nothing/`] });
    source?.close();
    follow({ endpoints: ['http://127.0.0.1:1'] });
    await complains('http://127.0.0.1:1: connection refused');
    expect(state().age).toBeUndefined();
  });

  // The last one: authentication holds for the whole store.
  test('with a user and a password, also after its token has run out of use', async () => {
    await etcd.put(`${prefix}a`, '"192.0.2.1:80"');
    const read = { permType: 'READWRITE', key: 'AA==', range_end: 'AA==' };
    await etcd.call('/v3/auth/user/add', { name: 'root', password: 'r00t' });
    await etcd.call('/v3/auth/role/add', { name: 'root' });
    await etcd.call('/v3/auth/user/grant', { user: 'root', role: 'root' });
    await etcd.call('/v3/auth/user/add', { name: 'vipair', password: 'pass word' });
    await etcd.call('/v3/auth/role/add', { name: 'reader' });
    await etcd.call('/v3/auth/role/grant', { name: 'reader', perm: read });
    await etcd.call('/v3/auth/user/grant', { user: 'vipair', role: 'reader' });
    await etcd.call('/v3/auth/enable', {});
    follow();
    await complains('user name is empty');
    source?.close();
    follow({ user: 'vipair', password: 'wrong' });
    await complains('invalid user ID or password');
    expect(state().error).not.toContain('wrong');
    source?.close();
    follow({ user: 'vipair', password: 'pass word' });
    await says('192.0.2.1:80');
    const { token } = await etcd.call('/v3/auth/authenticate', { name: 'root', password: 'r00t' });
    const put = (key: string, value: string): Promise<unknown> =>
      etcd.call(
        '/v3/kv/put',
        { key: Buffer.from(key).toString('base64'), value: Buffer.from(value).toString('base64') },
        String(token),
      );
    await put(`${prefix}b`, '"192.0.2.2:80"');
    await says('192.0.2.1:80 192.0.2.2:80');
    // Its tokens are forgotten with the process.
    await etcd.stop('SIGKILL');
    await complains('http');
    await etcd.start();
    await until('it is live again', () => (state().error === undefined && state().age === 0) || undefined, 20_000);
  }, 60_000);
});
