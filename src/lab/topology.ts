import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { failure } from './failure.ts';
import type { LabPlan, LinkPlan, MemberPlan } from './plan.ts';
import { prefixLengths } from './plan.ts';
import { readProcess } from './procfs.ts';
import { environment, must } from './run.ts';
import type { ProcessName } from './state.ts';
import { memberDirectory } from './state.ts';

/**
 * PID 1 of a host, and what makes the host a host: own `/run`, `/var/tmp`, `/proc`, `/sys` and host name. The shared directory keeps
 * its path. Prints its pid outside, which it can still read from the old `/proc`, when the host is ready.
 *
 * The loop is bash's, because as PID 1 it also reaps orphans that it never started, as soon as they end.
 */
const hostScript = `
set -e
read -r pid rest < /proc/self/stat
shared=$1 name=$2 staging=/mnt
mount -n -t tmpfs -o mode=755 tmpfs $staging
mkdir -p "$staging/\${shared#/run/}" $staging/lock
mount -n --bind "$shared" "$staging/\${shared#/run/}"
mount -n --move $staging /run
mount -n -t tmpfs tmpfs /var/tmp
mount -n -t proc proc /proc
mount -n -t sysfs sysfs /sys || :
hostname "$name"
echo "$pid"
exec > /dev/null 2>&1
trap : TERM INT HUP
while :; do sleep infinity & wait; done
`;

/** Creates all namespaces, cables and addresses of a plan; returns PID 1 of each host. Throws `OpError`. */
export async function build(plan: LabPlan): Promise<Record<string, ProcessName>> {
  const namespaces = plan.members.map(({ namespace }) => `netns add ${namespace}`);
  await must(`create the network namespaces of lab "${plan.name}"`, ['ip', '-batch', '-'], lines(namespaces));
  const cables = plan.members.flatMap(({ namespace, links }) =>
    links.map(
      (link) =>
        `link add ${link.interface} address ${link.mac} netns ${namespace} type veth ` +
        `peer name ${link.port} netns ${plan.name}-sw`,
    ),
  );
  await must(`lay the cables of lab "${plan.name}"`, ['ip', '-batch', '-'], lines(cables));
  await configureSwitch(plan);
  const inits: Record<string, ProcessName> = {};
  await Promise.all(
    plan.members.map(async (member) => {
      if (member.kind === 'switch') return;
      mkdirSync(memberDirectory(plan.name, member.name), { recursive: true });
      await configure(plan, member);
      if (member.kind === 'host') inits[member.name] = await bootHost(plan, member);
    }),
  );
  return inits;
}

async function configureSwitch(plan: LabPlan): Promise<void> {
  const links = plan.members.flatMap((member) => member.links);
  const bridges = [...new Set(links.map(({ bridge }) => bridge))];
  await inNamespace(`${plan.name}-sw`, 'configure the switch', [
    // A switch has no addresses, and with no IPv6 it adds nothing of its own to captures.
    'echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6',
    'echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6',
    // Nor does it look into what it forwards: the kernel's bridge would drop IP headers that are not in order.
    'for file in /proc/sys/net/bridge/bridge-nf-call-*; do [ ! -e $file ] || echo 0 > $file; done',
    'ip -batch - <<END',
    ...bridges.map((bridge) => `link add ${bridge} up type bridge forward_delay 0 mcast_snooping 0`),
    ...links.map(({ port, bridge }) => `link set ${port} master ${bridge} up`),
    'END',
  ]);
}

async function configure(plan: LabPlan, member: MemberPlan): Promise<void> {
  const sysctls: [string, number | string][] = [
    // Duplicate address detection would keep every IPv6 address unusable for a second.
    ['net/ipv6/conf/all/accept_dad', 0],
    ['net/ipv6/conf/default/accept_dad', 0],
    ...member.links.map((link): [string, number] => [`net/ipv6/conf/${link.interface}/accept_dad`, 0]),
    ['net/ipv6/conf/all/accept_ra', 0],
  ];
  if (member.kind === 'host' && plan.nonlocalBind) {
    sysctls.push(['net/ipv4/ip_nonlocal_bind', 1], ['net/ipv6/ip_nonlocal_bind', 1]);
  }
  if (member.kind === 'client') {
    // A new connection every 2 ms uses up 28 000 ports in a minute.
    sysctls.push(['net/ipv4/ip_local_port_range', '1024 65535'], ['net/ipv4/tcp_tw_reuse', 1]);
  }
  await inNamespace(member.namespace, `configure "${member.name}"`, [
    ...sysctls.map(([key, value]) => `echo ${value} > /proc/sys/${key}`),
    'ip -batch - <<END',
    'link set lo up',
    ...member.links.flatMap(addressLines),
    'END',
  ]);
}

const addressLines = ({ interface: name, ipv4, ipv6 }: LinkPlan): string[] => [
  `address add ${ipv4}/${prefixLengths.ipv4} brd + dev ${name}`,
  `address add ${ipv6}/${prefixLengths.ipv6} dev ${name} nodad`,
  `link set ${name} up`,
];

/** Runs a script of lines in a network namespace; the first line that fails ends it. */
async function inNamespace(namespace: string, op: string, script: readonly string[]): Promise<void> {
  await must(op, ['nsenter', `--net=/run/netns/${namespace}`, 'sh', '-e', '-s'], lines(script));
}

const lines = (script: readonly string[]): { input: string } => ({ input: `${script.join('\n')}\n` });

/**
 * Starts PID 1 of a host and waits until it is ready. It is in a session of its own and holds nothing of this process
 * open, so that it can outlive it and never hears its terminal's Ctrl-C.
 */
function bootHost(plan: LabPlan, member: MemberPlan): Promise<ProcessName> {
  const unshare = ['unshare', '--pid', '--fork', '--mount', '--uts', '--kill-child=KILL', '--'];
  const init = ['bash', '-c', hostScript, 'host', memberDirectory(plan.name, member.name), member.name];
  const child = spawn('nsenter', [`--net=/run/netns/${member.namespace}`, ...unshare, ...init], {
    env: environment(),
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const op = `start host "${member.name}" of lab "${plan.name}"`;
  return new Promise((resolve, reject) => {
    let said = '';
    let complaint = '';
    child.stderr.on('data', (chunk: Buffer) => (complaint += chunk.toString()));
    child.on('error', (cause) => reject(failure(op, cause)));
    child.on('exit', () => reject(failure(op, complaint.trim() || 'its PID 1 ended')));
    child.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      if (!said.includes('\n')) return;
      const entry = readProcess(Number.parseInt(said, 10));
      if (entry === undefined) return reject(failure(op, 'its PID 1 ended'));
      child.removeAllListeners('exit');
      child.unref();
      child.stdout.destroy();
      child.stderr.destroy();
      resolve({ pid: entry.pid, startTime: entry.startTime });
    });
  });
}
