import { Command } from 'commander';
import { fetchMetrics } from '../control/client.ts';
import { CONTROL_SOCKET } from '../control/status.ts';

/** `vipair metrics`. */
export function metricsCommand(): Command {
  return new Command('metrics')
    .description('the status as metrics, in the text format of OpenMetrics and Prometheus')
    .option('-s, --socket <path>', 'the control socket', CONTROL_SOCKET)
    .addHelpText(
      'after',
      `
Examples:
  vipair metrics
  vipair metrics > /var/lib/prometheus/node-exporter/vipair.prom.$$ && mv /var/lib/prometheus/node-exporter/vipair.prom.$$ /var/lib/prometheus/node-exporter/vipair.prom`,
    )
    .action(async (options: { readonly socket: string }) => {
      process.stdout.write(await fetchMetrics(options.socket));
    });
}
