import { can } from '../../src/proxy/features.ts';
import type { Features } from '../../src/proxy/features.ts';
import type { FrontModel, ServiceModel } from '../../src/proxy/model.ts';
import { refusalsOf, refuseModel, spelled } from '../../src/proxy/refusal.ts';
import type { Refusal, Refuse } from '../../src/proxy/refusal.ts';
import { parseAddress } from '../../src/wire/address.ts';
import { remembered } from '../remembered.ts';

/** What of a model nginx cannot express. */
export const refuse: (model: FrontModel, features: Features) => readonly Refusal[] = remembered(judge);

function judge(model: FrontModel, features: Features): readonly Refusal[] {
  if (features.unusable !== undefined) return [{ service: undefined, path: 'proxy.binary', reason: features.unusable }];
  const general = refuseModel(model);
  if (general.length > 0) return general;
  const names = new Map<string, string>();
  return model.services.flatMap((service) =>
    refusalsOf(service, (tell) => {
      const other = names.get(service.name.toLowerCase());
      if (other !== undefined) tell('', `differs from "${other}" in case only, which nginx does not tell apart`);
      names.set(service.name.toLowerCase(), service.name);
      refuseMode(service, features, tell);
      refuseBalance(service, features, tell);
      refuseTls(service, features, tell);
      refuseCookie(service, tell);
      for (const server of service.servers) {
        if (server.slowStart !== undefined)
          tell(`backends.${spelled(server.name)}.slow_start`, 'slow start is not in the open source nginx');
      }
    }),
  );
}

function refuseMode(service: ServiceModel, features: Features, tell: Refuse): void {
  const { mode, proxyProtocol, timeouts, keepAlive, sorry } = service;
  if (mode === 'http') {
    if (!can(features, 'map')) tell('mode', 'this nginx was built without map');
    if (keepAlive > 0 && !can(features, 'keepalive')) tell('keep_alive', 'this nginx was built without keepalive');
    if (sorry?.kind === 'page' && !can(features, 'geo')) tell('sorry', 'this nginx was built without geo');
    if (proxyProtocol !== undefined) tell('proxy_protocol', 'nginx sends the PROXY protocol with "mode: tcp" only');
    return;
  }
  if (!can(features, 'stream'))
    tell('mode', 'this nginx has no stream module; install it (Debian: libnginx-mod-stream)');
  if (proxyProtocol === 2) tell('proxy_protocol', 'nginx sends version 1 of the PROXY protocol only');
  if (timeouts.client !== timeouts.server)
    tell('timeouts', 'nginx has one time-out for both sides of a TCP connection; make client and server equal');
}

/** Methods that choose by a hash, and those that draw lots, look at no backup servers. */
function refuseBalance({ balance, stickiness, servers }: ServiceModel, features: Features, tell: Refuse): void {
  const method = stickiness?.kind === 'source' ? 'source' : balance;
  if (stickiness?.kind === 'source' && balance !== 'source' && balance !== 'roundrobin')
    tell('stick', `nginx chooses by the client's address or by "${balance}", not by both`);
  const ability = { roundrobin: undefined, leastconn: 'leastconn', source: 'hash', uri: 'hash', random: 'random' }[
    method
  ];
  if (ability !== undefined && !can(features, ability)) tell('balance', `this nginx was built without ${ability}`);
  const isMixed = servers.some(({ backup }) => backup) && servers.some(({ backup }) => !backup);
  if (!isMixed || method === 'roundrobin' || method === 'leastconn') return;
  const what = stickiness?.kind === 'source' ? 'stick' : 'balance';
  tell(what, `nginx has no backup servers with "${method}"; use roundrobin or leastconn, or no backup`);
}

function refuseTls({ mode, serverTls }: ServiceModel, features: Features, tell: Refuse): void {
  if (serverTls === undefined) return;
  if (!can(features, mode === 'http' ? 'httpTls' : 'streamTls')) tell('tls', 'this nginx was built without TLS');
  if (serverTls.verify && serverTls.serverName === undefined)
    tell('tls.server_name', 'is missing; nginx verifies one name for all backends of a service');
}

/**
 * A cookie ties a client to a server by maps: from the cookie to an upstream block of that server alone, and from the
 * address that answered to the cookie. The name of a variable and that of a cookie do not have the same characters.
 */
function refuseCookie({ stickiness, servers }: ServiceModel, tell: Refuse): void {
  if (stickiness?.kind !== 'cookie') return;
  if (!/^\w+$/.test(stickiness.name))
    tell('stick.cookie', `nginx reads only cookies whose names have letters, digits and "_", not "${stickiness.name}"`);
  for (const { name, host } of servers) {
    if (parseAddress(host) === undefined)
      tell(
        `backends.${spelled(name)}.address`,
        'is a name; nginx recognizes backends by their addresses for the cookie',
      );
  }
}
