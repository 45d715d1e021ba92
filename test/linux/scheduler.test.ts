import { afterEach, describe, expect, it } from 'vitest';
import { native } from '../../src/linux/native.ts';
import { realtimePriority, requestRealtime } from '../../src/linux/scheduler.ts';

afterEach(() => {
  native().setScheduler(0, 0);
});

describe('real-time scheduling', () => {
  it('is had or refused, and the answer says which', () => {
    expect(realtimePriority()).toBe(0);
    const answer = requestRealtime(7);
    expect(answer).toEqual(answer.granted ? { granted: true } : { granted: false, code: 'EPERM' });
    expect(realtimePriority()).toBe(answer.granted ? 7 : 0);
  });

  it.each([0, 100, -1])('is refused with priority %i, which does not exist', (priority) => {
    expect(requestRealtime(priority)).toEqual({ granted: false, code: 'EINVAL' });
    expect(realtimePriority()).toBe(0);
  });
});
