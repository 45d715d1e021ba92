import type { RestartCommand, RestartNews } from '../track/restart.ts';
import type { Milliseconds } from '../wire/units.ts';

/** What a watchdog has to tell, one typed list; the report renders it, as a sentence or as an object. */
export type News =
  | RestartNews
  | { readonly type: 'watching'; readonly what: readonly string[]; readonly dryRun: boolean }
  | { readonly type: 'well'; readonly reason: string }
  | { readonly type: 'sick'; readonly reason: string }
  /** It is still what it was, and why has changed. */
  | { readonly type: 'reason'; readonly health: 'well' | 'sick'; readonly reason: string }
  | {
      readonly type: 'runs';
      readonly command: RestartCommand;
      readonly number: number;
      readonly argv: readonly string[];
    }
  | {
      readonly type: 'ran';
      readonly command: RestartCommand;
      readonly good: boolean;
      readonly outcome: string;
      readonly output: string;
      readonly took: Milliseconds;
    }
  /** The kernel, or the file system, did not do what was asked. */
  | { readonly type: 'trouble'; readonly message: string }
  | { readonly type: 'ended' };

export type NewsLevel = 'error' | 'warning' | 'notice' | 'info';

/** The level and the sentence of what is told of a target. */
export function sentenceOf(news: News, attempts: number): { readonly level: NewsLevel; readonly text: string } {
  switch (news.type) {
    case 'watching':
      return {
        level: 'info',
        text: `watching: ${news.what.join('; ')}${news.dryRun ? '; nothing is run (dry run)' : ''}`,
      };
    case 'well':
      return { level: 'notice', text: `well: ${news.reason}` };
    case 'sick':
      return { level: 'error', text: `sick: ${news.reason}` };
    case 'reason':
      return { level: news.health === 'well' ? 'info' : 'warning', text: `still ${news.health}: ${news.reason}` };
    case 'runs':
      return {
        level: news.command === 'last-resort' ? 'error' : 'notice',
        text: `${titleOf(news.command, news.number, attempts)}: ${shown(news.argv)}`,
      };
    case 'ran': {
      const said = news.output === '' ? '' : `: ${news.output.replaceAll(/\s+/g, ' ')}`;
      return {
        level: news.good ? 'info' : 'error',
        text: `${nounOf(news.command)} ended after ${time(news.took)}: ${news.outcome}${said}`,
      };
    }
    case 'came-up':
      return {
        level: 'notice',
        text: news.attempt === 0 ? 'came up by itself' : `came up ${time(news.took)} after restart ${news.attempt}`,
      };
    case 'not-up': {
      const next = news.next === undefined ? '' : `; the next one in ${time(news.next)}`;
      return { level: 'error', text: `restart ${news.attempt} of ${attempts} did not bring it up${next}` };
    }
    case 'gave-up':
      return {
        level: 'error',
        text: news.attempts === 0 ? 'given up: no restart is configured' : `given up after ${news.attempts} restarts`,
      };
    case 'recovered':
      return { level: 'notice', text: 'recovered: its restarts are forgotten' };
    case 'returning':
      return {
        level: 'notice',
        text: `well after it was given up; taken back if it stays so for ${time(news.within)}`,
      };
    case 'sick-again':
      return { level: 'error', text: 'sick again before it was taken for recovered' };
    case 'trouble':
      return { level: 'error', text: news.message };
    case 'ended':
      return { level: 'info', text: 'no longer watching' };
  }
}

const nounOf = (command: RestartCommand): string =>
  command === 'back' ? 'command for coming back' : command.replace('-', ' ');

const titleOf = (command: RestartCommand, number: number, attempts: number): string => {
  if (command === 'restart') return `restart ${number} of ${attempts}`;
  return number === 1 ? nounOf(command) : `${nounOf(command)}, try ${number}`;
};

/** A command as it would be typed. */
const shown = (argv: readonly string[]): string =>
  argv.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)).join(' ');

const time = (ms: Milliseconds): string => (ms >= 1000 ? `${Math.round(ms / 100) / 10} s` : `${Math.round(ms)} ms`);
