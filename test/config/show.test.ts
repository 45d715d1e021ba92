import { describe, expect, test } from 'vitest';
import { showConfig } from '../../src/config/show.ts';
import { generateText } from './generated.ts';
import { configOf, crossed, parse } from './sample.ts';

describe('showConfig', () => {
  test('what is shown parses and resolves to an equal configuration, for many generated files', () => {
    for (let seed = 1; seed <= 200; seed++) {
      const config = configOf(generateText(seed));
      const shown = showConfig(config);
      const again = parse(shown);
      expect(again, `seed ${seed}\n${shown}`).toEqual({ config, warnings: expect.anything() });
      expect(JSON.stringify('config' in again && again.config), `seed ${seed}`).toBe(JSON.stringify(config));
      expect(showConfig(configOf(shown))).toBe(shown);
    }
  });

  test('every default is written out', () => {
    expect(showConfig(configOf(crossed))).toBe(`nodes:
  lb1:
    addresses:
      - 192.0.2.11
  lb2:
    addresses:
      - 192.0.2.12
vips:
  web-1:
    vrid: 51
    addresses:
      - 192.0.2.101/24
    prefer:
      - lb1
      - lb2
    interface: eth0
    version: 3
    interval: 200ms
    transport: multicast
    preempt: true
    preempt_delay: 0ms
    preempt_fast: true
    checksum: pseudo-header
    accept: true
    on_failure: resign
    recover_after: 10s
    recover_max: 120s
    lease: 2s
    garp:
      repeat: 5
      delay: 5s
      interval: 0ms
      refresh: 60s
  web-2:
    vrid: 52
    addresses:
      - 192.0.2.102/24
    prefer:
      - lb2
      - lb1
    interface: eth0
    version: 3
    interval: 200ms
    transport: multicast
    preempt: true
    preempt_delay: 0ms
    preempt_fast: true
    checksum: pseudo-header
    accept: true
    on_failure: resign
    recover_after: 10s
    recover_max: 120s
    lease: 2s
    garp:
      repeat: 5
      delay: 5s
      interval: 0ms
      refresh: 60s
proxy:
  profile: nginx
  mode: adopted
  include: []
  listen: []
  switch:
    bake: 5s
    drain: 30s
  probe:
    period: 250ms
    timeout: 250ms
    rise: 2
    fall: 2
  apply:
    quiet: 200ms
    ceiling: 2s
    spacing: 1s
    reloads: 10
    refill: 10s
    retry: 30s
    check_timeout: 30s
sysctl: check
`);
  });
});
