import type { ServiceModel } from '../../src/proxy/model.ts';
import { checkLines } from './check.ts';
import { serverLines } from './server.ts';
import { quoted, section, word } from './word.ts';

/** The ring that health events go to, for whoever follows `show events`; no traffic is written there. */
export const RING = 'vipair';

/**
 * A backend section, complete in itself: it takes nothing from a `defaults` section, so that it means the same in a
 * configuration that somebody else wrote. `state` is the state file; where the configuration is not ours as a whole, the
 * section names it itself, with an id of its own that it is found by, and what others say about theirs is left alone.
 */
export function backend(service: ServiceModel, id: number, state: string, isWhole: boolean): string[] {
  const { name, mode, timeouts, servers } = service;
  const backups = servers.filter(({ backup }) => backup).length;
  return section(`backend ${name}`, [
    `mode ${mode}`,
    'log global',
    `log ring@${RING} len 1024 local0 notice`,
    ...balanceLines(service),
    `timeout connect ${timeouts.connect}ms`,
    `timeout server ${timeouts.server}ms`,
    `timeout queue ${timeouts.server}ms`,
    'retries 2',
    'option redispatch 1',
    ...(backups > 1 ? ['option allbackups'] : []),
    ...(isWhole
      ? ['load-server-state-from-file global']
      : [`id ${id}`, 'load-server-state-from-file local', `server-state-file-name ${state}`]),
    ...(mode === 'http' ? httpLines(service) : []),
    ...checkLines(service),
    ...serverLines(service, isWhole),
  ]);
}

function balanceLines({ balance, stickiness }: ServiceModel): string[] {
  const isSource = stickiness?.kind === 'source';
  // A hash that moves few clients when servers come and go; unlike a table it outlives a reload.
  if (balance === 'source' || (isSource && balance === 'roundrobin')) return ['balance source', 'hash-type consistent'];
  return [
    `balance ${balance}`,
    ...(balance === 'uri' ? ['hash-type consistent'] : []),
    ...(isSource ? ['stick-table type ipv6 size 100k expire 30m', 'stick on src'] : []),
  ];
}

function httpLines({ keepAlive, forwarded, stickiness, sorry }: ServiceModel): string[] {
  return [
    ...(keepAlive > 0 ? ['http-reuse safe'] : ['http-reuse never', 'option http-server-close']),
    // A request that changes nothing is tried again where it got no answer; any other only where it was not sent.
    'retry-on conn-failure empty-response response-timeout',
    'http-request disable-l7-retry unless { method GET HEAD OPTIONS TRACE }',
    ...(stickiness?.kind === 'cookie' ? [`cookie ${word(stickiness.name)} insert indirect nocache httponly`] : []),
    ...(forwarded
      ? [
          'option forwardfor',
          'http-request set-header X-Forwarded-Proto https if { ssl_fc }',
          'http-request set-header X-Forwarded-Proto http unless { ssl_fc }',
          'http-request set-header X-Forwarded-Host %[req.hdr(Host)] if { req.hdr(Host) -m found }',
        ]
      : []),
    ...(sorry?.kind === 'page' ? [sorryLine(sorry.text)] : []),
  ];
}

function sorryLine(text: string): string {
  const type = text.trimStart().startsWith('<') ? 'text/html' : 'text/plain';
  const content = quoted(`${type}; charset=utf-8`);
  return `http-request return status 503 content-type ${content} string ${quoted(text)} if { nbsrv lt 1 }`;
}
