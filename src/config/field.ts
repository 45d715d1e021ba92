import { z } from 'zod';
import type { Milliseconds } from '../wire/units.ts';
import { DURATION_PATTERN, durationComplaint, formatDuration, parseDuration } from './duration.ts';
import { refuseInterface } from './name.ts';
import { quote } from './report.ts';
import type { Refused } from './subnet.ts';
import { nearest } from './suggestion.ts';

/**
 * The kinds of settings. Each kind reads one value and, where it cannot, says what is wrong, the value, and what to
 * write; `example` is a value that would be right. The description reaches the editor through the JSON Schema.
 */

/** The message for a value that is not there or empty; `undefined` when there is one. */
function absent(value: unknown, example: string): string | undefined {
  if (value === undefined) return `is missing; write it, such as ${example}`;
  return value === null ? `is empty; write a value, such as ${example}` : undefined;
}

/** A whole number from `least` to `most`. */
export function whole(least: number, most: number, example: number, description: string): z.ZodType<number> {
  const error = ({ input }: { input?: unknown }): string => {
    const range = `a whole number from ${least} to ${most}`;
    if (typeof input === 'string' && /^\d+$/.test(input)) return `${quote(input)} is text; write it without quotes`;
    return absent(input, String(example)) ?? `${quote(input)} is not ${range}; write one, such as ${example}`;
  };
  return z.int({ error }).min(least, { error }).max(most, { error }).describe(description);
}

/** A list of whole numbers, which may be empty. */
export function wholes(item: z.ZodType<number>, example: string, description: string): z.ZodType<number[]> {
  return list(item, 0, 64, example, description);
}

/** `true` or `false`, and none of the other words for them. */
export function flag(description: string): z.ZodType<boolean> {
  const error = ({ input }: { input?: unknown }): string =>
    absent(input, 'true') ?? `${quote(input)} is neither true nor false; write one of them`;
  return z.boolean({ error }).describe(description);
}

/** One of a few words. */
export function word<T extends string>(words: readonly T[], description: string): z.ZodType<T> {
  const error = ({ input }: { input?: unknown }): string => {
    const close = typeof input === 'string' ? nearest(input, words) : undefined;
    const hint = close === undefined ? `write ${words.join(', ')}` : `did you mean "${close}"?`;
    return absent(input, words[0] ?? '') ?? `${quote(input)} is not one of ${words.join(', ')}; ${hint}`;
  };
  return z.enum(words as readonly [T, ...T[]], { error }).describe(description);
}

/** Text that `read` makes a value of, or refuses with a reason. */
export function text<T>(
  read: (text: string) => T | Refused,
  example: string,
  description: string,
  pattern?: string,
): z.ZodType<T> {
  const error = ({ input }: { input?: unknown }): string => {
    const typed = typeof input === 'number' || typeof input === 'boolean';
    const hint = typed ? `put it in quotes: "${input}"` : `write text, such as ${example}`;
    return absent(input, example) ?? `${quote(input)} is not text; ${hint}`;
  };
  const meta = { examples: [example], ...(pattern === undefined ? {} : { pattern }) };
  return z
    .string({ error })
    .meta(meta)
    .transform((input, context) => {
      const value = read(input);
      if (!isRefused(value)) return value;
      context.issues.push({ code: 'custom', message: value.refused, input });
      return z.NEVER;
    })
    .describe(description);
}

/** A duration from `least` to `most`, in whole multiples of `step`. */
export function duration(
  range: { readonly least: number; readonly most: number; readonly step?: number },
  example: string,
  description: string,
): z.ZodType<Milliseconds> {
  const { least, most, step } = range;
  const say = (value: number): string => formatDuration(value as Milliseconds);
  const complain = (input: unknown): string => {
    const complaint = durationComplaint(input, example);
    return complaint.startsWith('is ') ? `${quote(input)} ${complaint}` : complaint;
  };
  return z
    .string({ error: ({ input }) => absent(input, example) ?? complain(input) })
    .meta({ pattern: DURATION_PATTERN })
    .transform((input, context) => {
      const value = parseDuration(input);
      const refuse = (message: string): typeof z.NEVER => {
        context.issues.push({ code: 'custom', message, input });
        return z.NEVER;
      };
      if (value === undefined) return refuse(complain(input));
      if (value < least || value > most) {
        return refuse(`${input} is not from ${say(least)} to ${say(most)}; write for example "${example}"`);
      }
      if (step !== undefined && value % step !== 0) {
        const next = Math.min(most, Math.max(least, Math.ceil(value / step) * step));
        return refuse(`${input} is no whole multiple of ${say(step)}; write for example "${say(next)}"`);
      }
      return value;
    })
    .describe(`${description} (${say(least)} to ${say(most)})`);
}

/** A list of `least` to `most` items. */
export function list<T>(
  item: z.ZodType<T>,
  least: number,
  most: number,
  example: string,
  description: string,
): z.ZodType<T[]> {
  const error = ({ input }: { input?: unknown }): string => {
    if (!Array.isArray(input)) return absent(input, example) ?? `${quote(input)} is not a list; write ${example}`;
    return input.length < least ? `is empty; write ${example}` : `has ${input.length} items, more than ${most}`;
  };
  return z.array(item, { error }).min(least, { error }).max(most, { error }).describe(description);
}

/** A mapping from names to values, at most `most` of them; `least` 1 where none makes no sense. */
export function names<T>(
  key: z.ZodType<string, string>,
  value: z.ZodType<T>,
  size: { readonly least: number; readonly most: number },
  example: string,
  description: string,
): z.ZodType<Record<string, T>> {
  const error = ({ input }: { input?: unknown }): string =>
    absent(input, example) ?? `${quote(input)} is not a mapping; write ${example}`;
  return z
    .record(key, value, { error })
    .refine((record) => Object.keys(record).length >= size.least, { error: `is empty; write ${example}` })
    .refine((record) => Object.keys(record).length <= size.most, { error: `has more than ${size.most} entries` })
    .meta({ description, minProperties: size.least, maxProperties: size.most });
}

/** An interface name. */
export const interfaceName = (description: string): z.ZodType<string> =>
  text<string>(
    (value) => {
      const refused = refuseInterface(value);
      return refused === undefined ? value : { refused };
    },
    'eth0',
    description,
  );

/** A name that is a key. `refuse` says why one is not accepted. */
export function name(refuse: (name: string) => string | undefined): z.ZodType<string, string> {
  const error = ({ input }: { input?: unknown }): string => refuse(String(input)) ?? '';
  return z.string().refine((key) => refuse(key) === undefined, { error });
}

/** The message for something that is neither of two forms. */
export function eitherForm(example: string): ({ input }: { input?: unknown }) => string {
  return ({ input }) => absent(input, example) ?? `${quote(input)} is of the wrong kind; write it as ${example}`;
}

/** The message for a value that is not a mapping. */
export function mappingForm(example: string): ({ input }: { input?: unknown }) => string {
  return ({ input }) => absent(input, example) ?? `${quote(input)} is not a mapping; write it as ${example}`;
}

const isRefused = (value: unknown): value is Refused =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, 'refused');
