import type { HttpCheckConfig } from '../src/config/checkconfig.ts';
import type { ServerModel, ServiceModel } from '../src/proxy/model.ts';
import { addressOf } from '../src/wire/address.ts';
import type { IpAddress } from '../src/wire/address.ts';
import { milliseconds } from '../src/wire/units.ts';

/** A server that every proxy can take, with something changed. */
export const sampleServer = (change: Partial<ServerModel> = {}): ServerModel => ({
  name: 'b1',
  host: '192.0.2.21',
  port: 8080,
  weight: 1,
  backup: false,
  maxConnections: undefined,
  slowStart: undefined,
  admin: 'ready',
  health: 'up',
  ...change,
});

/** A second one beside it. */
export const otherServer = (change: Partial<ServerModel> = {}): ServerModel =>
  sampleServer({ name: 'b2', host: '192.0.2.22', ...change });

/** An HTTP service that every proxy can take, with something changed; with `mode: tcp` it is a TCP one. */
export function sampleService(change: Partial<ServiceModel> = {}): ServiceModel {
  const isHttp = change.mode !== 'tcp';
  return {
    name: 'web',
    mode: 'http',
    listen: [{ address: undefined, port: 80 }],
    balance: 'roundrobin',
    stickiness: undefined,
    serverTls: undefined,
    proxyProtocol: undefined,
    healthPath: undefined,
    forwarded: isHttp,
    timeouts: { connect: milliseconds(1000), client: milliseconds(30_000), server: milliseconds(30_000) },
    keepAlive: isHttp ? 32 : 0,
    check: undefined,
    sorry: undefined,
    servers: [sampleServer(), otherServer()],
    ...change,
  };
}

/** A check that every proxy can make that makes checks at all, with something changed. */
export const sampleCheck = (change: Partial<HttpCheckConfig> = {}): HttpCheckConfig => ({
  type: 'http',
  path: '/healthz',
  host: undefined,
  status: [{ from: 200, to: 399 }],
  match: undefined,
  interval: milliseconds(2000),
  jitter: milliseconds(0),
  timeout: milliseconds(1000),
  rise: 2,
  fall: 3,
  retry: 0,
  delayBeforeRetry: milliseconds(0),
  port: undefined,
  ...change,
});

/** An address that a service listens on. */
export const sampleAddress: IpAddress = addressOf('192.0.2.101');
