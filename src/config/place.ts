import type { Path } from './report.ts';
import { applyShape, proxyOptionsShape, proxyShape, switchShape } from './proxyschema.ts';
import { managedShape } from './managed.ts';
import { receiverShape } from './notifyschema.ts';
import { controlShape, nodeShape, topShape, vipShape } from './schema.ts';
import { backendShape, sourceShape } from './backendschema.ts';
import { checkShape } from './checkschema.ts';
import { restartShape } from './restart.ts';
import { heartbeatShape } from './heartbeatschema.ts';
import { serviceShape, sorryShape, stickShape, timeoutsShape, tlsShape } from './serviceschema.ts';
import { announcementShape, trackBackendsShape, trackShape } from './settingschema.ts';

/** The keys of one kind of mapping, and where in the file such mappings are, in words. */
export interface Place {
  readonly name: string;
  readonly keys: readonly string[];
  /** Whether the mapping at a path is of this kind. */
  holds(path: Path): boolean;
}

/** All kinds of mappings with fixed keys, outermost first. */
export const places: readonly Place[] = [
  { name: 'at the top level', keys: Object.keys(topShape([])), holds: (path) => path.length === 0 },
  { name: 'in a node', keys: Object.keys(nodeShape), holds: (path) => path[0] === 'nodes' && path.length === 2 },
  { name: 'in a VIP', keys: Object.keys(vipShape), holds: (path) => path[0] === 'vips' && path.length === 2 },
  { name: 'in "garp"', keys: Object.keys(announcementShape), holds: (path) => path.at(-1) === 'garp' },
  { name: 'in "auth"', keys: ['password'], holds: (path) => path.at(-1) === 'auth' },
  {
    name: 'in "proxy"',
    keys: Object.keys(proxyShape([])),
    holds: (path) => path[0] === 'proxy' && path.length === 1,
  },
  {
    name: 'in "managed"',
    keys: Object.keys(managedShape),
    holds: (path) => path[0] === 'proxy' && path[1] === 'managed',
  },
  {
    name: 'in a receiver of "notify"',
    keys: Object.keys(receiverShape),
    holds: (path) => path[0] === 'notify' && path.length === 2,
  },
  { name: 'in "control"', keys: Object.keys(controlShape), holds: (path) => path[0] === 'control' },
  { name: 'in "apply"', keys: Object.keys(applyShape), holds: (path) => path[0] === 'proxy' && path[1] === 'apply' },
  {
    name: 'in "proxy.switch"',
    keys: Object.keys(switchShape),
    holds: (path) => path[0] === 'proxy' && path[1] === 'switch',
  },
  {
    name: 'in "proxy.profiles"',
    keys: Object.keys(proxyOptionsShape),
    holds: (path) => path[0] === 'proxy' && path[1] === 'profiles',
  },
  {
    name: 'in "heartbeat"',
    keys: Object.keys(heartbeatShape),
    holds: (path) => path[0] === 'heartbeat' && path.length === 1,
  },
  {
    name: 'in "restart"',
    keys: Object.keys(restartShape),
    holds: (path) => path[0] === 'proxy' && path[1] === 'restart',
  },
  {
    name: 'in a service',
    keys: Object.keys(serviceShape),
    holds: (path) => path[0] === 'services' && path.length === 2,
  },
  { name: 'in "track"', keys: Object.keys(trackShape), holds: (path) => path.at(-1) === 'track' },
  {
    name: 'in "track.backends"',
    keys: Object.keys(trackBackendsShape),
    holds: (path) => path.at(-1) === 'backends' && path.at(-2) === 'track',
  },
  { name: 'in "check"', keys: Object.keys(checkShape), holds: inService('check') },
  { name: 'in "tls"', keys: Object.keys(tlsShape), holds: inService('tls') },
  { name: 'in "timeouts"', keys: Object.keys(timeoutsShape), holds: inService('timeouts') },
  { name: 'in "stick"', keys: Object.keys(stickShape), holds: inService('stick') },
  { name: 'in "sorry"', keys: Object.keys(sorryShape), holds: inService('sorry') },
  { name: 'in a source', keys: Object.keys(sourceShape), holds: inService('sources') },
  {
    name: 'in a backend',
    keys: Object.keys(backendShape),
    holds: (path) => inService('backends')(path) || typeof path[0] === 'number' || path[0] === 'backends',
  },
];

/** A mapping directly in a service, or in one of its lists. */
function inService(key: string): (path: Path) => boolean {
  return (path) => path[0] === 'services' && path[2] === key;
}
