import { describe, expect, it } from 'vitest';
import type { AnnouncementConfig } from '../../src/config/config.ts';
import { announceAt, announceDue, conflict, takeover } from '../../src/engine/announcer.ts';
import type { Announcer } from '../../src/engine/announcer.ts';
import { instant, milliseconds } from '../../src/wire/units.ts';

const garp = (more: Partial<Record<keyof AnnouncementConfig, number>> = {}): AnnouncementConfig => {
  const { repeat = 3, delay = 5000, interval = 0, refresh = 60_000 } = more;
  const ms = milliseconds;
  return { repeat, delay: ms(delay), interval: ms(interval), refresh: ms(refresh) };
};

/** Runs an announcer by its own deadlines; returns when it sent how many frames, as `at: frames`. */
function run(
  config: AnnouncementConfig,
  start: Announcer,
  until: number,
): { readonly sent: string[]; readonly end: Announcer } {
  const sent: string[] = [];
  let announcer = start;
  for (let turns = 0; turns < 1000; turns++) {
    const at = announceAt(announcer);
    if (at === undefined || at > until) return { sent, end: announcer };
    const due = announceDue(config, announcer, at);
    if (due.frames > 0) sent.push(`${at}: ${due.frames}`);
    announcer = due.announcer;
  }
  throw new Error('it spins');
}

const at = instant;

describe('a take-over', () => {
  it('is a burst at once, a second one after the delay, and then single frames', () => {
    expect(run(garp(), takeover(garp(), at(0)), 130_000).sent).toEqual(['0: 3', '5000: 3', '60000: 1', '120000: 1']);
  });

  it('is spread over its interval', () => {
    const config = garp({ interval: 20, refresh: 0 });
    expect(run(config, takeover(config, at(0)), 10_000).sent).toEqual(
      [0, 20, 40, 5000, 5020, 5040].map((time) => `${time}: 1`),
    );
  });

  it('has no second burst without a delay, and no repetitions without a refresh', () => {
    const config = garp({ delay: 0, refresh: 0 });
    const { sent, end } = run(config, takeover(config, at(0)), 1e9);
    expect(sent).toEqual(['0: 3']);
    expect(announceAt(end)).toBeUndefined();
  });

  it('that is late sends what it owes once, not in arrears', () => {
    const { frames, announcer } = announceDue(garp(), takeover(garp(), at(0)), at(300_000));
    expect(frames).toBe(3);
    expect(announceAt(announcer)).toBe(360_000);
  });
});

describe('a conflict', () => {
  const calm = (config = garp()): Announcer => run(config, takeover(config, at(0)), 6000).end;

  it('long after the last burst is answered with a burst at once', () => {
    const { sent } = run(garp(), conflict(garp(), calm(), at(10_000), false), 16_000);
    expect(sent).toEqual(['10000: 3', '15000: 3']);
  });

  it('shortly after a burst is answered when a second has passed, once, however many there were', () => {
    const config = garp({ delay: 0, refresh: 0 });
    let announcer = run(config, conflict(config, calm(config), at(10_000), false), 10_000).end;
    for (let time = 10_010; time < 10_500; time += 10) announcer = conflict(config, announcer, at(time), false);
    expect(run(config, announcer, 60_000).sent).toEqual(['11000: 3']);
  });

  it('right after a take-over is the last word of the host before: one frame follows it, and a burst a second later', () => {
    const config = garp({ delay: 0, refresh: 0 });
    let announcer = run(config, takeover(config, at(0)), 0).end;
    for (let time = 1; time < 6; time++) announcer = conflict(config, announcer, at(time), false);
    const answered = run(config, announcer, 500);
    expect(answered.sent).toEqual(['11: 1']);
    expect(run(config, conflict(config, answered.end, at(500), false), 60_000).sent).toEqual(['1000: 3']);
  });

  it('with another active router is answered with one frame meanwhile', () => {
    const config = garp({ delay: 0, refresh: 0 });
    const announcer = conflict(config, run(config, takeover(config, at(0)), 0).end, at(100), true);
    expect(run(config, announcer, 60_000).sent).toEqual(['110: 1', '1000: 3']);
  });

  it('never makes a storm, whatever the other does', () => {
    const config = garp({ refresh: 0 });
    let announcer = takeover(config, at(0));
    let frames = 0;
    for (let time = 0; time < 10_000; time++) {
      const due = announceDue(config, conflict(config, announcer, at(time), true), at(time));
      announcer = due.announcer;
      frames += due.frames;
    }
    // A burst of three a second, and one frame for every 10 ms in between.
    expect(frames).toBeLessThan(10_000 / 10 + 10 * 3 * 2);
    let quiet = 0;
    for (let time = 10_000; time < 20_000; time++) {
      const due = announceDue(config, conflict(config, announcer, at(time), false), at(time));
      announcer = due.announcer;
      quiet += due.frames;
    }
    expect(quiet).toBeLessThanOrEqual(12 * 3 * 2);
  });
});
