import { beforeEach, describe, expect, it, vi } from 'vitest';
import { profiles } from '../../profiles/registry.ts';
import { Applying } from '../../src/manager/applying.ts';
import type { ApplyOptions } from '../../src/proxy/apply.ts';
import type { ApplyRequest } from '../../src/proxy/request.ts';
import { configOf, CROSSED } from './configured.ts';

/** What the appliers were asked for, and what they say to a switch. */
let requests: string[];
let shared: string;
let preparations = 0;
vi.mock('../../src/proxy/apply.ts', () => ({
  Applier: class {
    readonly #options: ApplyOptions;

    constructor(options: ApplyOptions) {
      this.#options = options;
    }

    recover(): undefined {
      return undefined;
    }

    get records(): [] {
      return [];
    }

    prepare(): Promise<void> {
      preparations++;
      return Promise.resolve();
    }

    apply({ cause }: ApplyRequest): Promise<object> {
      requests.push(`${cause} ${this.#options.render?.listeners ?? 'own'}`);
      const result = cause === 'switch' ? shared : 'effective';
      return Promise.resolve({ result, method: 'reload', message: result, durationMs: 0, id: 1, findings: [] });
    }
  },
}));

beforeEach(() => (requests = []));

function follow(): Applying {
  const applying = new Applying(profiles, {
    ...{ onResult: () => undefined, onApplied: () => undefined, onTrouble: (words) => expect.fail(words) },
    installation: (_profile, _proxy, { isShared }) =>
      ({ render: isShared ? { listeners: 'reuseport' } : {} }) as unknown as ApplyOptions,
  });
  const services = 'services: { web: { listen: [80], backends: [192.0.2.21:8080] } }';
  applying.follow(configOf(`${CROSSED}proxy: { profile: nginx, apply: { quiet: 10ms } }\n${services}\n`), 'lb1');
  applying.setBackends(new Map([['web', []]]), undefined);
  return applying;
}

describe('a proxy that is to share its sockets', () => {
  it('and does not is rendered for as before, with what has changed meanwhile', async () => {
    shared = 'rolled-back';
    const applying = follow();
    await vi.waitFor(() => expect(requests).toEqual(['start own']));
    const release = await applying.pause();
    applying.setBackends(new Map([['web', []]]), 'health of web');
    expect(await applying.share()).toBe('rolled-back');
    release();
    await vi.waitFor(() => expect(requests).toHaveLength(3));
    expect(requests.slice(1)).toEqual(['switch reuseport', expect.stringMatching(/configuration own$/)]);
  });

  it('and does is rendered for so until another configuration comes', async () => {
    shared = 'effective';
    const applying = follow();
    await vi.waitFor(() => expect(requests).toEqual(['start own']));
    const release = await applying.pause();
    expect(await applying.share()).toBeUndefined();
    release();
    expect(requests).toEqual(['start own', 'switch reuseport']);
  });
});

describe('a change', () => {
  it('is prepared for while it waits, once the backends of all services are known', async () => {
    preparations = 0;
    const applying = follow();
    await vi.waitFor(() => expect([requests, preparations]).toEqual([['start own'], 1]));
    applying.setBackends(new Map(), 'backends of web');
    await vi.waitFor(() => expect(applying.status()?.isBusy).toBe(false));
    expect([requests, preparations]).toEqual([['start own'], 1]);
  });
});
