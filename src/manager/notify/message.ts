import type { EventRecord } from '../../control/event.ts';

/** An event in the forms that people and their scripts read. */

/**
 * keepalived's words for a transition, as its notify scripts get them: `INSTANCE web-1 MASTER 254`. Empty for every other
 * event.
 */
export function keepalivedWords({ type, subject, fields }: EventRecord): string[] {
  if (type !== 'transition') return [];
  return ['INSTANCE', subject.vip ?? '', keepalivedState(fields), String(fields['priority'])];
}

function keepalivedState({ to, reason }: EventRecord['fields']): string {
  if (to === 'active') return 'MASTER';
  if (to === 'backup') return 'BACKUP';
  return reason === 'shutdown' ? 'STOP' : 'FAULT';
}

/** An event as an environment; what it does not have is not there. */
export function environmentOf(record: EventRecord): Record<string, string> {
  const { subject, fields } = record;
  const values: Readonly<Record<string, unknown>> = {
    ...{ ID: record.id, SEQ: record.seq, TYPE: record.type, SEVERITY: record.severity, TIME: record.time },
    ...{ NODE: record.node, TEXT: record.text },
    ...{ VIP: subject.vip, FAMILY: subject.family, INTERFACE: subject.interface },
    ...{ SERVICE: subject.service, BACKEND: subject.backend },
    ...{ FROM: fields['from'], TO: fields['to'], STATE: fields['state'] },
    ...{ REASON: fields['reason'], PRIORITY: fields['priority'], CODE: fields['code'] },
  };
  const isWord = (value: unknown): value is string | number => typeof value === 'string' || typeof value === 'number';
  return Object.fromEntries(
    Object.entries(values).flatMap(([key, value]) =>
      // The kernel takes no NUL in an environment.
      isWord(value) ? [[`VIPAIR_${key}`, String(value).replaceAll('\0', '')] as const] : [],
    ),
  );
}

/** A subject line is cut here. */
const MOST_SUBJECT = 200;

/** An event as mail: the sentence first, then what a person wants to know, and the whole event for a machine. */
export function mailOf(record: EventRecord): { readonly subject: string; readonly text: string } {
  const subject = `[${record.node}] ${record.text}`.replaceAll(/\s+/g, ' ');
  const rows = [
    ['Host', record.node],
    ['Time', record.time],
    ['Event', `${record.type} (${record.severity})`],
    ...Object.entries(record.subject),
    ['Number', String(record.seq)],
  ].map(([label = '', value = '']) => `${`${label}:`.padEnd(11)}${value}`);
  return {
    subject: subject.length > MOST_SUBJECT ? `${subject.slice(0, MOST_SUBJECT - 3)}...` : subject,
    text: [record.text, '', ...rows, '', JSON.stringify(record), ''].join('\n'),
  };
}
