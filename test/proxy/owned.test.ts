import { describe, expect, test } from 'vitest';
import { judgeFile, seal, unseal } from '../../src/proxy/owned.ts';

const body = 'upstream web {\n  server 192.0.2.21:80;\n}\n';

describe('a sealed file', () => {
  test('says whose it is in its first line, which is a comment, and holds the rest as it was', () => {
    const [first = '', ...rest] = seal(body).split('\n');
    expect(first).toMatch(/^# managed by vipair [0-9a-f]{32}$/);
    expect(rest.join('\n')).toBe(body);
    expect(unseal(seal(body))).toBe(body);
  });

  test('is ours, and the same text is always the same file', () => {
    expect(judgeFile(seal(body))).toBe('ours');
    expect(judgeFile(seal(''))).toBe('ours');
    expect(seal(body)).toBe(seal(body));
    expect(seal(body)).not.toBe(seal(`${body}\n`));
  });

  test.each([
    ['a changed line', seal(body).replace('21', '22')],
    ['a line at the end', `${seal(body)}# mine\n`],
    ['a missing end', seal(body).slice(0, -1)],
    ['other line ends', seal(body).replaceAll('\n', '\r\n')],
    ['a changed digest', seal(body).replace(/[0-9a-f]{8}$/m, '00000000')],
    ['only the first line', '# managed by vipair 0123'],
    ['one digest of two', seal(seal(body)).split('\n').toSpliced(1, 1).join('\n')],
  ])('with %s is edited', (_, text) => {
    expect(judgeFile(text)).toBe('edited');
  });
});

test('what has no such line is foreign, nothing is empty, and no file is missing', () => {
  expect(judgeFile(body)).toBe('foreign');
  expect(judgeFile(`\n${seal(body)}`)).toBe('foreign');
  expect(judgeFile(`# Managed by vipair\n${body}`)).toBe('foreign');
  expect(judgeFile('')).toBe('empty');
  expect(judgeFile(undefined)).toBe('missing');
  expect(unseal(body)).toBe(body);
});
