import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { findingWords } from '../../src/manager/findingwords.ts';
import type { Finding, FindingCode } from '../../src/pair/finding.ts';
import { MISTAKES, ODDITIES } from '../../src/pair/mistake.ts';
import type { MistakeCode } from '../../src/pair/mistake.ts';
import { addressOf } from '../../src/wire/address.ts';

const source = addressOf('192.0.2.12');
const nameOf = (): string => 'lb2';
const router = 'web-1/ipv4';

const mistakes = [...Object.values(MISTAKES), ...Object.values(ODDITIES)].filter((code) => code !== undefined);

/** Every finding. A kind without an entry does not compile. */
const all: Readonly<Record<Exclude<FindingCode, MistakeCode>, Finding>> = {
  'vrrp-lost': { code: 'vrrp-lost', segment: 'eth0/ipv4', routers: [router], node: 'lb2' },
  'vrrp-filtered': { code: 'vrrp-filtered', segment: 'eth0/ipv4', routers: [router], node: 'lb2' },
  'one-way-in': { code: 'one-way-in', segment: 'eth0/ipv4', routers: [router], node: 'lb2' },
  'one-way-out': { code: 'one-way-out', segment: 'eth0/ipv4', routers: [router], source },
  'silent-neighbor': { code: 'silent-neighbor', segment: 'eth0/ipv4', routers: [router], source },
  'address-conflict': {
    code: 'address-conflict',
    router,
    address: addressOf('192.0.2.101'),
    mac: '02:00:00:00:00:0c',
    source,
  },
  'path-lost': { code: 'path-lost', path: 'eth1', node: 'lb2' },
  'path-one-way': { code: 'path-one-way', path: 'eth1', node: 'lb2' },
  'path-key': { code: 'path-key', path: 'eth1', source },
  namesake: { code: 'namesake', path: 'eth1', source },
  'path-unusable': { code: 'path-unusable', path: 'eth1', detail: 'Cannot open UDP socket on "eth1": ENODEV' },
  unreached: { code: 'unreached' },
  'peer-lost': { code: 'peer-lost', node: 'lb2' },
  'config-drift': { code: 'config-drift', node: 'lb2', routers: [router] },
  'backends-seen-differently': {
    ...{ code: 'backends-seen-differently', node: 'lb2', service: 'web' },
    ...{ here: ['192.0.2.21:8080'], there: [], own: { up: 1, total: 2 }, theirs: { up: 2, total: 2 } },
  },
  'backends-differ': {
    ...{ code: 'backends-differ', node: 'lb2', service: 'web' },
    ...{ own: { up: 2, total: 2 }, theirs: { up: 3, total: 3 } },
  },
};

const seen = { code: 'backends-seen-differently', node: 'lb2', service: 'web' } as const;
const [three, four] = [
  { up: 3, total: 9 },
  { up: 4, total: 9 },
];
const six = [1, 2, 3, 4, 5, 6].map((last) => `192.0.2.2${last}:8080`);

/** Whoever sees fewer is where to look. */
const ways = [
  { here: [], there: six, own: four, theirs: three },
  { here: ['192.0.2.21:8080'], there: ['192.0.2.22:8080'], own: three, theirs: three },
  { here: [], there: [], own: three, theirs: four },
  { here: [], there: [], own: four, theirs: three },
];

it('every finding is a sentence with its fix', async () => {
  const findings: Finding[] = [
    ...Object.values(all),
    ...ways.map((way): Finding => ({ ...seen, ...way })),
    ...[...new Set(mistakes)].flatMap((code): Finding[] => [
      { code, router, source, isTheirs: false },
      { code, router, node: 'lb2', isTheirs: true },
    ]),
  ];
  const manual = readFileSync(new URL('../../docs/splitbrain.md', import.meta.url), 'utf8');
  expect(findings.filter(({ code }) => !manual.includes(`\`${code}\``))).toEqual([]);
  const lines = findings.map((finding) => `${finding.code}: ${findingWords(finding, nameOf)}`);
  await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot('../golden/manager/findings.txt');
});
