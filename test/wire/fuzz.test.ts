import { afterAll, describe, expect, it } from 'vitest';
import { isMalformed, malformedReasons, type MalformedReason } from '../../src/wire/malformed.ts';
import { forEachDecoder, type Decoder } from './decoders.ts';
import { hex } from './hex.ts';
import { mutate } from './mutate.ts';
import { random } from './random.ts';

/**
 * Every decoder against bytes that nobody should have sent. VIPAIR_FUZZ_SEED picks another run, VIPAIR_FUZZ_INPUTS
 * another length; a failure tells the seed and the input.
 */
const seed = Number(process.env['VIPAIR_FUZZ_SEED'] ?? 9568);
const inputs = Number(process.env['VIPAIR_FUZZ_INPUTS'] ?? 200_000);
/** So many inputs are made from one valid message: making a message costs more than changing one. */
const perMessage = 8;

interface Outcome {
  accepted: number;
  readonly refused: Map<MalformedReason, number>;
}

/** Feeds a decoder; throws with everything that is needed to repeat the failure. */
function fuzz<T extends object>(decoder: Decoder<T>): Outcome {
  const next = random(seed);
  const outcome: Outcome = { accepted: 0, refused: new Map() };
  let valid = decoder.valid(next);
  for (let i = 0; i < inputs; i++) {
    if (i % perMessage === 0) valid = decoder.valid(next);
    const input = mutate(valid, next);
    if (next(4) !== 0) decoder.repair?.(input, next);
    try {
      feed(decoder, input, outcome);
    } catch (cause) {
      throw new Error(`${decoder.name}: seed ${seed}, input ${i}: ${hex(input)}`, { cause });
    }
  }
  return outcome;
}

function feed<T extends object>({ decode, encode }: Decoder<T>, input: Uint8Array, outcome: Outcome): void {
  const value = decode(input);
  if (isMalformed(value)) {
    if (!malformedReasons.includes(value.malformed)) throw new Error(`Not a reason: ${value.malformed}`);
    outcome.refused.set(value.malformed, (outcome.refused.get(value.malformed) ?? 0) + 1);
    return;
  }
  outcome.accepted++;
  if (Array.isArray(value) && value.length * 4 > input.length) throw new Error(`${value.length} parts`);
  const again = decode(encode(value));
  if (!same(again, value)) throw new Error(`${JSON.stringify(value)} came back as ${JSON.stringify(again)}`);
}

/** Whether two values of a decoder are equal, in a fraction of the time that a general comparison takes. */
function same(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (a instanceof Uint8Array || b instanceof Uint8Array) {
    return a instanceof Uint8Array && b instanceof Uint8Array && Buffer.compare(a, b) === 0;
  }
  const keys = Object.keys(a) as (keyof typeof a)[];
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every((key) => same(a[key], b[key]));
}

describe(`${inputs} inputs of seed ${seed} never make a decoder throw, and what it accepts survives a round trip`, () => {
  const start = { at: performance.now(), cpu: process.cpuUsage() };
  afterAll(() => {
    const cpu = process.cpuUsage(start.cpu);
    const [wall, busy] = [performance.now() - start.at, (cpu.user + cpu.system) / 1000];
    console.log(`wire fuzz: seed ${seed}, ${inputs} inputs each, ${Math.round(wall)} ms, CPU ${Math.round(busy)} ms`);
  });

  forEachDecoder((decoder) => {
    it(decoder.name, { timeout: 120_000 }, () => {
      const { accepted, refused } = fuzz(decoder);
      // The run is worth something only if it got past every check and met every refusal.
      expect([...refused.keys()]).toEqual(expect.arrayContaining([...decoder.reasons]));
      if (decoder.name !== 'VRRPv2 over IPv6') expect(accepted).toBeGreaterThan(inputs / 10);
    });
  });
});
