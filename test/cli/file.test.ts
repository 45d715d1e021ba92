import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FAULTS } from '../../src/track/fault.ts';
import type { Forecast } from '../../src/track/forecast.ts';
import { shell, vipair } from './command.ts';

const GOOD = `nodes:
  lb1: { address: 192.0.2.11 }
  lb2: { address: 192.0.2.12 }
interface: eth0
vips:
  web-1: { vrid: 51, address: 192.0.2.101/24, prefer: [lb1, lb2] }
  web-2: { vrid: 52, address: 192.0.2.102/24, prefer: [lb2, lb1] }
proxy: { profile: nginx }
`;
const BAD = GOOD.replace('vrid: 52', 'vrid: 51');
const DOUBTFUL = GOOD.replace('prefer: [lb2, lb1]', 'prefer: [lb2]');

let folder: string;
let good: string;
let bad: string;
let doubtful: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'cli-'));
  const write = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  good = write('good.yaml', GOOD);
  bad = write('bad.yaml', BAD);
  doubtful = write('doubtful.yaml', DOUBTFUL);
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe('check', () => {
  it('prints role, priority and the price of each fault for every VIP and node, and ends with 0', async () => {
    const { code, stdout, stderr } = await vipair(['check', good]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('right; 2 nodes, 2 VIPs');
    expect(stdout).toMatch(/web-1 {2}192\.0\.2\.101\/24 {2}VRID 51/);
    expect(stdout).toMatch(/^ {2}lb1 +active +254 +lb2 /m);
    expect(stdout).toMatch(/^ {2}lb2 +backup +253 +/m);
  });

  it('prints mistakes with their places on standard error, and ends with 2', async () => {
    const { code, stdout, stderr } = await vipair(['check', bad]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^.*bad\.yaml:7:\d+: vips\.web-2\.vrid: 51 is the VRID of VIP "web-1"/m);
  });

  it('tells doubts from mistakes', async () => {
    const { code, stdout } = await vipair(['check', doubtful]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Warning {2}.*doubtful\.yaml:7:\d+: vips\.web-2: only lb2 may hold this VIP/m);
    const both = `${doubtful}.bad`;
    writeFileSync(both, DOUBTFUL.replace('/24, prefer: [lb1', '/33, prefer: [lb1'));
    const refused = await vipair(['check', both]);
    expect(refused.code).toBe(2);
    for (const line of refused.stderr.trim().split('\n').slice(1)) expect(line).toMatch(/^Warning {2}/);
  });

  it('prints the same shape as JSON, right or wrong', async () => {
    const [right, wrong] = await Promise.all([vipair(['check', '--json', good]), vipair(['check', '--json', bad])]);
    expect([right.code, wrong.code, right.stderr, wrong.stderr]).toEqual([0, 2, '', '']);
    const parsed = JSON.parse(right.stdout) as { readonly forecast: readonly Forecast[] };
    expect(Object.keys(parsed)).toEqual(['valid', 'errors', 'warnings', 'forecast', 'switch']);
    expect(parsed).toMatchObject({ valid: true, errors: [], warnings: [] });
    expect(parsed.forecast).toHaveLength(2);
    expect(parsed.forecast[0]).toMatchObject({ vip: 'web-1', warnings: expect.any(Array) });
    const node = parsed.forecast[0]?.nodes[0];
    expect(node).toMatchObject({ node: 'lb1', role: 'active', priority: 254, successor: 'lb2' });
    expect(node?.faults.map(({ fault }) => fault)).toEqual(FAULTS);
    expect(JSON.parse(wrong.stdout)).toEqual({
      valid: false,
      errors: [
        {
          file: bad,
          line: 7,
          column: expect.any(Number),
          path: 'vips.web-2.vrid',
          message: expect.stringContaining('web-1'),
        },
      ],
      warnings: [],
      forecast: [],
      switch: null,
    });
  });

  it.each([
    ['/does/not/exist.yaml', /Cannot read the configuration: ENOENT/],
    ['/', /EISDIR/],
  ])('of %s ends with 2 and says why', async (file, why) => {
    const { code, stderr } = await vipair(['check', file]);
    expect(code).toBe(2);
    expect(stderr).toMatch(why);
    expect(stderr).not.toMatch(/^ +at /m);
  });
});

describe('config show', () => {
  it('is a file that check takes, and that shows as itself', async () => {
    const once = await shell(
      `vipair config show '${good}' > '${folder}/shown.yaml' && vipair check '${folder}/shown.yaml'`,
    );
    expect(once).toMatchObject({ code: 0, stderr: '' });
    const twice = await shell(`vipair config show '${folder}/shown.yaml' | diff - '${folder}/shown.yaml'`);
    expect(twice).toMatchObject({ code: 0, stdout: '' });
    const forecasts = await shell(
      `diff <(vipair check --json '${good}') <(vipair check --json '${folder}/shown.yaml') && vipair config show '${good}' | vipair check /dev/stdin`,
    );
    expect(forecasts.code).toBe(0);
    expect(forecasts.stdout).toContain('/dev/stdin: right');
  });

  it('is JSON on demand, with the same values', async () => {
    const { code, stdout } = await vipair(['config', 'show', '--json', good]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ vips: [{ name: 'web-1', interval: 200 }, { name: 'web-2' }] });
  });

  it('of a bad file ends with 2 and prints nothing', async () => {
    const { code, stdout, stderr } = await vipair(['config', 'show', bad]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('vips.web-2.vrid');
  });

  it('does not complain when its reader has seen enough', async () => {
    const many = join(folder, 'many.yaml');
    const vips = Array.from(
      { length: 200 },
      (_, i) => `  v${i}: { vrid: ${i + 1}, address: 198.51.100.${i + 1}, prefer: [lb1, lb2] }\n`,
    );
    writeFileSync(many, GOOD.replace(/vips:[^]*proxy/, `vips:\n${vips.join('')}proxy`));
    const { stdout, stderr } = await shell(`vipair config show '${many}' | head -n 1`);
    expect({ stdout, stderr }).toEqual({ stdout: 'nodes:\n', stderr: '' });
  });
});

describe('explain --config', () => {
  it('prints the chain of every VIP that the node takes part in, without a daemon', async () => {
    const { code, stdout } = await vipair(['explain', '--config', good, '--node', 'lb1', '--if', 'proxy=dead']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^lb1, if proxy=dead\n\nweb-1 .*held by lb1\n/);
    expect(stdout).toContain('-> reaction  resign  priority 0 once, then 1 of 254');
    expect(stdout).toMatch(/-> outcome {3}lb2 \(253\) takes over .* after lb1 has resigned/);
  });

  it('prints the same as JSON, of one VIP if wanted', async () => {
    const { code, stdout } = await vipair(['explain', 'web-2', '--json', '--config', good, '--if', 'link=down']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      node: 'lb1',
      if: ['link=down'],
      vips: [{ vip: 'web-2', reaction: 'fault' }],
    });
  });

  it.each([
    [['--if', 'proxy=sick'], 'no hypothesis'],
    [['--if', 'check=nope'], 'no VIP tracks a check "nope"'],
    [['--node', 'lb9'], 'no node is called "lb9"'],
    [['web-9'], 'no VIP of lb1 is called "web-9"; there is web-1, web-2'],
  ])('%j ends with 64 and says what there is', async (argv, words) => {
    const { code, stderr } = await vipair(['explain', '--config', good, ...argv]);
    expect(code).toBe(64);
    expect(stderr).toContain(words);
  });
});

describe('config schema', () => {
  it('is a JSON Schema', async () => {
    const { code, stdout } = await vipair(['config', 'schema']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ type: 'object', properties: { nodes: {}, vips: {} } });
  });
});
