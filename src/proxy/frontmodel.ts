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
): FrontModel => ({ services: services.map((service) => serviceModel(service, servers.get(service.name) ?? [])) });
