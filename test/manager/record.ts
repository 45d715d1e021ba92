import type { EventRecord } from '../../src/control/event.ts';

/** An event as it is rendered; a transition of web-1 on lb1 unless told otherwise. */
export const record = (more: Partial<EventRecord> = {}): EventRecord => {
  const seq = more.seq ?? 7;
  return {
    seq,
    id: `lb1-1b9d6bcd-${seq}`,
    type: 'transition',
    severity: 'notice',
    time: '2026-01-02T03:04:05.678Z',
    monotonicMs: 1000.5,
    node: 'lb1',
    subject: { vip: 'web-1', family: 'ipv4' },
    text: 'web-1/ipv4: backup -> active: lb2 resigned; priority 254',
    fields: { router: 'web-1/ipv4', from: 'backup', to: 'active', reason: 'active-router-resigned', priority: 254 },
    ...more,
  };
};
