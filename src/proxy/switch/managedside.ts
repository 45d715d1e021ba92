import { OpError } from '../../linux/operror.ts';
import type { Milliseconds } from '../../wire/units.ts';
import { Applier } from '../apply.ts';
import type { ApplyOptions } from '../apply.ts';
import type { Found } from '../family.ts';
import { isGood } from '../request.ts';
import type { Succession } from '../succession.ts';
import type { Managing } from '../runner.ts';
import type { Side } from './side.ts';

/**
 * Two proxies that this program starts, as the sides of a switch. Both inherit the same listening sockets, and the keeper
 * of the proxies knows everything about their lives: the new one is on trial until it is told to take the place of the
 * old one, which is then drained by the keeper. What is on trial when this program ends is ended by the next one.
 */
export function managedSides(
  options: { readonly from: ApplyOptions; readonly to: ApplyOptions },
  drain: Milliseconds,
): { readonly from: Side; readonly to: Side } {
  let held: Succession | undefined;
  const managing = managingOf(options.to);
  const onTrial: Managing = {
    ...managing,
    async start(model) {
      const succession = await managing.hold(model);
      if ('trouble' in succession) return succession;
      held = succession;
      return { found: succession.found };
    },
  };
  const to = sideOf({ ...options.to, runner: { ...options.to.runner, managing: onTrial } }, () => held?.found);
  const from = sideOf(options.from, () => options.from.runner.find());
  return {
    from: {
      ...from,
      /**
       * With what it had last, and only where that does not help with the model: a program that has just been started
       * does not know the backends yet, and would bring it back without servers.
       */
      async start(model) {
        const trouble = await new Applier(options.from).revive();
        const found = trouble === undefined ? from.find() : undefined;
        return found ?? from.start(model);
      },
    },
    to: {
      ...to,
      // On trial it is not the keeper's current one, which is what its runner finds.
      find: () => held?.found ?? to.find(),
      // What throws is a rejection for whoever waits.
      async commit() {
        if (held !== undefined) managing.conclude(held);
        held = undefined;
        return undefined;
      },
      drain() {
        // It ends by itself, or is stopped when the time is over; whoever waits sees that.
        void held?.kept.charge.drain(drain).catch(() => undefined);
        return Promise.resolve();
      },
      async end() {
        await held?.abandon();
        held = undefined;
      },
    },
  };
}

function managingOf({ profile, runner: { managing } }: ApplyOptions): Managing {
  if (managing === undefined) throw new Error(`${profile.name} is not managed`);
  return managing;
}

/** `started` is the proxy that was started last. */
function sideOf(options: ApplyOptions, started: () => Found | undefined): Side {
  const { profile, runner } = options;
  let made: Applier | undefined;
  const applier = (): Applier => (made ??= new Applier(options));
  const preview: Side['preview'] = (model) => applier().preview({ model, cause: 'switch', isByHand: true });
  const nothing = (): Promise<undefined> => Promise.resolve(undefined);
  return {
    ...{ profile, preview, starter: undefined },
    find: () => runner.find(),
    again: (found) => runner.again(found),
    async validate(model) {
      const previewed = await preview(model);
      return { trouble: isGood(previewed) ? undefined : previewed.message, findings: previewed.findings };
    },
    async start(model) {
      const { result, message } = await applier().apply({ model, cause: 'switch', isByHand: true });
      const found = started();
      if (result === 'effective' && found !== undefined) return found;
      throw new OpError(`start ${profile.title}`, result, { advice: message });
    },
    ...{ commit: nothing, drain: nothing, end: nothing, settle: nothing },
  };
}
