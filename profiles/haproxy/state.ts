import type { FrontModel, ServerModel, ServiceModel } from '../../src/proxy/model.ts';
import { parseAddress } from '../../src/wire/address.ts';

/**
 * The state file that a worker reads when it starts (management guide, "show servers state", version 1), so that a
 * server known to be dead does not start well. Servers are found by name, so the ids are of no interest. One of which
 * nothing is known has no line and starts as HAProxy likes; one under maintenance has none because the configuration says
 * so already. In a configuration that is not ours as a whole a draining server has no weight in its line, so that it
 * drains without a run-time interface, too; here it is only said to be dead.
 */
export function stateText({ services }: FrontModel, isWhole: boolean): string {
  const lines = services.flatMap((service, index) =>
    service.servers
      .map((server): ServerModel => (isWhole || server.admin !== 'drain' ? server : { ...server, ...weightless }))
      .filter((server) => isKnown(server))
      .map((server) => stateLine(isWhole ? 0 : backendId(index), service, server)),
  );
  return ['1', `# ${columns.join(' ')}`, ...lines, ''].join('\n');
}

const weightless = { admin: 'ready', weight: 0 } as const;

const isKnown = ({ health, admin }: ServerModel): boolean =>
  admin === 'drain' || (admin === 'ready' && health !== 'unknown');

const columns = [
  ...['be_id', 'be_name', 'srv_id', 'srv_name', 'srv_addr', 'srv_op_state', 'srv_admin_state', 'srv_uweight'],
  ...['srv_iweight', 'srv_time_since_last_change', 'srv_check_status', 'srv_check_result', 'srv_check_health'],
  ...['srv_check_state', 'srv_agent_state', 'bk_f_forced_id', 'srv_f_forced_id', 'srv_fqdn', 'srv_port', 'srvrecord'],
  ...['srv_use_ssl', 'srv_check_port', 'srv_check_addr', 'srv_agent_addr', 'srv_agent_port'],
];

/**
 * The id of a backend section of ours in somebody else's configuration, far from those that HAProxy gives itself. With
 * another id in its state file than in its configuration it complains at every start.
 */
export const backendId = (index: number): number => 900_001 + index;

/** SRV_ADMF_FDRAIN: asked to drain. */
const DRAIN = 8;

function stateLine(id: number, { name, check, serverTls }: ServiceModel, server: ServerModel): string {
  const { host, port, weight, admin, health } = server;
  const isUp = health !== 'down';
  const isNamed = parseAddress(host) === undefined;
  // Whether it has a check is HAProxy's to know; result 2 is "failed", 3 "passed", and health counts up to rise + fall.
  const counted = isUp ? (check?.rise ?? 2) + (check?.fall ?? 3) - 1 : 0;
  const admins = admin === 'drain' ? DRAIN : 0;
  return [
    ...[id, name, 0, server.name, isNamed ? '-' : host, isUp ? 2 : 0, admins, weight, weight, 0],
    ...[6, isUp ? 3 : 2, counted, 6, 0, 0, 0, isNamed ? host : '-', port, '-', serverTls === undefined ? 0 : 1],
    ...[0, '-', '-', 0],
  ].join(' ');
}
