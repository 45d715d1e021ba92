import assert from 'node:assert/strict';
import { isIP } from 'node:net';
import type { Features } from '../src/proxy/features.ts';
import type { FrontModel } from '../src/proxy/model.ts';
import type { Site } from '../src/proxy/profile.ts';
import { isPlainPath } from '../src/proxy/refusal.ts';
import type { RenderOptions } from '../src/proxy/rendering.ts';
import { milliseconds } from '../src/wire/units.ts';

/**
 * Asserts that a site holds nothing that could end a word, start a directive or be expanded in any proxy's
 * configuration file. The program makes sites itself, so a violation is a programmer error.
 */
export function assertSite(site: Site): void {
  assert.match(site.label, /^[\w.:@+-]{1,64}$/, `Unsafe label "${site.label}"`);
  assert.match(site.directory, /^(\/[\w.@+~-]+)+$/, `Unsafe directory "${site.directory}"`);
  assert.match(site.healthPath, /^\/[\w.~/-]*$/, `Unsafe health path "${site.healthPath}"`);
  assert.ok(site.listen.length > 0, 'A site needs a port to listen on');
  assert.ok(site.backends.length > 0, 'A site needs a backend');
  assert.equal(new Set(site.listen).size, site.listen.length, 'A port to listen on is given twice');
  for (const port of site.listen) assertPort(port);
  for (const { address, port } of site.backends) {
    assert.ok(isIP(address) !== 0 && !address.includes('%'), `Backend "${address}" is not an IP address`);
    assertPort(port);
  }
}

/** A site as a model with one service. */
export const modelOf = ({ listen, backends, healthPath }: Site): FrontModel => ({
  services: [
    {
      name: 'front',
      mode: 'http',
      listen: listen.map((port) => ({ address: undefined, port })),
      balance: 'roundrobin',
      ...{ stickiness: undefined, serverTls: undefined, proxyProtocol: undefined, check: undefined, sorry: undefined },
      healthPath,
      forwarded: true,
      timeouts: { connect: milliseconds(1000), client: milliseconds(10_000), server: milliseconds(10_000) },
      keepAlive: 32,
      servers: backends.map(({ address, port }, index) => ({
        name: `b${index + 1}`,
        host: address,
        port,
        weight: 1,
        backup: false,
        ...{ maxConnections: undefined, slowStart: undefined, admin: 'ready', health: 'unknown' },
      })),
    },
  ],
});

/** How a site is rendered: by whoever starts it, with one worker. */
export const optionsOf = ({ label, directory }: Site, pidFile: string, features: Features): RenderOptions => ({
  ...{ label, directory, pidFile, features, mode: 'whole', listeners: 'bind', statsSocket: undefined, include: [] },
  // A worker stays who it is, because the site's directory may be closed to everybody else and a user namespace may
  // know nobody else. Without the right to change its user a proxy must not be told to.
  user: process.geteuid?.() === 0 ? { user: 'root', group: 'root' } : undefined,
  workers: 1,
});

/** Asserts that rendering options hold nothing that a proxy's configuration would take for something else. */
export function assertOptions(options: RenderOptions): void {
  const { label, directory, statsSocket, pidFile, logs, include, user } = options;
  const safe = /^(\/[\w.@+~-]+)+$/;
  if (label !== undefined) assert.match(label, /^[\w.:@+-]{1,64}$/, `Unsafe label "${label}"`);
  assert.match(directory, safe, `Unsafe directory "${directory}"`);
  assert.match(pidFile, safe, `Unsafe pid file "${pidFile}"`);
  if (logs !== undefined) assert.match(logs, safe, `Unsafe directory of logs "${logs}"`);
  // sun_path of unix(7) has 108 bytes with the closing NUL, and a proxy adds its pid while it replaces one.
  if (statsSocket !== undefined)
    assert.match(statsSocket, /^(?=.{1,90}$)(\/[\w.@+~-]+)+$/, `Unsafe socket "${statsSocket}"`);
  for (const path of include) assert.ok(isPlainPath(path), `Unsafe include ${JSON.stringify(path)}`);
  for (const name of [user?.user, user?.group])
    if (name !== undefined) assert.match(name, /^[A-Za-z_][\w.-]{0,31}$/, `Unsafe user "${name}"`);
}

function assertPort(port: number): void {
  assert.ok(Number.isInteger(port) && port >= 1 && port <= 65_535, `${port} is not a port`);
}
