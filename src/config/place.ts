import type { Path } from './report.ts';
import { nodeShape, proxyShape, topShape, vipShape } from './schema.ts';
import { backendShape, checkShape, serviceShape } from './serviceschema.ts';
import { announcementShape } from './settingschema.ts';

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
  { name: 'in "proxy"', keys: Object.keys(proxyShape([])), holds: (path) => path[0] === 'proxy' },
  {
    name: 'in a service',
    keys: Object.keys(serviceShape),
    holds: (path) => path[0] === 'services' && path.length === 2,
  },
  { name: 'in "check"', keys: Object.keys(checkShape), holds: (path) => path[0] === 'services' && path[2] === 'check' },
  { name: 'in a backend', keys: Object.keys(backendShape), holds: (path) => path[2] === 'backends' },
];
