import { Command } from 'commander';
import { profiles } from '../../profiles/registry.ts';
import type { Config } from '../config/config.ts';
import { loadConfig } from '../config/load.ts';
import { formatError } from '../config/report.ts';
import { fetchExplanation } from '../control/client.ts';
import type { ExplainedVip, Explanation } from '../control/explain.ts';
import { CONTROL_SOCKET } from '../control/status.ts';
import { CODES, isCode } from '../doctor/code.ts';
import type { Code } from '../doctor/code.ts';
import { now } from '../linux/clock.ts';
import { chainOf } from '../track/chain.ts';
import { allWell, isLinkDown, readHypotheses, suppose } from '../track/hypothesis.ts';
import type { Hypothesis } from '../track/hypothesis.ts';
import { policyOf } from '../track/policy.ts';
import { EXIT, fail } from './exit.ts';

interface Options {
  readonly if: readonly string[];
  readonly config?: string;
  readonly node?: string;
  readonly socket: string;
  readonly json?: boolean;
}

/** `vipair explain`. */
export function explainCommand(): Command {
  return new Command('explain')
    .description('from what is known of this host to who holds each VIP, now or if something were so')
    .argument('[vip]', 'only this VIP; or a code of `vipair doctor`, what it means')
    .option(
      '--if <hypothesis>',
      'suppose this; may be given several times',
      (value, all: string[]) => [...all, value],
      [],
    )
    .option('--config <file>', 'of a configuration, with everything well, instead of the running daemon')
    .option('--node <name>', 'with --config: the node that it is about, the first unless given')
    .option('--socket <path>', 'where the daemon listens', CONTROL_SOCKET)
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      `
Hypotheses: proxy=dead, proxy=degraded, proxy=well, link=down, link=up, check=NAME (it fails), check=NAME:well,
backends=few, backends=enough.

Examples:
  vipair explain                                    why is each VIP where it is?
  vipair explain web-1 --if proxy=dead              what would a dead proxy do to web-1?
  vipair explain --if check=db --if link=down       both at once
  vipair explain --config pair.yaml --node lb2 --if proxy=dead
  vipair explain VRRP-FIREWALL                      what does this code of the doctor mean?`,
    )
    .action((vip: string | undefined, options: Options) => run(vip, options));
}

async function run(vip: string | undefined, options: Options): Promise<void> {
  if (vip !== undefined && isCode(vip)) return explainCode(vip, options.json === true);
  const explained =
    options.config === undefined
      ? await fetchExplanation(options.socket, options.if)
      : explainFile(options.config, options.node, options.if);
  if (explained === undefined) return;
  const vips = explained.vips.filter((each) => vip === undefined || each.vip === vip);
  if (vips.length === 0 && vip !== undefined) {
    return fail(`no VIP of ${explained.node} is called "${vip}"; there is ${names(explained)}`, EXIT.usage);
  }
  const shown: Explanation = { ...explained, vips };
  console.log(options.json === true ? JSON.stringify(shown) : describe(shown));
}

/** Codes are upper case, and so no VIP is likely to be called like one; they need no daemon. */
function explainCode(code: Code, isJson: boolean): void {
  const { severity, what, why, fix } = CODES[code];
  if (isJson) console.log(JSON.stringify({ code, ...CODES[code] }));
  else console.log([`${code}  ${severity}`, '', what, why, '', `What to do: ${fix}`].join('\n'));
}

const names = ({ vips }: Explanation): string => [...new Set(vips.map((vip) => vip.vip))].join(', ');

/** What a host would do that nothing is wrong with, but for the hypotheses; `undefined` when it cannot be told. */
function explainFile(file: string, name: string | undefined, asked: readonly string[]): Explanation | undefined {
  const result = loadConfig(file, { profiles: Object.keys(profiles) });
  if (!('config' in result)) {
    for (const error of result.errors) console.error(formatError(error));
    process.exitCode = EXIT.config;
    return undefined;
  }
  const { config } = result;
  const node = config.nodes.find((each) => name === undefined || each.name === name)?.name;
  const hypotheses = readHypotheses(asked, config);
  if (node === undefined) {
    fail(`no node is called "${name}"; there is ${config.nodes.map((each) => each.name).join(', ')}`, EXIT.usage);
    return undefined;
  }
  if ('refused' in hypotheses) {
    fail(hypotheses.refused, EXIT.usage);
    return undefined;
  }
  return { node, if: asked, vips: config.vips.flatMap((vip) => explainVip(config, vip, node, hypotheses)) };
}

function explainVip(
  { proxy }: Config,
  vip: Config['vips'][number],
  node: string,
  hypotheses: readonly Hypothesis[],
): ExplainedVip[] {
  if (vip.priorities[node] === undefined) return [];
  const at = now();
  const policy = policyOf(vip);
  const facts = suppose(allWell(policy, proxy !== undefined, at), hypotheses, at);
  const linkDown = isLinkDown(hypotheses, false);
  const holder = vip.prefer[0];
  const chain = chainOf({ vip, policy, node, facts, linkDown, linkBackAt: undefined, holder, at });
  const families = new Set(vip.addresses.map(({ family }) => family));
  return [...families].map((family) => ({
    ...chain,
    family,
    addresses: vip.addresses.filter((a) => a.family === family).map((a) => `${a.address}/${a.prefixLength}`),
    state: null,
    holder: holder ?? null,
  }));
}

function describe({ node, if: asked, vips }: Explanation): string {
  const head = asked.length === 0 ? node : `${node}, if ${asked.join(' and ')}`;
  return [head, ...vips.map(describeVip)].join('\n\n');
}

const STATES = { active: 'active (MASTER)', backup: 'backup', initialize: 'initialize (FAULT)' } as const;

function describeVip(vip: ExplainedVip): string {
  const state = vip.state === null ? '' : `, now ${STATES[vip.state]}`;
  const held = vip.holder === null || vip.state === 'active' ? '' : `, held by ${vip.holder}`;
  const rows = [
    ...vip.facts.map((fact) => [fact.subject, fact.state, `${fact.reason}   (${fact.means})`]),
    ['-> fitness', vip.fitness, ''],
    ['-> reaction', vip.reaction, vip.stance],
    ['-> outcome', vip.outcome],
    ...(vip.recovery === '' ? [] : [['-> back', vip.recovery]]),
  ];
  const widths = [0, 1].map((column) =>
    Math.max(...rows.filter((row) => row.length > column + 1).map((row) => (row[column] ?? '').length)),
  );
  const lines = rows.map((row) =>
    `  ${row.map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd(widths[i] ?? 0))).join('  ')}`.trimEnd(),
  );
  return [`${vip.vip}  ${vip.addresses.join(' ')}${state}${held}`, ...lines].join('\n');
}
