import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { EXIT, EXIT_HELP } from '../../src/cli/exit.ts';
import { CODES } from '../../src/doctor/code.ts';
import { EVENT_NAMES } from '../../src/config/eventname.ts';
import { formatError } from '../../src/config/report.ts';
import type { SegmentState } from '../../src/engine/events.ts';
import { FAULT_NAMES } from '../../src/lab/bench/faults/faults.ts';
import { faultUsage } from '../../src/lab/faultwords.ts';
import type { Reason } from '../../src/vrrp/state.ts';
import type { Refusal, Remark } from '../../src/vrrp/receive.ts';
import { malformedReasons } from '../../src/wire/malformed.ts';
import { parse } from '../config/sample.ts';

/*
 * The documentation against the program: what can be listed in one place is listed completely in the other. The
 * records are complete by type, so that a new reason does not compile before it is here, and not pass before it is in
 * the manual.
 */

const root = fileURLToPath(new URL('../../', import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const names = ['README.md', ...readdirSync(join(root, 'docs')).map((name) => `docs/${name}`)];
const pages = names.map((path): readonly [path: string, text: string] => [path, read(path)]);
const operations = read('docs/operations.md');

/** The words of `wanted` that are not written as code in a text. */
const missing = (text: string, wanted: readonly string[]): string[] =>
  wanted.filter((word) => !text.includes(`\`${word}\``) && !text.includes(`\`${word} `));

/** A heading's anchor, as the forges make it. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\w\s-]/g, '')
    .replaceAll(' ', '-');

const anchorsOf = (text: string): string[] =>
  [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading]) => anchorOf(heading ?? ''));

describe.each(pages)('%s', (path, text) => {
  it('links to what there is', () => {
    const links = [...text.matchAll(/\]\(([^)]+)\)/g)].map(([, link]) => link ?? '');
    const broken = links.filter((link) => {
      if (/^https?:/.test(link)) return false;
      const [file = '', anchor] = link.split('#');
      const target = file === '' ? path : join(dirname(path), file);
      if (!existsSync(join(root, target))) return true;
      return anchor !== undefined && !anchorsOf(read(target)).includes(anchor);
    });
    expect(broken).toEqual([]);
  });

  it('has examples that are right', () => {
    for (const [, example = ''] of text.matchAll(/```yaml\n([\s\S]*?)```/g)) {
      const result = parse(example);
      expect('errors' in result ? result.errors.map(formatError) : [], example).toEqual([]);
    }
  });

  it('names scripts and tests that there are', () => {
    const { scripts } = JSON.parse(read('package.json')) as { readonly scripts: Record<string, string> };
    const run = [...text.matchAll(/`npm run ([\w:]+)/g)].map(([, script]) => script ?? '');
    expect(run.filter((script) => !(script in scripts))).toEqual([]);
    const tests = [...text.matchAll(/\b(test\/[\w/.]+)/g)].map(([, file = '']) => file.replace(/\.$/, ''));
    expect(tests.filter((file) => !existsSync(join(root, file)))).toEqual([]);
  });
});

describe('docs/operations.md', () => {
  it('lists the exit codes, as the help does', () => {
    const section = operations.split('## Exit codes')[1]?.split('\n## ')[0] ?? '';
    const documented = [...section.matchAll(/^\| (\d+) \|/gm)].map(([, code]) => Number(code));
    expect(documented).toEqual(Object.values(EXIT));
    expect([...EXIT_HELP.matchAll(/^ {2}(\d+) /gm)].map(([, code]) => Number(code))).toEqual(documented);
  });

  it('explains every refusal', () => {
    const configured: Record<Exclude<Refusal, (typeof malformedReasons)[number]>, true> = {
      ttl: true,
      vrid: true,
      'own-packet': true,
      'version-mismatch': true,
      owner: true,
      destination: true,
      peer: true,
      'auth-type': true,
      'auth-data': true,
      interval: true,
    };
    const section = operations.split('### Refused packets')[1]?.split('\n###')[0] ?? '';
    const all = [...Object.keys(configured), ...malformedReasons, 'truncated', 'ip-header'];
    const rows = [...section.matchAll(/^\| `([\w-]+)` \|/gm)].map(([, reason]) => reason);
    expect(new Set(rows)).toEqual(new Set(all));
  });

  it('explains every remark', () => {
    const remarks: Record<Remark, true> = { 'address-list': true, interval: true, 'checksum-form': true, owner: true };
    const section = operations.split('### Remarks')[1]?.split('\n###')[0] ?? '';
    expect(missing(section, Object.keys(remarks))).toEqual([]);
  });

  it('lists every event, every reason and every state of an interface', () => {
    const reasons: Record<Reason, true> = {
      'not-started': true,
      startup: true,
      owner: true,
      adopted: true,
      'no-active-router': true,
      'active-router-resigned': true,
      'active-router-silent': true,
      'preempted-lower-priority': true,
      'higher-priority': true,
      'higher-address': true,
      'proxy-failure': true,
      stalled: true,
      mute: true,
      isolated: true,
      fault: true,
      shutdown: true,
    };
    const states: Record<SegmentState, true> = { absent: true, down: true, 'no-address': true, failed: true, up: true };
    expect(missing(operations, [...EVENT_NAMES, ...Object.keys(reasons), ...Object.keys(states)])).toEqual([]);
  });

  it('explains every warning', () => {
    const section = operations.split('### Warnings')[1]?.split('\n###')[0] ?? '';
    const source = read('src/control/status.ts').split('export type WarningCode =')[1]?.split(';')[0] ?? '';
    const codes = [...source.matchAll(/'([\w-]+)'/g)].map(([, code]) => code ?? '');
    expect(codes.length).toBeGreaterThan(5);
    expect([...section.matchAll(/^\| `([\w-]+)` \|/gm)].map(([, code]) => code)).toEqual(codes);
  });

  it('lists every metric', () => {
    const section = operations.split('## Metrics')[1]?.split('\n## ')[0] ?? '';
    const metrics = ['rich', 'crossed-pair'].flatMap((name) =>
      [...read(`test/golden/control/metrics-${name}.txt`).matchAll(/^(\w+)/gm)].map(([, metric]) => metric ?? ''),
    );
    const unlisted = [...new Set(metrics)].filter((name) => {
      const word = name.replace(/^vipair_vip_(\w+)_total$/, '$1');
      return !section.includes(`\`${name}\``) && !section.includes(`\`${word}\``);
    });
    expect(unlisted).toEqual([]);
  });
});

describe('docs/doctor.md', () => {
  it('has the table of codes as `vipair explain` knows them', () => {
    const section = read('docs/doctor.md').split('## Codes')[1]?.split('\n## ')[0] ?? '';
    const documented = section.split('\n').filter((line) => line.startsWith('| `'));
    const known = Object.entries(CODES).map(
      ([code, { severity, what, why, fix }]) => `| \`${code}\` | ${severity} | ${what} ${why} ${fix} |`,
    );
    expect(documented).toEqual(known);
  });
});

describe('docs/lab.md', () => {
  it('lists every fault', () => {
    const faults = faultUsage.flatMap((line) => {
      const [word = ''] = line.split(' ');
      return word.includes('|') ? word.split('|').map((part) => `${part.replace('-daemon', '')}-daemon`) : [word];
    });
    expect(missing(read('docs/lab.md'), faults)).toEqual([]);
  });
});

describe('docs/faults.md', () => {
  it('has every row of the benchmark, in each of its tables', () => {
    const rows = [...read('docs/faults.md').matchAll(/^\| `([a-z][a-z-]+)` \|/gm)].map(([, name]) => name);
    expect(rows).toEqual([...FAULT_NAMES, ...FAULT_NAMES, ...FAULT_NAMES]);
  });
});

describe('docs/keepalived.md', () => {
  it('has a counterpart for every word of keepalived that the configuration recognizes', () => {
    const table = /new Map\(\[([\s\S]*?)\n\]\);/.exec(read('src/config/suggestion.ts'))?.[1] ?? '';
    const words = [...table.matchAll(/^ {2}\['(\w+)'/gm)].map(([, word]) => word ?? '');
    const own = ['defaults', 'peers'];
    expect(words.length).toBeGreaterThan(20);
    expect(
      missing(
        read('docs/keepalived.md'),
        words.filter((word) => !own.includes(word)),
      ),
    ).toEqual([]);
  });
});
