import { openMetrics } from './openmetrics.ts';
import type { Family, Sample } from './openmetrics.ts';
import type { BackendCounts } from './backends.ts';
import type { ReceiverStatus } from './notify.ts';
import type { Status, VipStatus } from './status.ts';

/**
 * The status as metrics (OpenMetrics 1.0), for Prometheus and whatever reads its format. Pure, and of one snapshot: all
 * samples of an answer are of one moment. Names and labels are stable; labels come from the configuration and from closed
 * lists, so their number is bounded; what strangers send is only counted.
 */
export function renderMetrics(status: Status): string {
  return openMetrics([
    ...daemonFamilies(status),
    ...vipFamilies(status),
    ...interfaceFamilies(status),
    ...serviceFamilies(status),
    ...proxyFamilies(status),
    ...tellingFamilies(status),
    ...notifyFamilies(status),
  ]);
}

const seconds = (iso: string): number => Date.parse(iso) / 1000;

const gauge = (name: string, help: string, samples: readonly Sample[], unit?: string): Family => ({
  name,
  type: 'gauge',
  help,
  unit,
  samples,
});

const counter = (name: string, help: string, samples: readonly Sample[]): Family => ({
  name,
  type: 'counter',
  help,
  unit: undefined,
  samples,
});

/** One sample for each state, 1 for the one that holds. */
const stateset = (
  name: string,
  help: string,
  states: readonly string[],
  all: readonly { readonly labels: Sample['labels']; readonly state: string }[],
): Family => ({
  name,
  type: 'stateset',
  help,
  unit: undefined,
  samples: all.flatMap(({ labels, state }) =>
    states.map((one) => ({ labels: { ...labels, [name]: one }, value: one === state ? 1 : 0 })),
  ),
});

function daemonFamilies({ version, node, engine, manager, config }: Status): Family[] {
  const one = (value: number): Sample[] => [{ labels: {}, value }];
  const { timerLateness: late, realtime } = engine;
  return [
    {
      name: 'vipair',
      type: 'info',
      help: 'The daemon and its host.',
      unit: undefined,
      samples: [{ labels: { node, version }, value: 1 }],
    },
    gauge('vipair_start_timestamp_seconds', 'When the engine was started.', one(seconds(engine.since)), 'seconds'),
    gauge('vipair_realtime_priority', 'The SCHED_FIFO priority of the engine, 0 for none.', one(realtime.priority)),
    gauge(
      'vipair_timer_lateness_worst_seconds',
      'How late the timer was at worst.',
      one(late.worstMs / 1000),
      'seconds',
    ),
    counter('vipair_timer_wakes', 'How often the timer woke the engine.', one(late.wakes)),
    counter('vipair_timer_wakes_late', 'How often more than 10 ms late.', one(late.over10ms)),
    counter('vipair_manager_restarts', 'How often the manager was started again.', one(manager.restarts)),
    gauge(
      'vipair_config_loaded_timestamp_seconds',
      'When the configuration in force was loaded.',
      one(seconds(config.loadedAt)),
      'seconds',
    ),
    gauge('vipair_config_refused', '1 while the file is not what is in force.', one(config.error === null ? 0 : 1)),
  ];
}

const labelsOf = ({ vip, family }: VipStatus): Sample['labels'] => ({ vip, family });

const VIP_STATES = ['initialize', 'backup', 'active'] as const satisfies VipStatus['state'][];

/** The counters of the status, in the words of the VRRP YANG module, and what they count. */
const COUNTERS: readonly (readonly [key: string, name: string, help: string])[] = [
  ['advertisementsSent', 'advertisements_sent', 'Advertisements sent.'],
  ['advertisementsReceived', 'advertisements_received', 'Advertisements accepted.'],
  ['priorityZeroSent', 'priority_zero_sent', 'Resignations sent.'],
  ['priorityZeroReceived', 'priority_zero_received', 'Resignations heard.'],
  ['sendErrors', 'send_errors', 'Advertisements that could not be sent.'],
  ['activeTransitions', 'active_transitions', 'How often it became active.'],
  ['announcements', 'announcements', 'Gratuitous ARP and unsolicited neighbor advertisements sent.'],
  ['addressesRestored', 'addresses_restored', 'Addresses put back that another program had deleted.'],
  ['conflicts', 'conflicts', 'Signs of another holder of an address that was held.'],
];

function vipFamilies({ vips }: Status): Family[] {
  const each = (value: (vip: VipStatus) => number): Sample[] =>
    vips.map((vip) => ({ labels: labelsOf(vip), value: value(vip) }));
  const by = (label: string, counts: (vip: VipStatus) => Readonly<Record<string, number>>): Sample[] =>
    vips.flatMap((vip) =>
      Object.entries(counts(vip)).map(([word, value]) => ({ labels: { ...labelsOf(vip), [label]: word }, value })),
    );
  return [
    stateset(
      'vipair_vip_state',
      'The state of the virtual router.',
      VIP_STATES,
      vips.map((vip) => ({ labels: labelsOf(vip), state: vip.state })),
    ),
    gauge(
      'vipair_vip_priority',
      'The priority it stands with now.',
      each(({ priority }) => priority),
    ),
    gauge(
      'vipair_vip_base_priority',
      'The configured priority.',
      each(({ basePriority }) => basePriority),
    ),
    gauge(
      'vipair_vip_addresses_installed',
      '1 while the kernel has its addresses.',
      each(({ addressesInstalled }) => (addressesInstalled ? 1 : 0)),
    ),
    gauge(
      'vipair_vip_state_since_timestamp_seconds',
      'When its state began.',
      each(({ since }) => seconds(since)),
      'seconds',
    ),
    ...COUNTERS.map(([key, name, help]) =>
      counter(
        `vipair_vip_${name}`,
        help,
        each(({ counters }) => counters[key] ?? 0),
      ),
    ),
    counter(
      'vipair_vip_advertisements_refused',
      'Advertisements refused.',
      by('reason', ({ refused }) => refused),
    ),
    counter(
      'vipair_vip_advertisements_odd',
      'Accepted, but odd.',
      by('remark', ({ remarks }) => remarks),
    ),
  ];
}

function interfaceFamilies({ interfaces }: Status): Family[] {
  return [
    gauge(
      'vipair_interface_up',
      '1 while VRRP can use the interface.',
      interfaces.map(({ interface: name, state }) => ({ labels: { interface: name }, value: state === 'up' ? 1 : 0 })),
    ),
    counter(
      'vipair_interface_datagrams_refused',
      'Datagrams refused before a virtual router was known.',
      interfaces.flatMap(({ interface: name, refused }) =>
        Object.entries(refused).map(([reason, value]) => ({ labels: { interface: name, reason }, value })),
      ),
    ),
    gauge(
      'vipair_interface_foreign_routers',
      'Virtual routers of others that were heard.',
      interfaces.map(({ interface: name, foreign }) => ({ labels: { interface: name }, value: foreign.length })),
    ),
  ];
}

const BACKEND_STATES = ['up', 'down', 'unknown', 'drain', 'maint'] as const satisfies (keyof BackendCounts)[];

function serviceFamilies({ services }: Status): Family[] {
  const states = ['starting', 'well', 'degraded', 'down'];
  const all = services.map(({ service, state }) => ({ labels: { service }, state }));
  return [
    stateset('vipair_service_state', 'The state of the service.', states, all),
    gauge(
      'vipair_service_backends',
      'Its backends by state; each counts once.',
      services.flatMap(({ service, counts }) =>
        BACKEND_STATES.map((state) => ({ labels: { service, state }, value: counts[state] })),
      ),
    ),
  ];
}

function proxyFamilies({ proxy, apply }: Status): Family[] {
  const families: Family[] = [];
  if (proxy !== null) {
    const labels = { profile: proxy.profile };
    const states = ['well', 'recovering', 'dead'];
    families.push(
      stateset('vipair_proxy_state', 'The state of the proxy.', states, [{ labels, state: proxy.state }]),
      gauge('vipair_proxy_workers', 'Its worker processes.', [{ labels, value: proxy.workers.length }]),
    );
  }
  if (apply === null) return families;
  const one = (value: number): Sample[] => [{ labels: {}, value }];
  families.push(
    gauge('vipair_apply_in_force', 'The number of the apply that is in force, 0 for none.', one(apply.inForce ?? 0)),
    gauge('vipair_apply_trouble', '1 while the last apply did not succeed.', one(apply.trouble === null ? 0 : 1)),
    gauge('vipair_apply_held', '1 while nothing is applied by itself.', one(apply.held === null ? 0 : 1)),
  );
  return families;
}

function notifyFamilies({ notify }: Status): Family[] {
  const each = (value: (one: ReceiverStatus) => number): Sample[] =>
    notify.map((one) => ({ labels: { receiver: one.receiver }, value: value(one) }));
  return [
    gauge(
      'vipair_notify_pending',
      'Events that wait for a receiver.',
      each(({ pending }) => pending),
    ),
    counter(
      'vipair_notify_delivered',
      'Events that it took, since the manager was started.',
      each(({ delivered }) => delivered),
    ),
    counter(
      'vipair_notify_failures',
      'Attempts that failed, since the manager was started.',
      each(({ failures }) => failures),
    ),
    counter(
      'vipair_notify_lost',
      'Events that were given up.',
      each(({ lost }) => lost),
    ),
  ];
}

function tellingFamilies({ warnings, events, engine }: Status): Family[] {
  const codes = [...new Set(warnings.map(({ code }) => code))];
  return [
    gauge(
      'vipair_warnings',
      'What needs attention.',
      codes.map((code) => ({ labels: { code }, value: warnings.filter((one) => one.code === code).length })),
    ),
    counter(
      'vipair_events',
      'Events since the manager was started.',
      Object.entries(events.counts).map(([type, value]) => ({ labels: { type }, value })),
    ),
    counter('vipair_events_dropped', 'Events that no manager took in time.', [
      { labels: {}, value: engine.droppedEvents },
    ]),
  ];
}
