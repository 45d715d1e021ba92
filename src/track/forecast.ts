import type { Config, VipConfig } from '../config/config.ts';
import { FAULTS, forecastFault, priorityOf } from './fault.ts';
import type { FaultForecast } from './fault.ts';
import { slownessOf } from './slowness.ts';

/**
 * How long each kind of fault will interrupt a VIP, computed from its settings alone. The same formulas as the timers
 * of the protocol: what is forecast here is what the pair does, apart from the time that hosts and wires take.
 */
export interface Forecast {
  readonly vip: string;
  /** The nodes that may hold the VIP, best first. */
  readonly nodes: readonly NodeForecast[];
  /** What makes a take-over slow or impossible, in words. */
  readonly warnings: readonly string[];
}

export interface NodeForecast {
  readonly node: string;
  /** `active` is the node that holds the VIP while all are well. */
  readonly role: 'active' | 'backup';
  /** 0 for the best node. */
  readonly order: number;
  /** The base priority, 1 to 255. */
  readonly priority: number;
  /** Who takes over when a fault hits this node while it holds the VIP; `undefined` for nobody. */
  readonly successor: string | undefined;
  /** One for each kind of fault, in the order of `FAULTS`. */
  readonly faults: readonly FaultForecast[];
}

/** What is known of the host that asks. */
export interface ForecastOptions {
  /** Whether the daemon gets real-time scheduling; short intervals are not doubted then. */
  readonly realtime?: boolean;
}

/** Computes the forecast of every VIP. */
export function forecast(config: Config, options: ForecastOptions = {}): Forecast[] {
  return config.vips.map((vip): Forecast => {
    const nodes = vip.prefer.map((node, order): NodeForecast => {
      const successor = successorOf(vip, order);
      return {
        node,
        role: order === 0 ? 'active' : 'backup',
        order,
        priority: priorityOf(vip, node),
        successor,
        faults: FAULTS.map((fault) => forecastFault(fault, config, vip, node, successor)),
      };
    });
    return { vip: vip.name, nodes, warnings: slownessOf(config, vip, options.realtime ?? false) };
  });
}

/**
 * A node holds a VIP when the better ones are away, so the next one takes over from it. Without preemption the better
 * ones may have come back meanwhile, and the best does.
 */
function successorOf({ prefer, preempt }: VipConfig, order: number): string | undefined {
  if (preempt || order === 0) return prefer[order + 1];
  return prefer[0];
}
