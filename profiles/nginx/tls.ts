import type { ServiceModel } from '../../src/proxy/model.ts';
import { word } from './word.ts';

/** Where Debian, its derivatives and Alpine keep the certificates that the system trusts; nginx has no word for them. */
const SYSTEM = '/etc/ssl/certs/ca-certificates.crt';

/** TLS to the servers. The directives have the same names for HTTP and for streams. */
export function tlsLines({ serverTls }: ServiceModel): string[] {
  if (serverTls === undefined) return [];
  const { verify, caFile, serverName } = serverTls;
  return [
    ...(serverName === undefined ? [] : ['proxy_ssl_server_name on;', `proxy_ssl_name ${word(serverName)};`]),
    ...(verify ? ['proxy_ssl_verify on;', 'proxy_ssl_verify_depth 8;'] : []),
    ...(verify ? [`proxy_ssl_trusted_certificate ${word(caFile ?? SYSTEM)};`] : []),
  ];
}
