import { expect, it } from 'vitest';
import { compiledFile } from '../../../src/lab/program.ts';
import { milliseconds } from '../../../src/wire/units.ts';
import { eventually, usePair, VIP1, VIP2 } from './pair.ts';

/* `vipair doctor --peer` from the client, which reaches both hosts and is none of them. */
const pair = usePair('tsurvey');

const PORT = 9650;

interface Result {
  readonly code: number | undefined;
  readonly verdict: string;
  readonly findings: readonly { readonly code: string; readonly text: string }[];
}

const doctor = (argv: readonly string[]) =>
  pair.lab.exec('cl', [
    ...[process.execPath, compiledFile('src/cli/main'), 'doctor'],
    ...pair.lab.hosts.flatMap(({ name, ipv4 }) => ['--peer', `${name}=http://${ipv4}:${PORT}`]),
    ...argv,
  ]);

const ask = async (): Promise<Result> => {
  const { code, stdout } = await doctor(['--json']);
  return { code, ...(JSON.parse(stdout) as Omit<Result, 'code'>) };
};

it('finds nothing wrong with a pair that is well, two holders where all paths are cut, and a daemon that is dead', async () => {
  await pair.run({ settings: { recover_after: '300ms', sysctl: 'apply', control: { listen: `0.0.0.0:${PORT}` } } });
  for (const daemon of pair.daemons) await daemon.until('nothing needs attention', (s) => s.warnings.length === 0);
  expect(await ask()).toEqual({ code: 0, verdict: 'well', findings: [], unlooked: [] });
  expect((await doctor(['--brief'])).stdout).toBe('VIPAIR OK: nothing is wrong\n');

  await pair.lab.fault({ kind: 'lose', from: 'lb1', to: 'lb2', lost: 'everything' });
  await pair.lab.fault({ kind: 'lose', from: 'lb2', to: 'lb1', lost: 'everything' });
  await eventually('both hold both', () => [VIP1, VIP2].every((vip) => pair.holders(vip).length === 2));
  const cut = await ask();
  expect(cut).toMatchObject({ code: 2, verdict: 'error' });
  expect(cut.findings.filter(({ code }) => code === 'VIP-TWICE').map(({ text }) => text.split(':')[0])).toEqual([
    'web-1/ipv4 is held by lb1 and lb2 at once',
    'web-2/ipv4 is held by lb1 and lb2 at once',
  ]);
  expect((await doctor(['--brief'])).stdout).toMatch(/^VIPAIR CRITICAL: 2 errors.*: VIP-TWICE web-1\/ipv4 is held by/);
  await pair.lab.fault({ kind: 'heal' });
  await pair.settle();

  pair.lb2.signal('SIGKILL');
  await pair.lb1.role('web-2', 'active', milliseconds(5000));
  const dead = await ask();
  expect(dead).toMatchObject({ code: 2 });
  expect(dead.findings[0]).toMatchObject({ code: 'PEER-SILENT' });
  expect(dead.findings[0]?.text).toMatch(/^lb2 does not answer at .* ECONNREFUSED.*; lb1 sees it hold no VIP$/);
});
