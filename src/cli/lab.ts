import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { Command, InvalidArgumentError, Option } from 'commander';
import { faultUsage, parseFault } from '../lab/faultwords.ts';
import { runDemo } from '../lab/demo.ts';
import { labDown, labUp, openLab } from '../lab/lab.ts';
import { profileNames, startPair } from '../lab/pair.ts';
import { isLabName } from '../lab/plan.ts';
import { environment } from '../lab/run.ts';
import type { LabStatus } from '../lab/status.ts';
import { privilege, runInUserNamespace } from '../lab/userns.ts';
import type { Privilege } from '../lab/userns.ts';
import { benchCommand } from './bench.ts';
import { EXIT, fail } from './exit.ts';

const NAME_HELP = 'name of the lab; several can be up at once';

/** `vipair lab ...`: the pair on one machine. */
export function labCommand(): Command {
  const command = new Command('lab')
    .description('a whole pair on this machine, in network namespaces')
    .enablePositionalOptions()
    .addHelpText('after', '\nExamples:\n  vipair lab demo\n  vipair lab up && vipair lab status && vipair lab down');
  const all = [
    upCommand(),
    downCommand(),
    statusCommand(),
    execCommand(),
    faultCommand(),
    demoCommand(),
    benchCommand(),
  ];
  for (const inner of all) command.addCommand(inner);
  return command;
}

interface NameOption {
  readonly name: string;
}

interface UpOptions extends NameOption {
  readonly profile: string;
  readonly ipv6?: boolean;
  readonly transport?: string;
  readonly interval?: string;
  readonly hosts: number;
  readonly daemons: boolean;
  readonly managed?: boolean;
}

function upCommand(): Command {
  return new Command('up')
    .description('build a lab: a client, hosts with proxies and daemons, and backends')
    .option('--name <name>', NAME_HELP, labName, 'lab')
    .addOption(profileOption('the proxy').default(profileNames[0]))
    .option('--hosts <count>', 'how many hosts, 1 to 4', hostCount, 2)
    .option('--ipv6', 'give every VIP an IPv6 address too')
    .option('--transport <transport>', 'multicast, unicast or broadcast')
    .option('--interval <duration>', 'advertisement interval, such as 50ms')
    .option('--no-daemons', 'only the network: start nothing on the hosts')
    .option('--managed', 'the daemons start the proxies themselves, for a service in front of the backends')
    .addHelpText('after', '\nExamples:\n  vipair lab up && vipair lab status\n  vipair lab up --name b --interval 50ms')
    .action(async (options: UpOptions) => {
      const { name, profile, hosts, ipv6, transport, interval, daemons, managed = false } = options;
      const lab = await labUp({ name, hosts, persistent: true });
      if (daemons) {
        try {
          await startPair(lab, {
            profile,
            isManaged: managed,
            family: ipv6 === true ? 'both' : 'ipv4',
            settings: {
              sysctl: 'apply',
              ...(transport === undefined ? {} : { transport }),
              ...(interval === undefined ? {} : { interval }),
            },
          });
        } catch (error) {
          lab.down();
          throw error;
        }
      }
      console.log(
        `Lab "${name}" is up. Next: vipair lab status${name === 'lab' ? '' : ` --name ${name}`}, vipair status --socket ${lab.host('lb1').directory}/control.sock`,
      );
      // What was started goes on; this process only held the ends of its pipes.
      process.exit(EXIT.ok);
    });
}

function downCommand(): Command {
  return new Command('down')
    .description('remove a lab and all that runs in it')
    .option('--name <name>', NAME_HELP, labName, 'lab')
    .addHelpText('after', '\nExample:\n  vipair lab down --name b')
    .action(({ name }: NameOption) => labDown(name));
}

function statusCommand(): Command {
  return new Command('status')
    .description('which member holds which address and runs what')
    .option('--name <name>', NAME_HELP, labName, 'lab')
    .option('--json', 'as JSON')
    .addHelpText('after', '\nExample:\n  vipair lab status --name b')
    .action(async ({ name, json }: NameOption & { readonly json?: boolean }) => {
      const status = await openLab(name).status();
      process.stdout.write(json === true ? `${JSON.stringify(status)}\n` : describeLab(status));
    });
}

function describeLab(status: LabStatus): string {
  return status.members
    .map(({ name, kind, own, held, processes }) => {
      const vips = held.map(({ address }) => address).join(' ');
      const commands = [...new Set(processes.map((process) => process.command))].join(' ');
      return `${name.padEnd(4)} ${kind.padEnd(8)} ${own.join(' ')}${vips === '' ? '' : `  holds ${vips}`}${commands === '' ? '' : `  runs ${commands}`}\n`;
    })
    .join('');
}

function execCommand(): Command {
  return new Command('exec')
    .description('run a command in a member: cl, lb1, lb2, b1, b2, and sw, the switch')
    .option('--name <name>', NAME_HELP, labName, 'lab')
    .argument('<member>')
    .argument('<command...>')
    .passThroughOptions()
    .addHelpText(
      'after',
      `
Examples:
  vipair lab exec cl curl -s http://192.0.2.101/
  vipair lab exec sw tcpdump -ni br0 proto 112
  vipair lab exec lb1 bash`,
    )
    .action(async (member: string, argv: string[], { name }: NameOption) => {
      process.exitCode = await runAttached(openLab(name).member(member).commandFor(argv));
    });
}

function faultCommand(): Command {
  return new Command('fault')
    .description('bring a fault about, or take it back')
    .option('--name <name>', NAME_HELP, labName, 'lab')
    .option('--dry-run', 'say what would be done')
    .argument('<fault...>')
    .addHelpText(
      'after',
      `\nFaults:\n${faultUsage.map((line) => `  ${line}`).join('\n')}\n\nExample:\n  vipair lab fault kill-proxy lb1`,
    )
    .action(async (words: string[], { name, dryRun }: NameOption & { readonly dryRun?: boolean }) => {
      const fault = parseFault(words);
      if (fault === undefined) fail(`No such fault: "${words.join(' ')}"; see vipair lab fault --help`, EXIT.usage);
      if (dryRun === true) console.log(JSON.stringify(fault));
      else await openLab(name).fault(fault);
    });
}

const RIGHTS: Readonly<Record<Privilege, string>> = {
  root: 'Running as root: network namespaces of the machine.',
  'user-namespace': 'Running unprivileged: everything is in a user namespace of its own, without real-time scheduling.',
};

interface DemoCommandOptions {
  readonly profile?: string;
  readonly json?: boolean;
}

function demoCommand(): Command {
  return new Command('demo')
    .description('bring a pair up, kill a proxy and pull a cable under load, and show what the client saw')
    .addOption(profileOption('only one proxy'))
    .option('--json', 'print only the measured outages, as JSON')
    .addHelpText('after', '\nExample:\n  vipair lab demo --json')
    .action(async ({ profile, json }: DemoCommandOptions) => {
      const rights = await privilege();
      if (rights === undefined) {
        process.exitCode = await runInUserNamespace();
        return;
      }
      if (json !== true) console.log(RIGHTS[rights]);
      const results = await runDemo({
        ...(profile === undefined ? {} : { profiles: [profile] }),
        color: process.stdout.isTTY,
        write: (line) => {
          if (json !== true) console.log(line);
        },
      });
      if (json === true) console.log(JSON.stringify(results));
    });
}

/** Runs a command on this terminal, for as long as it takes. Returns its exit status, as a shell tells it. */
function runAttached([program = '', ...rest]: readonly string[]): Promise<number> {
  const child = spawn(program, rest, { stdio: 'inherit', env: environment() });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])));
  });
}

/** A name that is not in the registry is refused before anything is built. */
const profileOption = (what: string): Option => new Option('--profile <name>', what).choices(profileNames);

function labName(text: string): string {
  if (!isLabName(text)) throw new InvalidArgumentError('It is a letter and up to 11 letters and digits, lower case.');
  return text;
}

function hostCount(text: string): number {
  if (!/^[1-4]$/.test(text)) throw new InvalidArgumentError('A lab has 1 to 4 hosts.');
  return Number(text);
}
