import { bindsOf, endpoint } from '../../src/proxy/bind.ts';
import type { Bind } from '../../src/proxy/bind.ts';
import type { FrontModel, ServiceModel } from '../../src/proxy/model.ts';
import type { RenderOptions } from '../../src/proxy/rendering.ts';
import { quoted, section } from './word.ts';

/** How long an idle client connection is kept, milliseconds: few of them are cut when a worker leaves. */
const IDLE = 2000;

/** The frontend sections of a model; each has the name of its service, as the backend that it leads to. */
export function frontends(model: FrontModel, options: RenderOptions): string[] {
  const binds = new Map<string, Bind[]>(model.services.map(({ name }) => [name, []]));
  for (const bind of bindsOf(model)) binds.get(bind.service)?.push(bind);
  return model.services.flatMap((service) => frontend(service, binds.get(service.name) ?? [], options));
}

function frontend(service: ServiceModel, binds: readonly Bind[], { listeners, label }: RenderOptions): string[] {
  const { name, mode, timeouts, healthPath } = service;
  const answer = 'http-request return status 200 content-type text/plain string "ok\\n"';
  const silent = 'http-request set-log-level silent';
  const http = [
    'option httplog',
    // A connection that a client keeps is closed after an answer when the worker leaves, never while one is awaited.
    'option idle-close-on-response',
    `timeout http-request ${timeouts.client}ms`,
    `timeout http-keep-alive ${Math.min(IDLE, timeouts.client)}ms`,
    ...(label === undefined ? [] : [`http-after-response set-header X-Front ${quoted(label)}`]),
    // Asked several times a second.
    ...(healthPath === undefined ? [] : [silent, answer].map((rule) => `${rule} if { path ${quoted(healthPath)} }`)),
  ];
  return section(`frontend ${name}`, [
    `mode ${mode}`,
    ...binds.map((bind) => bindLine(bind, listeners)),
    'log global',
    'option dontlognull',
    `timeout client ${timeouts.client}ms`,
    ...(mode === 'http' ? http : ['option tcplog']),
    `default_backend ${name}`,
  ]);
}

/** HAProxy always opens its sockets so that they can be shared, and never does anything to one that it inherits. */
function bindLine({ address, family, port, descriptor }: Bind, listeners: RenderOptions['listeners']): string {
  if (listeners === 'inherited') return `bind fd@${descriptor}`;
  return `bind ${endpoint(address, port)}${family === 'ipv6' ? ' v6only' : ''} backlog 4096`;
}
