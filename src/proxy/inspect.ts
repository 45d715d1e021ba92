import type { Milliseconds } from '../wire/units.ts';
import { milliseconds } from '../wire/units.ts';
import { runProgram } from './checker.ts';
import type { Features } from './features.ts';
import type { Profile } from './profile.ts';

const LIMIT: Milliseconds = milliseconds(10_000);

/** Asks a proxy's program what it is and can. Throws OpError when it is missing or hangs. */
export async function inspect(profile: Profile, binary: string): Promise<Features> {
  const { output } = await runProgram(profile.inspection(binary), { limit: LIMIT });
  return profile.features(output);
}
