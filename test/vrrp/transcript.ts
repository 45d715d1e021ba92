import { initialState, step } from '../../src/vrrp/router.ts';
import type { RouterConfig, RouterEvent, RouterState, Stance } from '../../src/vrrp/state.ts';
import { addressOf } from '../../src/wire/address.ts';
import { instant, milliseconds } from '../../src/wire/units.ts';
import { names } from './fixture.ts';

/**
 * Plays a scenario on one virtual router and writes down what it does. A command a line:
 *
 *     <time> startup|stance stand <priority>|resign|out
 *     <time> hear <priority> [from <address>] [every <interval>]
 *     <time> tick|shutdown|fault|stalled|reconfigured
 *     # a remark
 *
 * Behind each command comes the state, and a line for each action.
 */
export function transcript(config: RouterConfig, commands: string): string {
  let state: RouterState = initialState(instant(0));
  const lines: string[] = [];
  for (const line of commands
    .trim()
    .split('\n')
    .map((text) => text.trim())) {
    lines.push(line);
    if (line === '' || line.startsWith('#')) continue;
    const result = step(config, state, parse(config, line));
    state = result.state;
    lines.push(`    ${describe(state)}`, ...names(result.actions).map((name) => `    > ${name}`));
  }
  return `${lines.join('\n')}\n`;
}

function parse(config: RouterConfig, line: string): RouterEvent {
  const [time, type = '', ...words] = line.split(/\s+/);
  const at = instant(Number(time));
  switch (type) {
    case 'startup':
    case 'stance':
      return { type, at, stance: stanceOf(words) };
    case 'hear':
      return { type: 'advertisement', at, heard: heardOf(config, words) };
    case 'tick':
    case 'shutdown':
    case 'fault':
    case 'stalled':
    case 'reconfigured':
      return { type, at };
    default:
      throw new Error(`Not a command: "${line}"`);
  }
}

function stanceOf([kind, priority]: readonly string[]): Stance {
  if (kind === 'resign' || kind === 'out') return { kind };
  return { kind: 'stand', priority: Number(priority) };
}

function heardOf(config: RouterConfig, words: readonly string[]) {
  const word = (name: string): string | undefined =>
    words.includes(name) ? words[words.indexOf(name) + 1] : undefined;
  return {
    priority: Number(words[0]),
    source: addressOf(word('from') ?? config.peers[0] ?? ''),
    interval: milliseconds(Number(word('every') ?? config.interval)),
  };
}

function describe(state: RouterState): string {
  const common = `${state.name} ${state.priority} (${state.reason})`;
  switch (state.name) {
    case 'initialize':
      return common;
    case 'backup':
      return `${common}, active down at ${state.activeDownAt}: ${state.pending}`;
    case 'active':
      return `${common}, advertises at ${state.advertAt}`;
  }
}
