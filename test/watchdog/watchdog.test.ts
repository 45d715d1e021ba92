import { describe, expect, it } from 'vitest';
import type { Clock } from '../../src/backends/clock.ts';
import { OpError } from '../../src/linux/operror.ts';
import type { Outcome, Running } from '../../src/watchdog/command.ts';
import { sentenceOf } from '../../src/watchdog/news.ts';
import { readSettings } from '../../src/watchdog/settings.ts';
import { Watchdog } from '../../src/watchdog/watchdog.ts';
import { instant, milliseconds } from '../../src/wire/units.ts';

/** A world of which every look finds what `isUp` says, and in which commands do what they are told. */
class World {
  at = 0;
  isUp = true;
  /** Whether the kernel answers. */
  answers = true;
  /** What each command does when it is run; its result. */
  /** A look takes until this resolves, and tells what it saw when it began. */
  looking: Promise<void> = Promise.resolve();
  commands: Record<string, () => boolean | Promise<boolean>> = {};
  readonly said: string[] = [];
  readonly published: string[] = [];
  exit: () => void = () => {};
  readonly #timers: { due: number; run: () => void }[] = [];

  readonly clock: Clock = {
    now: () => instant(this.at),
    after: (delay, run) => {
      const timer = { due: this.at + delay, run };
      this.#timers.push(timer);
      return () => {
        const index = this.#timers.indexOf(timer);
        if (index >= 0) this.#timers.splice(index, 1);
      };
    },
  };

  /** Lets time pass. */
  async pass(duration: number): Promise<void> {
    const end = this.at + duration;
    for (;;) {
      await new Promise((done) => setImmediate(done));
      const [next] = this.#timers.toSorted((a, b) => a.due - b.due);
      if (next === undefined || next.due > end) break;
      this.at = Math.max(this.at, next.due);
      this.#timers.splice(this.#timers.indexOf(next), 1);
      next.run();
    }
    this.at = end;
  }

  run(argv: readonly string[]): Running {
    const outcome = async (): Promise<Outcome> => {
      const good = (await this.commands[argv[0] ?? '']?.()) ?? true;
      return { good, words: good ? 'exit code 0' : 'exit code 1', output: '', took: milliseconds(1) };
    };
    return { outcome: outcome(), cancel: () => this.said.push('cancelled') };
  }
}

async function start(world: World, given: Record<string, string> = {}): Promise<Watchdog> {
  const settings = await readSettings(
    { process: 'front', restart: 'restart', 'last-resort': 'resort', back: 'back', ...given },
    { uidOf: async () => undefined, profileOf: async () => undefined },
  );
  const watchdog = new Watchdog(
    settings,
    {
      look: async () => {
        if (!world.answers) throw new OpError('read "/proc"', 'EMFILE');
        const good = world.isUp;
        await world.looking;
        return {
          ...{ good, reason: good ? 'it runs' : 'it is gone', findings: [], observation: undefined, isPlain: true },
          main: good ? { pid: 7, startTime: 1 } : undefined,
        };
      },
      run: (argv) => world.run(argv),
      watch: ({ pid }, onExit) => {
        world.exit = onExit;
        return { pid, close() {} };
      },
      publish: (health, reason) => world.published.push(`${health}: ${reason}`),
      tell: (news) => world.said.push(`${world.at} ${sentenceOf(news, settings.policy.attempts).text}`),
    },
    world.clock,
  );
  watchdog.start();
  return watchdog;
}

describe('the watchdog', () => {
  it('says that it is well, and looks on', async () => {
    const world = new World();
    await start(world);
    await world.pass(5000);
    expect(world.said).toEqual(['0 well: it runs']);
    expect(world.published).toHaveLength(6);
  });

  it('looks at once when the process ends, and restarts what is gone after as many bad looks as it takes', async () => {
    const world = new World();
    world.commands = { restart: () => (world.isUp = true) };
    await start(world, { settle: '10s' });
    await world.pass(1100);
    world.isUp = false;
    world.exit();
    await world.pass(12_000);
    expect(world.said).toEqual([
      '0 well: it runs',
      '1350 sick: it is gone',
      '1350 restart 1 of 3: restart',
      '1350 restart ended after 1 ms: exit code 0',
      '1600 well: it runs',
      '1600 came up 250 ms after restart 1',
      '11600 recovered: its restarts are forgotten',
    ]);
  });

  it('is not deceived by a restart that lies, gives up, and comes back', async () => {
    const world = new World();
    const watchdog = await start(world, { verify: '2s', settle: '5s' });
    await world.pass(100);
    world.isUp = false;
    await world.pass(20_000);
    expect(watchdog.state).toBe('given-up');
    expect(world.said.filter((line) => /restart \d of 3:|did not|given up|last resort/.test(line))).toEqual([
      '1250 restart 1 of 3: restart',
      '3250 restart 1 of 3 did not bring it up; the next one in 1 s',
      '4250 restart 2 of 3: restart',
      '6250 restart 2 of 3 did not bring it up; the next one in 2 s',
      '8250 restart 3 of 3: restart',
      '10250 restart 3 of 3 did not bring it up',
      '10250 given up after 3 restarts',
      '10250 last resort: resort',
      '10250 last resort ended after 1 ms: exit code 0',
    ]);
    expect(world.published.at(-1)).toBe('sick: it is gone');
    world.said.length = 0;
    world.isUp = true;
    await world.pass(8000);
    expect(world.said.map((line) => line.replace(/^\d+ /, ''))).toEqual([
      'well: it runs',
      'well after it was given up; taken back if it stays so for 5 s',
      'command for coming back: back',
      'command for coming back ended after 1 ms: exit code 0',
      'recovered: its restarts are forgotten',
    ]);
  });

  it('does not believe what it saw of the old one while it restarts', async () => {
    const world = new World();
    let finish: (good: boolean) => void = () => {};
    world.commands = { restart: () => new Promise((done) => (finish = done)) };
    const watchdog = await start(world);
    await world.pass(100);
    world.isUp = false;
    await world.pass(2000);
    world.isUp = true;
    await world.pass(5000);
    expect(watchdog.state).toBe('restarting');
    world.isUp = false;
    finish(true);
    await world.pass(1000);
    expect(watchdog.state).toBe('verifying');
  });

  it('needs as many good looks after a restart as after anything else, whatever it saw meanwhile', async () => {
    const world = new World();
    let finish: (good: boolean) => void = () => {};
    world.commands = { restart: () => new Promise((done) => (finish = done)) };
    world.isUp = false;
    const watchdog = await start(world, { rise: '3' });
    await world.pass(2000);
    world.isUp = true;
    await world.pass(5000);
    finish(true);
    await world.pass(300);
    expect(watchdog.state).toBe('verifying');
    await world.pass(700);
    expect(watchdog.state).toBe('settling');
  });

  it('does not count a look that began before the restart was over', async () => {
    const world = new World();
    let finish: (good: boolean) => void = () => {};
    let see: () => void = () => {};
    world.commands = { restart: () => new Promise((done) => (finish = done)) };
    world.isUp = false;
    const watchdog = await start(world, { rise: '1' });
    await world.pass(500);
    // The old one answers once more.
    world.isUp = true;
    world.looking = new Promise((done) => (see = done));
    await world.pass(2000);
    world.isUp = false;
    finish(true);
    await world.pass(10);
    see();
    await world.pass(500);
    expect(watchdog.state).toBe('verifying');
  });

  it('does nothing and lets its verdict run out when it cannot look', async () => {
    const world = new World();
    const watchdog = await start(world);
    await world.pass(100);
    world.answers = false;
    const count = world.published.length;
    await world.pass(10_000);
    expect(watchdog.state).toBe('watching');
    expect(world.published).toHaveLength(count);
    expect(world.said.at(-1)).toContain('Cannot read "/proc": EMFILE');
  });

  it('lets a command end before it ends itself', async () => {
    const world = new World();
    let finish: (good: boolean) => void = () => {};
    world.commands = { restart: () => new Promise((done) => (finish = done)) };
    world.isUp = false;
    const watchdog = await start(world);
    await world.pass(1000);
    const stopped = watchdog.stop();
    await world.pass(4000);
    expect(world.said.at(-1)).toContain('restart 1 of 3');
    finish(true);
    await stopped;
    expect(world.said.at(-1)).toContain('no longer watching');
    expect(world.said).not.toContain('cancelled');
  });

  it('ends a command that does not', async () => {
    const world = new World();
    let finish: (good: boolean) => void = () => {};
    world.commands = { restart: () => new Promise((done) => (finish = done)) };
    world.isUp = false;
    const watchdog = await start(world);
    await world.pass(1000);
    const stopped = watchdog.stop();
    await world.pass(5000);
    expect(world.said).toContain('cancelled');
    finish(false);
    await stopped;
  });
});
