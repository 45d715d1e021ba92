import {
  appendFileSync,
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  renameSync,
  rmSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execFileSync } from 'node:child_process';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/backends/clock.ts';
import { listingOf } from '../../../src/backends/source/listing.ts';
import { fileSource } from '../../../src/backends/source/file.ts';
import type { BackendSource } from '../../../src/backends/source/source.ts';
import { shown } from '../sample.ts';
import { until } from '../until.ts';

let directory: string;
let source: BackendSource | undefined;
let histories: string[];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'vipair-file-'));
  histories = [];
});
afterEach(() => {
  source?.close();
  rmSync(directory, { recursive: true, force: true });
});

const at = (name: string): string => join(directory, name);
const state = () => (source as BackendSource).state();
const now = (): string => shown(state().backends).join(' ');

/** Starts a source and keeps what it said each time. */
function follow(path: string): void {
  source = fileSource({ kind: 'file', path }, systemClock);
  source.start(() => histories.push(now()));
}

/** Sooner than the periodic look, which would find anything. */
const SOON = 4000;
const says = (text: string): Promise<string | undefined> =>
  until(
    `it says "${text}"; it says "${now()}", ${state().error}`,
    () => (now() === text ? text || ' ' : undefined),
    SOON,
  );
const complains = (text: string): Promise<string> =>
  until(
    `a complaint "${text}"; it says ${state().error}`,
    () => (state().error?.includes(text) === true ? state().error : undefined),
    SOON,
  );
const isFine = (): Promise<boolean> => until('no complaint', () => state().error === undefined, SOON);

const one = '- 192.0.2.1:80\n';
const two = '- 192.0.2.1:80\n- { address: 192.0.2.2:80, weight: 3 }\n';
const ONE = '192.0.2.1:80';
const TWO = '192.0.2.1:80 192.0.2.2:80 weight=3';

describe('a file of backends', () => {
  beforeEach(async () => {
    writeFileSync(at('b.yaml'), one);
    follow(at('b.yaml'));
    await says(ONE);
  });

  /** How editors save. Each ends with the new text in the file. */
  const saves: [string, (file: string, text: string) => void][] = [
    ['in place', (file, text) => writeFileSync(file, text)],
    [
      'cut to nothing, then written in pieces',
      (file, text) => {
        const descriptor = openSync(file, 'w');
        for (const piece of text.match(/.{1,9}|\n/g) ?? []) writeSync(descriptor, piece);
        closeSync(descriptor);
      },
    ],
    [
      'another file renamed over it',
      (file, text) => {
        writeFileSync(`${file}.tmp`, text);
        renameSync(`${file}.tmp`, file);
      },
    ],
    [
      'moved away as a backup, then written anew',
      (file, text) => {
        renameSync(file, `${file}~`);
        writeFileSync(file, text);
      },
    ],
    [
      'deleted, then created',
      (file, text) => {
        unlinkSync(file);
        writeFileSync(file, text);
      },
    ],
    [
      'by sed -i',
      (file, text) => execFileSync('sed', ['-i', '-n', `1i\\\n${text.trimEnd().replaceAll('\n', '\\\n')}\n`, file]),
    ],
  ];

  test.each(saves)('saved %s', async (_, save) => {
    save(at('b.yaml'), two);
    await says(TWO);
    await isFine();
    // Nothing else was ever said in between, and it goes on to be followed.
    expect(new Set(histories)).toEqual(new Set([ONE, TWO]));
    save(at('b.yaml'), one);
    await says(ONE);
    save(at('b.yaml'), two);
    await says(TWO);
  });

  test('slowly written is read when it is whole', async () => {
    const descriptor = openSync(at('b.yaml'), 'w');
    for (const line of ['- 192.0.2.1:80\n', '- 192.0.2.2:80\n', '- 192.0.2.3:80\n', '- 192.0.2.4:80\n']) {
      writeSync(descriptor, line);
      await new Promise((resolve) => {
        setTimeout(resolve, 5);
      });
    }
    closeSync(descriptor);
    await says('192.0.2.1:80 192.0.2.2:80 192.0.2.3:80 192.0.2.4:80');
    expect(new Set(histories).size).toBe(2);
  });

  test('half written when it is first seen is read when it is whole', async () => {
    source?.close();
    histories.length = 0;
    writeFileSync(at('new.yaml'), '- 192.0.2.7:80\n');
    follow(at('new.yaml'));
    await until('it was looked at', () => state().age === undefined);
    await new Promise((resolve) => {
      setTimeout(resolve, 10);
    });
    appendFileSync(at('new.yaml'), '- 192.0.2.8:80\n');
    await says('192.0.2.7:80 192.0.2.8:80');
    expect(new Set(histories)).toEqual(new Set(['192.0.2.7:80 192.0.2.8:80']));
  });

  test.each([
    ['half of it', '[{"address": "192.0.2', 'b.yaml:1:'],
    ['nothing', '', 'b.yaml:1:1: is no list of backends'],
    ['a duplicate', `${one}${one}`, 'b.yaml:2:3: [1]: 192.0.2.1:80 is in the list twice'],
    [
      'an unknown key',
      '- { address: 192.0.2.9:80, wieght: 1 }\n',
      'b.yaml:1:28: [0].wieght: unknown key; did you mean "weight"?',
    ],
    ['port 99999', '- 192.0.2.9:99999\n', 'b.yaml:1:3: [0]: "192.0.2.9:99999" is no address and port'],
    ['a name that would be a directive', '- { address: 192.0.2.9:80, name: "a; }" }\n', 'is no name of a backend'],
    ['a NUL', '- 192.0.2.9:80\n\u0000', 'b.yaml:2:1: a NUL byte is in the text'],
    ['bytes that are no text', Buffer.from([0x2d, 0x20, 0xff, 0xfe]), 'b.yaml is not UTF-8'],
  ])('with %s keeps its last good list and says why', async (_, text, complaint) => {
    writeFileSync(at('b.yaml'), text);
    await complains(complaint);
    expect(now()).toBe(ONE);
    expect(state().age).toBeGreaterThan(0);
    writeFileSync(at('b.yaml'), two);
    await says(TWO);
    await isFine();
  });

  test('that is gone keeps its last good list', async () => {
    unlinkSync(at('b.yaml'));
    await complains('b.yaml is missing');
    expect(now()).toBe(ONE);
    writeFileSync(at('b.yaml'), two);
    await says(TWO);
  });

  test('an explicit empty list is an answer', async () => {
    writeFileSync(at('b.yaml'), '[]\n');
    await says('');
    expect(state().error).toBeUndefined();
  });

  test('a pipe or a directory in its place is a complaint, not a hang', async () => {
    unlinkSync(at('b.yaml'));
    execFileSync('mkfifo', [at('b.yaml')]);
    await complains('b.yaml is no regular file');
    expect(now()).toBe(ONE);
  });
});

describe('a directory of backends', () => {
  test('has its YAML and JSON files together, in the order of their names', async () => {
    writeFileSync(at('20.json'), '["192.0.2.2:80"]');
    writeFileSync(at('10.yaml'), one);
    for (const name of ['.hidden.yaml', '.#10.yaml', '10.yaml~', 'notes.txt', '10.yaml.swp'])
      writeFileSync(at(name), 'x');
    follow(directory);
    await says('192.0.2.1:80 192.0.2.2:80');
    expect(state().error).toBeUndefined();
    writeFileSync(at('15.yml'), '- 192.0.2.3:80\n');
    await says('192.0.2.1:80 192.0.2.3:80 192.0.2.2:80');
    unlinkSync(at('20.json'));
    await says('192.0.2.1:80 192.0.2.3:80');
  });

  test('a file that is wrong keeps its own last good list; the others go on', async () => {
    writeFileSync(at('a.yaml'), one);
    writeFileSync(at('b.yaml'), '- 192.0.2.2:80\n');
    follow(at('*.yaml'));
    await says('192.0.2.1:80 192.0.2.2:80');
    writeFileSync(at('a.yaml'), '- 192.0.2.1:80\n-');
    await complains('a.yaml:2:');
    writeFileSync(at('b.yaml'), '- 192.0.2.3:80\n');
    await says('192.0.2.1:80 192.0.2.3:80');
    expect(state().error).toContain('a.yaml:2:');
  });

  test('one backend in two files is told, and there once', async () => {
    writeFileSync(at('a.yaml'), one);
    writeFileSync(at('b.yaml'), '- { address: 192.0.2.1:80, weight: 7 }\n');
    follow(directory);
    await complains(`${at('b.yaml')}: 192.0.2.1:80 is in ${at('a.yaml')} already`);
    expect(now()).toBe(ONE);
  });

  test('that is not there yet, or goes away, is a complaint', async () => {
    follow(`${at('later')}/*.yaml`);
    await complains(`cannot read ${at('later')}: ENOENT`);
    expect(state().age).toBeUndefined();
    mkdirSync(at('later'));
    writeFileSync(join(at('later'), 'a.yaml'), one);
    await says(ONE);
    rmSync(at('later'), { recursive: true });
    await complains(`cannot read ${at('later')}: ENOENT`);
    expect(now()).toBe(ONE);
  }, 20_000);

  test('many changes in a row end with the last', async () => {
    writeFileSync(at('a.yaml'), '');
    follow(directory);
    for (let count = 1; count <= 200; count++) appendFileSync(at('a.yaml'), `- 192.0.2.${count}:80\n`);
    await until('all are there', () => state().backends.length === 200 || undefined);
  });
});

describe('what a path means', () => {
  const fits = (path: string, isDirectory: boolean, ...names: string[]): string[] =>
    names.filter((name) => listingOf(path, isDirectory).fits(name));

  test('a file, a directory, a pattern in the last part', () => {
    expect(fits('/etc/b.yaml', false, 'b.yaml', 'bxyaml', 'c.yaml')).toEqual(['b.yaml']);
    expect(fits('/etc/b.d', true, 'a.yaml', 'a.yml', 'a.json', 'a.txt', '.a.yaml', 'a.yaml~')).toEqual([
      'a.yaml',
      'a.yml',
      'a.json',
    ]);
    expect(fits('/etc/b.d/w?b-*.json', false, 'web-1.json', 'web-.json', 'wb-1.json', 'web-1xjson')).toEqual([
      'web-1.json',
      'web-.json',
    ]);
    expect(fits('/etc/b.d/*', false, 'a', '.a', 'a~')).toEqual(['a']);
  });
});
