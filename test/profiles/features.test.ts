import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { can, isAtLeast, releaseOf } from '../../src/proxy/features.ts';
import { sampleService } from '../../profiles/sample.ts';
import { debian, profileOf } from './program.ts';

test('releases are compared number by number', () => {
  expect(isAtLeast([1, 22, 1], 1, 22)).toBe(true);
  expect(isAtLeast([1, 9], 1, 22)).toBe(false);
  expect(isAtLeast([2], 1, 22)).toBe(true);
  expect(isAtLeast([1, 22], 1, 22, 1)).toBe(false);
  expect(isAtLeast([], 1)).toBe(false);
  expect(releaseOf('3.1-dev5')).toEqual([3, 1]);
});

describe('nginx', () => {
  const nginx = profileOf('nginx');

  test('of Debian is read', () => {
    const found = nginx.features(debian['nginx'] ?? '');
    expect(found).toMatchObject({ version: '1.22.1', release: [1, 22, 1], unusable: undefined });
    expect(found.abilities['stream']).toBe('/usr/lib/nginx/modules/ngx_stream_module.so');
    for (const ability of ['zone', 'hash', 'random', 'leastconn', 'keepalive', 'httpTls', 'streamTls'])
      expect(can(found, ability), ability).toBe(true);
  });

  test.each([
    [
      'nginx version: nginx/1.27.3 (Ubuntu)\nconfigure arguments: --with-stream --with-http_ssl_module',
      ['stream', 'httpTls'],
      ['streamTls'],
    ],
    ['nginx version: openresty/1.25.3.1\nconfigure arguments: --with-stream=dynamic', ['zone'], ['stream', 'httpTls']],
    ['nginx version: nginx/1.22.0\nconfigure arguments: --without-http_upstream_hash_module', ['zone'], ['hash']],
  ])('is not assumed to have more than it says: %s', (output, has, lacks) => {
    const found = nginx.features(output);
    expect(found.unusable).toBeUndefined();
    for (const ability of has) expect(can(found, ability), ability).toBe(true);
    for (const ability of lacks) expect(can(found, ability), ability).toBe(false);
  });

  test.each(['', 'nginx version: nginx/1.18.0', 'sh: 1: nginx: not found', 'HAProxy version 2.6.12'])(
    'is refused as %j',
    (output) => {
      const found = nginx.features(output);
      expect(found.unusable).toMatch(/older than 1\.22|does not say/);
      const refusals = nginx.refuse({ services: [sampleService()] }, found);
      expect(refusals).toEqual([{ service: undefined, path: 'proxy.binary', reason: found.unusable }]);
    },
  );

  test('is asked for the modules it could load too', () => {
    const directory = mkdtempSync(join(tmpdir(), 'vipair-features-'));
    try {
      const modules = join(directory, 'modules');
      mkdirSync(modules);
      writeFileSync(join(modules, 'ngx_stream_module.so'), '');
      const binary = join(directory, 'nginx');
      const says = `nginx version: nginx/1.26.0\\nconfigure arguments: --modules-path=${modules} --with-stream=dynamic\\n`;
      writeFileSync(binary, `#!/bin/sh\n[ "$1" = -V ] && printf '${says}' >&2\n`);
      chmodSync(binary, 0o755);
      const [command = '', ...rest] = nginx.inspection(binary);
      const { stdout } = spawnSync(command, rest, { encoding: 'utf8' });
      expect(nginx.features(stdout).abilities['stream']).toBe(join(modules, 'ngx_stream_module.so'));
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });
});

describe('HAProxy', () => {
  const haproxy = profileOf('haproxy');

  test.each([
    [debian['haproxy'] ?? '', [2, 6, 12], true],
    ['HAProxy version 3.1-dev5-1 2024/08/07 - https://haproxy.org/\nFeature list : -OPENSSL +EPOLL\n', [3, 1], false],
    ['HAProxy version 2.8.3 2023\nFeature list : +QUIC +OPENSSL_AWSLC\n', [2, 8, 3], true],
  ])('is read: %s', (output, release, hasTls) => {
    const found = haproxy.features(output);
    expect(found).toMatchObject({ release, unusable: undefined });
    expect(can(found, 'tls')).toBe(hasTls);
  });

  test.each(['', 'HA-Proxy version 2.2.9-2 2021', 'nginx version: nginx/1.22.1'])('is refused as %j', (output) => {
    expect(haproxy.features(output).unusable).toMatch(/older than 2\.6|does not say/);
  });
});
