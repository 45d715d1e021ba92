import { endpoint } from '../../src/proxy/bind.ts';
import type { ServerModel, ServiceModel } from '../../src/proxy/model.ts';
import { pinned, pinnedName } from './upstream.ts';
import { block, quoted } from './word.ts';

/**
 * A cookie that ties a client to a server, of maps: from the cookie's value, a server's name, to an upstream block of
 * that server alone; from the address that answered to its name; and from both to the cookie to set, which is none
 * when the client has the right one. A client whose server does not answer is served by the others. A server that
 * drains keeps the clients that it has.
 */
export interface Cookie {
  /** Blocks beside the `server` block. */
  readonly blocks: readonly string[];
  /** What to pass requests to. */
  readonly target: string;
  /** The directive that sets the cookie. */
  readonly header: string;
}

/** The parts for the service of an index; `undefined` when it has no cookie or no server. */
export function cookieOf(service: ServiceModel, index: number): Cookie | undefined {
  const { stickiness, servers } = service;
  if (stickiness?.kind !== 'cookie' || servers.length === 0) return undefined;
  const [pin, answered, set] = [`$vipair_pin_${index}`, `$vipair_answered_${index}`, `$vipair_cookie_${index}`];
  const tied = servers.filter((server) => keepsClients(server));
  return {
    blocks: [
      ...tied.flatMap((server) => pinned(service, server)),
      ...block(`map $cookie_${stickiness.name} ${pin}`, [
        `default ${service.name};`,
        ...tied.map((server) => `${key(server.name)} ${pinnedName(service, server)};`),
      ]),
      ...block(`map $upstream_addr ${answered}`, [
        'default "";',
        ...servers.map(
          ({ host, port, name }) => `${quoted(`~(?:^|[ ,])${escaped(endpoint(host, port))}$`)} ${quoted(name)};`,
        ),
      ]),
      // Two equal words with a colon between them, which no name has: the client has the cookie of who answered.
      ...block(`map "$cookie_${stickiness.name}:${answered}" ${set}`, [
        `default "${stickiness.name}=${answered}; Path=/; HttpOnly";`,
        String.raw`"~^([^:]*):\1$" "";`,
        '"~:$" "";',
      ]),
    ],
    target: pin,
    header: `add_header Set-Cookie ${set};`,
  };
}

/** A server under maintenance, or one that is dead, keeps nobody. */
const keepsClients = ({ admin, health }: ServerModel): boolean => admin !== 'maint' && health !== 'down';

/**
 * The name as a key of `map`: with a backslash in front, so that `default` is a name too; a long one as an expression,
 * because nginx's hash has no room for it unless its buckets are made larger.
 */
const key = (name: string): string => (name.length > 40 ? quoted(`~^${escaped(name)}$`) : quoted(`\\${name}`));

const escaped = (text: string): string => text.replaceAll(/[.[\]]/g, String.raw`\$&`);
