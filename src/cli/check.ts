import { Command } from 'commander';
import { profiles } from '../../profiles/registry.ts';
import type { Config, VipConfig } from '../config/config.ts';
import { loadConfig } from '../config/load.ts';
import { formatError } from '../config/report.ts';
import type { ConfigError } from '../config/report.ts';
import { CONFIG_FILE } from '../control/runoptions.ts';
import { judgeServices } from '../proxy/judgement.ts';
import { FAULTS } from '../track/fault.ts';
import type { Fault, FaultForecast } from '../track/fault.ts';
import { forecast } from '../track/forecast.ts';
import type { Forecast, NodeForecast } from '../track/forecast.ts';
import { EXIT } from './exit.ts';
import { switchLines, switchOf } from './switchcheck.ts';

const TITLES: Readonly<Record<Fault, string>> = {
  'proxy-dead': 'PROXY DEAD',
  'proxy-hung': 'PROXY HUNG',
  'daemon-stopped': 'DAEMON STOPPED',
  'host-lost': 'HOST OR LINK LOST',
  'daemon-killed': 'DAEMON KILLED OR FROZEN',
  'vip-deleted': 'VIP DELETED',
};

/** `vipair check`. */
export function checkCommand(): Command {
  return new Command('check')
    .description('is the configuration right, who is what, and how long does each kind of fault interrupt a VIP?')
    .argument('[file]', 'the configuration', CONFIG_FILE)
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      `
Mistakes are printed as file:line:column: path: message, and the exit code is 2.

Examples:
  vipair check pair.yaml
  vipair check --json pair.yaml | jq '.forecast[].warnings'`,
    )
    .action((file: string, options: { readonly json?: boolean }) => check(file, options.json === true));
}

function check(file: string, json: boolean): void {
  const result = loadConfig(file, {
    profiles: Object.keys(profiles),
    judge: (config) => judgeServices(config, profiles),
  });
  const { warnings } = result;
  if (!('config' in result)) {
    if (json)
      console.log(JSON.stringify({ valid: false, errors: result.errors, warnings, forecast: [], switch: null }));
    else printMistakes(result.errors, warnings);
    process.exitCode = EXIT.config;
    return;
  }
  const { config } = result;
  const forecasts = forecast(config);
  if (json) {
    console.log(
      JSON.stringify({ valid: true, errors: [], warnings, forecast: forecasts, switch: switchOf(config) ?? null }),
    );
    return;
  }
  console.log(`${file}: right; ${config.nodes.length} nodes, ${config.vips.length} VIPs`);
  for (const one of forecasts) console.log(`\n${describe(one, config)}`);
  for (const line of switchLines(config)) console.log(line);
  for (const warning of warnings) console.log(`\nWarning  ${formatError(warning)}`);
}

function printMistakes(errors: readonly ConfigError[], warnings: readonly ConfigError[]): void {
  for (const error of errors) console.error(formatError(error));
  for (const warning of warnings) console.error(`Warning  ${formatError(warning)}`);
}

function describe(one: Forecast, config: Config): string {
  const vip = config.vips.find((candidate) => candidate.name === one.vip);
  const head = ['NODE', 'ROLE', 'PRIORITY', 'NEXT', ...FAULTS.map((fault) => TITLES[fault])];
  const rows = one.nodes.map((node) => [
    node.node,
    node.role,
    `${node.priority}`,
    node.successor ?? 'nobody',
    ...node.faults.map((fault) => cell(fault, node)),
  ]);
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]?.length ?? 0)));
  const lines = [head, ...rows].map((row) =>
    `  ${row.map((text, i) => text.padEnd(widths[i] ?? 0)).join('  ')}`.trimEnd(),
  );
  const title = vip === undefined ? one.vip : titleOf(vip);
  return [title, ...lines, ...one.warnings.map((warning) => `  Warning  ${warning}`)].join('\n');
}

function titleOf(vip: VipConfig): string {
  const addresses = vip.addresses.map(({ address, prefixLength }) => `${address}/${prefixLength}`).join(' ');
  return `${vip.name}  ${addresses}  VRID ${vip.vrid}, version ${vip.version}, every ${vip.interval} ms, ${vip.transport}, on_failure ${vip.onFailure.reaction}`;
}

/** How long clients go without an answer when the fault hits this node while it holds the VIP. */
function cell({ outage, singleHolderWithin, reaction }: FaultForecast, { successor }: NodeForecast): string {
  if (outage === undefined) return successor === undefined ? 'until it is back' : reaction;
  const both = singleHolderWithin === undefined ? '' : `, one holder in ${time(singleHolderWithin)}`;
  return `${range(outage.best, outage.worst)}${both}`;
}

function range(best: number, worst: number): string {
  if (worst === 0) return '0';
  return best === worst ? time(worst) : `${time(best)} .. ${time(worst)}`;
}

const time = (ms: number): string => (ms >= 1000 ? `${(ms / 1000).toFixed(1)} s` : `${Math.ceil(ms)} ms`);
