import assert from 'node:assert/strict';
import { isIP } from 'node:net';
import type { Site } from '../src/proxy/profile.ts';

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

/** An address and a port as one word: `192.0.2.1:80`, `[2001:db8::1]:80`. */
export const endpoint = (address: string, port: number): string =>
  address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;

function assertPort(port: number): void {
  assert.ok(Number.isInteger(port) && port >= 1 && port <= 65_535, `${port} is not a port`);
}
