import { isJournal } from '../linux/journal.ts';
import { sentenceOf } from './news.ts';
import type { News, NewsLevel } from './news.ts';

const SYSLOG: Readonly<Record<NewsLevel, number>> = { error: 3, warning: 4, notice: 5, info: 6 };

/** Gives back how to write what is told of a target to standard output: a line each, as text or as an object. */
export function openReport(name: string, attempts: number, json: boolean): (news: News) => void {
  const journald = isJournal(1);
  // A report that nobody reads any more must not end the watchdog.
  process.stdout.on('error', () => undefined);
  return (news) => {
    const { level, text } = sentenceOf(news, attempts);
    const time = new Date().toISOString();
    if (json) process.stdout.write(`${JSON.stringify({ time, level, name, text, ...news })}\n`);
    else if (journald) process.stdout.write(`<${SYSLOG[level]}>${name}: ${text}\n`);
    else process.stdout.write(`${time} ${level} ${name}: ${text}\n`);
  };
}
