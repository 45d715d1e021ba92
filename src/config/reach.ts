import type { Config } from './config.ts';
import type { Path, Report } from './report.ts';

/** Checks that the gateway and the witnesses are others than the pair itself: who asks oneself learns nothing. */
export function checkReach({ nodes, vips, gateway, witnesses, heartbeat }: Config, report: Report): void {
  const asked = [
    ...(gateway === undefined ? [] : [[['gateway'], gateway] as const]),
    ...witnesses.map((witness, index): readonly [Path, string] => [['witness', index], witness]),
  ];
  for (const [path, address] of asked) {
    const node = nodes.find(({ addresses }) => addresses.some((own) => own === address));
    const vip = vips.find(({ addresses }) => addresses.some((own) => own.address === address));
    const whose = node === undefined ? vip && `VIP "${vip.name}"` : `node ${node.name}`;
    if (whose !== undefined) {
      report.error(path, `${address} is the address of ${whose}; write one that is up when the pair is not`);
    }
    const same = asked.find(([, other]) => other === address);
    if (same?.[0] !== path) report.error(path, `${address} is asked already; keep one of them`);
  }
  const hasIpv4 = nodes.every(({ addresses }) => addresses.some((own) => !own.includes(':')));
  if (asked.length > 0 && heartbeat === undefined && !hasIpv4) {
    report.error(
      asked[0]?.[0] ?? [],
      'needs a "heartbeat", or an IPv4 address of every node: without either a silent backup is not told from a cut cable',
    );
  }
  if (asked.length > 0 && nodes.length < 2) {
    report.error(asked[0]?.[0] ?? [], 'means nothing with one node, which nobody could relieve; leave it out');
  }
}
