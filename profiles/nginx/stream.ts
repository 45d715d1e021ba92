import { endpoint } from '../../src/proxy/bind.ts';
import { isLive } from '../../src/proxy/model.ts';
import type { FrontModel, ServiceModel } from '../../src/proxy/model.ts';
import type { RenderOptions } from '../../src/proxy/rendering.ts';
import { listenLines } from './listen.ts';
import { tlsLines } from './tls.ts';
import { upstream } from './upstream.ts';
import { block } from './word.ts';

/** What stands in `stream { }` for the TCP services of a model: groups of servers and, if asked, what listens. */
export function stream(model: FrontModel, options: RenderOptions, frontends: boolean): string[] {
  const services = model.services.filter(({ mode }) => mode === 'tcp');
  const groups = services.filter(({ servers }) => servers.length > 0).map((each) => upstream(each, options.features));
  if (!frontends) return groups.flat();
  const listen = listenLines(model, options);
  return [...groups.flat(), ...services.flatMap((service) => server(service, listen(service)))];
}

/**
 * A stream cannot turn to somebody else after a failure as a request can, and what is sent to the servers holds for
 * all of an upstream block. So the sorry server takes the place of the block while no server of it is well.
 */
function server(service: ServiceModel, listen: readonly string[]): string[] {
  const { sorry, timeouts, servers, name, proxyProtocol } = service;
  const isSorry = sorry?.kind === 'server' && !servers.some((each) => isLive(each));
  // Nobody is there: the connection is closed at once.
  if (!isSorry && servers.length === 0) return block('server', [...listen, 'return "";']);
  return block('server', [
    ...listen,
    `proxy_connect_timeout ${timeouts.connect}ms;`,
    `proxy_timeout ${timeouts.server}ms;`,
    'proxy_next_upstream_tries 3;',
    // One who has sent everything may still be waiting for the answer.
    'proxy_half_close on;',
    ...(isSorry
      ? [`proxy_pass ${endpoint(sorry.host, sorry.port)};`]
      : [
          ...(proxyProtocol === undefined ? [] : ['proxy_protocol on;']),
          ...(service.serverTls === undefined ? [] : ['proxy_ssl on;', ...tlsLines(service)]),
          `proxy_pass ${name};`,
        ]),
  ]);
}
