import { describe, expect, it } from 'vitest';
import { sampleServer } from '../../profiles/sample.ts';
import { FrontModels } from '../../src/proxy/frontmodel.ts';
import type { ServerModel } from '../../src/proxy/model.ts';
import { configOf, CROSSED } from '../manager/configured.ts';

const { services } = configOf(
  `${CROSSED}proxy: { profile: nginx }\nservices: { web: { listen: [80], backends: [192.0.2.21:80] }, api: { listen: [81], backends: [192.0.2.21:80] } }\n`,
);

describe('models of what changes', () => {
  it('are the same one for as long as the services and the servers of each are', () => {
    const models = new FrontModels();
    const web: ServerModel[] = [sampleServer()];
    const first = models.of(services, new Map([['web', web]]));
    expect(first.services.map(({ servers }) => servers)).toEqual([web, []]);
    expect(models.of(services, new Map([['web', web]]))).toBe(first);
    expect(models.of(services, new Map([['web', [...web]]]))).not.toBe(first);
    expect(models.of([...services], new Map([['web', web]]))).not.toBe(first);
  });

  it('are others when a service gets its first server', () => {
    const models = new FrontModels();
    const first = models.of(services, new Map());
    expect(models.of(services, new Map([['api', [sampleServer()]]])).services[1]?.servers).toHaveLength(1);
    expect(models.of(services, new Map())).toEqual(first);
  });
});
