import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Mock } from 'vitest';
import { OpError } from '../../../src/linux/operror.ts';
import type { ApplyOptions } from '../../../src/proxy/apply.ts';
import type { Found } from '../../../src/proxy/family.ts';
import type { Succession } from '../../../src/proxy/succession.ts';
import type { Managing } from '../../../src/proxy/runner.ts';
import { managedSides } from '../../../src/proxy/switch/managedside.ts';
import type { Side } from '../../../src/proxy/switch/side.ts';
import { milliseconds } from '../../../src/wire/units.ts';
import { front, process } from '../scripted.ts';

/** What the appliers say, and what they were asked. */
let revival: string | undefined;
let applied: string;
let asked: string[];
vi.mock('../../../src/proxy/apply.ts', () => ({
  Applier: class {
    readonly #options: ApplyOptions;

    constructor(options: ApplyOptions) {
      this.#options = options;
    }

    revive(): Promise<string | undefined> {
      asked.push('revive');
      return Promise.resolve(revival);
    }

    async apply({ model }: Parameters<Managing['start']>[0] extends infer M ? { model: M } : never): Promise<object> {
      asked.push('apply');
      await this.#options.runner.managing?.start(model);
      return { result: applied, message: 'the disk is full' };
    }
  },
}));

const model = { services: [] };
const foundOf = (pid: number): Found => ({
  ...{ main: process(pid, 'main'), workers: [], leaving: [], children: [], alone: false, by: 'started' },
});

let held: { abandon: Mock<Succession['abandon']> };
let onConclude: () => void;
beforeEach(() => {
  [revival, applied, asked, onConclude] = [undefined, 'effective', [], () => undefined];
  held = { abandon: vi.fn<Succession['abandon']>(() => Promise.resolve()) };
});

function sides(): { readonly from: Side; readonly to: Side } {
  const succession = { ...held, found: foundOf(20) } as unknown as Succession;
  const managing = {
    hold: () => Promise.resolve(succession),
    start: () => Promise.resolve({ found: foundOf(10) }),
    conclude: () => onConclude(),
  };
  const installation = (found: Found | undefined): ApplyOptions =>
    ({ profile: front, runner: { find: () => found, managing } }) as unknown as ApplyOptions;
  return managedSides({ from: installation(foundOf(10)), to: installation(undefined) }, milliseconds(1000));
}

describe('the managed sides of a switch', () => {
  it('find the one on trial, also when what came after its start has failed, so that it is ended', async () => {
    const { to } = sides();
    expect(to.find()).toBeUndefined();
    applied = 'failed';
    await expect(to.start(model)).rejects.toThrow('the disk is full');
    expect(to.find()?.main.pid).toBe(20);
    await to.end(foundOf(20));
    expect(held.abandon).toHaveBeenCalledOnce();
    expect(to.find()).toBeUndefined();
  });

  it('reject where the new one cannot take the place of the old one, and leave it on trial', async () => {
    const { to } = sides();
    await to.start(model);
    onConclude = () => {
      throw new OpError('write the record', 'ENOSPC');
    };
    await expect(to.commit()).rejects.toThrow('ENOSPC');
    expect(to.find()?.main.pid).toBe(20);
  });

  it('bring the old one back with what it had, and with the model only where that does not help', async () => {
    expect((await sides().from.start(model)).main.pid).toBe(10);
    expect(asked).toEqual(['revive']);
    revival = 'the files are not those that were last in force';
    expect((await sides().from.start(model)).main.pid).toBe(10);
    expect(asked).toEqual(['revive', 'revive', 'apply']);
  });
});
