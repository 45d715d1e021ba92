import { describe, expect, test } from 'vitest';
import { parseBackend, parseBackends } from '../../src/config/backendlist.ts';

const errorsOf = (text: string): readonly string[] => {
  const result = parseBackends(text, 'b.yaml');
  return 'errors' in result ? result.errors : [];
};
const hostsOf = (text: string): unknown => {
  const result = parseBackends(text, 'b.yaml');
  return 'backends' in result ? result.backends.map(({ host, port }) => `${host} ${port}`) : result.errors;
};

describe('a list of backends', () => {
  test('is YAML or JSON, bare or under a key', () => {
    const both = ['192.0.2.21 80', '2001:db8::7 81'];
    expect(hostsOf('- 192.0.2.21:80\n- { address: "2001:db8::7", port: 81 }\n')).toEqual(both);
    expect(hostsOf('backends:\n  - 192.0.2.21:80\n  - "[2001:db8::7]:81"\n')).toEqual(both);
    expect(hostsOf('["192.0.2.21:80", {"address": "[2001:db8::7]:81"}]')).toEqual(both);
    expect(hostsOf('{\n\t"backends": [\n\t\t"192.0.2.21:80",\n\t\t{"address": "[2001:db8::7]:81"}\n\t]\n}\n')).toEqual(
      both,
    );
    expect(hostsOf('[]')).toEqual([]);
  });

  test.each([
    ['', 'b.yaml:1:1: is no list of backends; write "- 192.0.2.21:8080", or [] for none'],
    ['# none\n', 'b.yaml:1:1: is no list of backends'],
    ['192.0.2.21:80', 'b.yaml:1:1: is no list of backends'],
    ['- 192.0.2.21:80\n- 192.0.2.21:80\n', 'b.yaml:2:3: [1]: 192.0.2.21:80 is in the list twice'],
    [
      '- 192.0.2.21:80\n- address: 192.0.2.22:80\n  wieght: 2\n',
      'b.yaml:3:3: [1].wieght: unknown key; did you mean "weight"?',
    ],
    [
      'backends:\n  - { address: 192.0.2.22:80, colour: red }\n',
      'b.yaml:2:31: backends[0].colour: unknown key; known here: address',
    ],
    ['backend: []\n', 'b.yaml:1:1: backend: unknown key'],
    ['- 192.0.2.21:99999\n', 'b.yaml:1:3: [0]: "192.0.2.21:99999" is no address and port'],
    ['- { address: 192.0.2.21:80, name: "a;b" }\n', '"a;b" is no name of a backend'],
    ['- { address: 192.0.2.21:80, name: "a\\u0000b" }\n', 'is no name of a backend'],
    ['- { address: 192.0.2.21:80, name: a }\n- { address: 192.0.2.22:80, name: a }\n', 'b.yaml:2:'],
    ['["192.0.2.21:80", {"address": "192.0.2', 'b.yaml:1:'],
    ['{"backends": ["192.0.2.21:80"', 'b.yaml:1:'],
    ['- 192.0.2.21:80\n\u0000', 'b.yaml:2:1: a NUL byte is in the text'],
    ['{"a":1,"a":2}', 'b.yaml:1:8: a: is written twice'],
  ])('%j is refused with its place', (text, message) => {
    expect(errorsOf(text).join('\n')).toContain(message);
  });

  test('one backend', () => {
    expect(parseBackend('{"address":"192.0.2.21:80","weight":3}', 'key')).toMatchObject({ backends: [{ weight: 3 }] });
    expect(parseBackend('"192.0.2.21:80"', 'key')).toMatchObject({ backends: [{ port: 80 }] });
    expect(parseBackend('[]', 'key')).toMatchObject({ errors: [expect.stringContaining('key:1:1: ')] });
  });
});
