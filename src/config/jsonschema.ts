import { z } from 'zod';
import { configSchema } from './schema.ts';

/**
 * The JSON Schema (draft 7, which editors read) of a configuration file, made of the same source that checks it. It
 * says what an editor can: keys, kinds, ranges, descriptions. `vipair check` knows more.
 */
export function configJsonSchema(profiles: readonly string[]): Readonly<Record<string, unknown>> {
  const schema = z.toJSONSchema(configSchema(profiles), { io: 'input', target: 'draft-7' });
  return { ...schema, title: 'vipair configuration', description: 'One file, the same on every node of the pair.' };
}
