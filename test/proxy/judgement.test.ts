import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { profiles } from '../../profiles/registry.ts';
import { parseConfig } from '../../src/config/parse.ts';
import { formatError } from '../../src/config/report.ts';
import { judgeServices } from '../../src/proxy/judgement.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'vipair-judge-'));
  writeFileSync(join(home, 'old'), '#!/bin/sh\necho "nginx version: nginx/1.18.0"\n');
  writeFileSync(join(home, 'good'), '#!/bin/sh\necho "nginx version: nginx/1.22.1"\n');
  for (const name of ['old', 'good']) chmodSync(join(home, name), 0o755);
});
afterEach(() => rmSync(home, { recursive: true }));

const judged = (binary: string): string[] => {
  const text = `nodes:
  lb1: { address: 192.0.2.11 }
  lb2: { address: 192.0.2.12 }
interface: eth0
vips:
  web-1: { vrid: 51, address: 192.0.2.101/24, prefer: [lb1, lb2] }
proxy: { profile: nginx, binary: ${binary} }
services:
  web.shop:
    listen: [80]
    backends:
      - { address: 192.0.2.21:8080, name: app.1 }
      - { address: 192.0.2.22:8080, slow_start: 10s }
`;
  const judge = (config: Parameters<typeof judgeServices>[0]): ReturnType<typeof judgeServices> =>
    judgeServices(config, profiles);
  const result = parseConfig(text, 'pair.yaml', { profiles: [], judge });
  return 'errors' in result ? result.errors.map((error) => formatError(error)) : [];
};

describe('what the proxy of a configuration cannot express', () => {
  it('is refused where it stands in the file, with the version that cannot', () => {
    const [only, ...more] = judged(join(home, 'good'));
    expect(only).toMatch(/^pair\.yaml:13:\d+: services\.".*"?\.?.*backends\[1\]: .*\(nginx 1\.22\.1\)$/);
    expect(more).toEqual([]);
  });

  it('is the whole of it when the program is too old', () => {
    expect(judged(join(home, 'old'))).toEqual([
      expect.stringMatching(/^pair\.yaml:7:\d+: proxy\.binary: nginx 1\.18\.0/),
    ]);
  });

  it('is not known where the program is not installed', () => {
    expect(judged(join(home, 'missing'))).toEqual([]);
  });
});
