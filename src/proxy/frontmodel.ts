import type { ServiceConfig } from '../config/config.ts';
import type { FrontModel, ServerModel } from './model.ts';
import { serviceModel } from './translation.ts';

/**
 * The services of the configuration with the servers of each, as one model. Pure. A service without servers is there
 * all the same: its clients get an answer that says so.
 */
export const frontModel = (
  services: readonly ServiceConfig[],
  servers: ReadonlyMap<string, readonly ServerModel[]>,
): FrontModel => ({ services: services.map((service) => serviceModel(service, servers.get(service.name) ?? none)) });

const none: readonly ServerModel[] = [];

/** Models of what changes: the same one again for as long as nothing has changed, so that all is made of it but once. */
export class FrontModels {
  #last: { readonly services: readonly ServiceConfig[]; readonly model: FrontModel } | undefined;

  /** As `frontModel`; services and lists of servers that are the same objects are taken to be the same. */
  of(services: readonly ServiceConfig[], servers: ReadonlyMap<string, readonly ServerModel[]>): FrontModel {
    const isSame = (model: FrontModel): boolean =>
      model.services.every((service) => service.servers === (servers.get(service.name) ?? none));
    if (this.#last?.services === services && isSame(this.#last.model)) return this.#last.model;
    const model = frontModel(services, servers);
    this.#last = { services, model };
    return model;
  }
}
