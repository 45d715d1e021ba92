import { expect, test } from 'vitest';
import { configJsonSchema } from '../../src/config/jsonschema.ts';

interface Node {
  readonly description?: string;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Node>>;
  readonly additionalProperties?: Node | boolean;
  readonly items?: Node;
  readonly anyOf?: readonly Node[];
}

/** Every setting of the schema with its path. */
function* settings(schema: Node, path: string): Generator<[path: string, setting: Node]> {
  for (const [key, value] of Object.entries(schema.properties ?? {})) {
    yield [`${path}.${key}`, value];
    yield* settings(value, `${path}.${key}`);
  }
  for (const inner of [schema.additionalProperties, schema.items]) {
    if (typeof inner === 'object') yield* settings(inner, `${path}[]`);
  }
  for (const branch of schema.anyOf ?? []) yield* settings(branch, path);
}

const schema = configJsonSchema(['nginx', 'haproxy']) as Node;

test('every setting is described, and mappings refuse what is not', () => {
  const all = [...settings(schema, '')];
  expect(all.length).toBeGreaterThan(60);
  expect(all.filter(([, setting]) => (setting.description ?? '') === '').map(([path]) => path)).toEqual([]);
  expect(schema).toMatchObject({
    $schema: 'http://json-schema.org/draft-07/schema#',
    required: ['nodes', 'vips'],
    additionalProperties: false,
  });
});

test('an editor can complete profiles and words, and knows the ranges and forms', () => {
  const byPath = new Map(settings(schema, ''));
  expect(byPath.get('.proxy.profile')?.enum).toEqual(['nginx', 'haproxy']);
  expect(byPath.get('.transport')?.enum).toEqual(['multicast', 'unicast', 'broadcast']);
  expect(byPath.get('.vips[].vrid')).toMatchObject({ type: 'integer', minimum: 1, maximum: 255 });
  expect(byPath.get('.vips[].interval')).toMatchObject({ type: 'string', pattern: expect.stringContaining('ms|s|m') });
  expect(byPath.get('.version')?.enum).toEqual([2, 3]);
});
