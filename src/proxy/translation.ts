import type { BackendConfig } from '../config/backendconfig.ts';
import type { ServiceConfig } from '../config/config.ts';
import type { ServerModel, ServiceModel } from './model.ts';

/** From the words of the configuration to those of the model; the servers come from wherever backends come from. */
export function serviceModel(service: ServiceConfig, servers: readonly ServerModel[]): ServiceModel {
  const { name, mode, listen, balance, proxyProtocol, healthPath, forwarded, timeouts, keepAlive } = service;
  return {
    ...{ name, mode, listen, balance, proxyProtocol, healthPath, forwarded, timeouts, keepAlive },
    stickiness: service.stick,
    serverTls: service.tls,
    check: service.check,
    sorry: service.sorry,
    servers,
  };
}

/** A backend with a name and what is known of it, as a server of the model. */
export function serverModel(
  backend: BackendConfig & { readonly name: string },
  { admin, health }: Pick<ServerModel, 'admin' | 'health'>,
): ServerModel {
  const { name, host, port, weight, backup, maxConnections, slowStart } = backend;
  return { name, host, port, weight, backup, maxConnections, slowStart, admin, health };
}
