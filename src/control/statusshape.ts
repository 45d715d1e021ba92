import { VERSION } from './version.ts';

/**
 * Whether what a host answered is a status. It crosses the network, and comes from a daemon that may be of another
 * version, or from another program: every member that is compared between hosts is looked at, and no other one, so that
 * versions that only add members understand each other. Pure.
 */

type Shape = (value: unknown) => boolean;

const text: Shape = (value) => typeof value === 'string';
const number: Shape = (value) => typeof value === 'number';
const truth: Shape = (value) => typeof value === 'boolean';
const optional =
  (shape: Shape): Shape =>
  (value) =>
    value === undefined || shape(value);
const nullable =
  (shape: Shape): Shape =>
  (value) =>
    value === null || shape(value);
const list =
  (shape: Shape): Shape =>
  (value) =>
    Array.isArray(value) && value.every(shape);
const record =
  (members: Readonly<Record<string, Shape>>): Shape =>
  (value) =>
    isRecord(value) && Object.entries(members).every(([name, shape]) => shape(value[name]));

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const vip = record({
  ...{ vip: text, family: text, state: text, reason: text },
  holder: nullable(text),
});

const pair = record({
  peers: list(record({ node: text, heard: truth, paths: list(record({ path: text, heard: truth })) })),
});

const service = record({
  service: text,
  counts: record({ total: number, down: number }),
  backends: list(record({ backend: text, state: text, sinceMs: nullable(number) })),
});

/** The members of `Status` that `--peer` judges by. */
const MEMBERS: Readonly<Record<string, Shape>> = {
  ...{ node: text, version: text, at: text },
  config: record({ digest: optional(text), loadedAt: text }),
  proxy: nullable(record({ state: text, reason: text })),
  vips: list(vip),
  pair: nullable(pair),
  services: list(service),
  warnings: list(record({ code: text, text })),
};

/** Why an answer cannot be taken for the status of a daemon, as an advice; `undefined` when it can. */
export function statusTrouble(value: unknown): string | undefined {
  const answer = isRecord(value) ? value : {};
  if (!text(answer['node']) || !Array.isArray(answer['vips'])) return 'what answers there is no vipair';
  const odd = Object.entries(MEMBERS).find(([name, shape]) => !shape(answer[name]));
  if (odd === undefined) return undefined;
  const { version } = answer;
  const theirs = typeof version === 'string' ? `version ${version}` : 'no version';
  return `"${odd[0]}" of its status is not as this program, version ${VERSION}, knows it (it says ${theirs}); install the same version on all hosts, or see whether it is vipair that answers`;
}
