import { runEngine } from '../engine/main.ts';

/** `vipair run`: this process becomes the engine. */
export function run(argv: readonly string[]): void {
  runEngine(argv);
}
