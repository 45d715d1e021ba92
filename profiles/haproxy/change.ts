import type { FrontModel, ServerModel, ServiceModel } from '../../src/proxy/model.ts';
import type { RenderOptions } from '../../src/proxy/rendering.ts';
import type { RuntimePlan } from '../../src/proxy/steering.ts';
import { parseAddress } from '../../src/wire/address.ts';
import { checksItself } from './check.ts';
import { render } from './render.ts';
import { serverLines } from './server.ts';

/**
 * Which changes of a model HAProxy can make while it runs, as commands. Everything outside the `server` lines takes a
 * reload, and so does a new server with a cookie or a host name, neither of which `add server` of 2.6 accepts. Whatever
 * is done so is lost at the next reload, so the file is always written too.
 */
export function plan(before: FrontModel, after: FrontModel, options: RenderOptions): RuntimePlan | undefined {
  if (frameOf(before, options) !== frameOf(after, options)) return undefined;
  const commands: string[] = [];
  const changed: ServiceModel[] = [];
  for (const [index, service] of after.services.entries()) {
    const old = before.services[index];
    if (old === undefined) return undefined;
    const own = serviceCommands(old, service, options.mode === 'whole');
    if (own === undefined) return undefined;
    if (own.length > 0) changed.push(service);
    commands.push(...own);
  }
  return { commands, proofs: changed.map((service) => proofOf(service)) };
}

/** The configuration without its servers. What is the same in it is the same in every other way. */
const frameOf = ({ services }: FrontModel, options: RenderOptions): string =>
  render({ services: services.map((service) => ({ ...service, servers: kinds(service.servers) })) }, options)
    .filter(({ kind }) => kind !== 'state')
    .map(({ text }) => text.replaceAll(/^ {2}server (?!vipair:).*\n/gm, ''))
    .join('\n');

/**
 * A few servers that leave the same traces outside their own lines as all: two with different addresses of each kind. To
 * render thousands only to leave their lines out takes longer than to change one of them.
 */
function kinds(servers: readonly ServerModel[]): ServerModel[] {
  // BOUNDED: two for each kind of host, as a backup and not.
  const found = new Map<string, ServerModel[]>();
  for (const server of servers) {
    const { host, port, backup } = server;
    const kind = `${backup} ${host.includes(':') ? 6 : parseAddress(host) === undefined ? 'name' : 4}`;
    const alike = found.get(kind);
    if (alike === undefined) found.set(kind, [server]);
    else if (alike.length === 1 && (alike[0]?.host !== host || alike[0].port !== port || backup)) alike.push(server);
  }
  return [...found.values()].flat();
}

function serviceCommands(old: ServiceModel, service: ServiceModel, isWhole: boolean): string[] | undefined {
  const was = new Map(old.servers.map((server) => [server.name, server]));
  const is = new Map(service.servers.map((server) => [server.name, server]));
  let lines: ReadonlyMap<string, string> | undefined;
  const isTold = service.check === undefined || !checksItself(service.check);
  const removals: string[] = [];
  const additions: string[] = [];
  const changes: string[] = [];
  for (const server of service.servers) {
    const before = was.get(server.name);
    const own = before === undefined ? undefined : alterations(service, before, server, isTold);
    if (before !== undefined && own !== undefined) changes.push(...own);
    else {
      lines ??= new Map(serverLines(service, isWhole).map((line) => [line.split(' ')[1] ?? '', line]));
      const added = addition(service, server, lines.get(server.name) ?? '', isTold);
      if (added === undefined) return undefined;
      if (before !== undefined) removals.push(...removal(service, before));
      additions.push(...added);
    }
  }
  for (const server of old.servers) if (!is.has(server.name)) removals.push(...removal(service, server));
  // New servers come before the old ones go, so that there is always one; a server that is replaced has to go first.
  const added = new Set(additions.map((line) => line.split(' ')[2]));
  const replaced = old.servers.some(({ name }) => added.has(`${service.name}/${name}`));
  return replaced ? [...changes, ...removals, ...additions] : [...changes, ...additions, ...removals];
}

/** The commands that turn one state of a server into another; `undefined` when it has to be made anew. */
function alterations(
  { name: backend }: ServiceModel,
  before: ServerModel,
  after: ServerModel,
  isTold: boolean,
): string[] | undefined {
  const isMoved = before.host !== after.host || before.port !== after.port;
  const isNamed = isMoved && (parseAddress(before.host) === undefined || parseAddress(after.host) === undefined);
  if (isNamed) return undefined;
  if (before.backup !== after.backup || before.slowStart !== after.slowStart) return undefined;
  if (before.maxConnections !== after.maxConnections) return undefined;
  const server = `${backend}/${after.name}`;
  return [
    ...(isMoved ? [`set server ${server} addr ${after.host} port ${after.port}`] : []),
    // In an included configuration a server drains by having no weight, which it keeps when it is made ready.
    ...(before.weight === after.weight && before.admin === after.admin
      ? []
      : [`set server ${server} weight ${after.weight}`]),
    ...(before.admin === after.admin ? [] : [`set server ${server} state ${after.admin}`]),
    ...(isTold && healthOf(before) !== healthOf(after) ? [`set server ${server} health ${healthOf(after)}`] : []),
  ];
}

const healthOf = ({ health }: ServerModel): 'up' | 'down' => (health === 'down' ? 'down' : 'up');

/** A server that is added starts under maintenance and without its check. */
function addition(
  { name: backend, stickiness, check }: ServiceModel,
  server: ServerModel,
  line: string,
  isTold: boolean,
): string[] | undefined {
  if (stickiness?.kind === 'cookie' || parseAddress(server.host) === undefined) return undefined;
  const [, name = '', ...words] = line.split(' ');
  // A draining server of an included configuration has no weight in its line; at run time it drains.
  const given = words
    .filter((word) => word !== 'disabled')
    .map((word, at) => (words[at - 1] === 'weight' ? `${server.weight}` : word));
  const path = `${backend}/${name}`;
  return [
    `add server ${path} ${given.join(' ')}`,
    ...(check !== undefined && checksItself(check) ? [`enable health ${path}`] : []),
    ...(isTold && server.health === 'down' ? [`set server ${path} health down`] : []),
    ...(server.admin === 'maint' ? [] : [`set server ${path} state ${server.admin}`]),
  ];
}

const removal = ({ name }: ServiceModel, server: ServerModel): string[] => [
  `set server ${name}/${server.name} state maint`,
  `del server ${name}/${server.name}`,
];

const MAINT = 1;
const DRAIN = 8;

/** `show servers state` has every server of a backend, one a line (management guide 9.3). */
function proofOf({ name, servers }: ServiceModel): RuntimePlan['proofs'][number] {
  const judge = (answer: string): string | undefined => {
    const states = new Map(
      answer.split('\n').flatMap((line) => {
        const fields = line.split(' ');
        return fields[1] === name ? [[fields[3] ?? '', fields] as const] : [];
      }),
    );
    states.delete('vipair:sorry');
    for (const server of servers) {
      const fields = states.get(server.name);
      if (fields === undefined) return `server ${name}/${server.name} is not there`;
      const wrong = wrongOf(server, fields);
      if (wrong !== undefined) return `server ${name}/${server.name} has ${wrong}`;
      states.delete(server.name);
    }
    const [stranger] = states.keys();
    return stranger === undefined ? undefined : `server ${name}/${stranger} is still there`;
  };
  return { question: `show servers state ${name}`, judge };
}

function wrongOf({ host, port, weight, admin }: ServerModel, fields: readonly string[]): string | undefined {
  const [, , , , address = '', , admins = '', is = ''] = fields;
  if (parseAddress(host) !== undefined && address !== host) return `address ${address}`;
  if (fields[18] !== String(port)) return `port ${fields[18] ?? ''}`;
  if (is !== String(weight) && admin !== 'drain') return `weight ${is}`;
  const flags = Number(admins);
  const state = (flags & MAINT) !== 0 ? 'maint' : (flags & DRAIN) !== 0 || is === '0' ? 'drain' : 'ready';
  return state === admin ? undefined : `state ${state}`;
}
