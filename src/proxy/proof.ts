import { after, milliseconds } from '../wire/units.ts';
import type { Milliseconds } from '../wire/units.ts';
import type { Charge } from './charge.ts';
import type { Time } from './effect.ts';
import { found, membersOf } from './family.ts';
import type { Found } from './family.ts';
import { holdersAmong, listenersOn } from './listener.ts';
import { isSame } from './process.ts';
import type { Seat } from './sockets.ts';
import type { Evidence } from './steering.ts';
import { nameAllPorts } from './words.ts';

/** Between two looks, which read the process table. */
const STEP = milliseconds(20);

/** A worker that dies at its first work dies within this, and one that is still to be started is. */
const PROOF = milliseconds(60);

/** How long the main process has for an answer. */
const ANSWER = milliseconds(500);

/** What a charge's processes are to each other; `undefined` when its main process is gone. */
export function familyOfCharge(charge: Charge): Found | undefined {
  const { profile, main } = charge;
  const all = charge.processes();
  const leader = all.find((process) => isSame(process, main));
  const members = membersOf(
    profile,
    all.filter(({ comm }) => comm === leader?.comm),
    undefined,
  );
  const member = members.find(({ process }) => process === leader);
  return member && found(member, members, 'started');
}

/**
 * Waits until a proxy that was just started has come up. One good answer would prove nothing, because another proxy may
 * have given it on the same socket; so its own processes are looked at: the same workers are there twice, the main
 * process has every socket that it was given, and says that they serve where it can be asked.
 */
export async function provenUp(
  charge: Charge,
  { seats, mainSocket }: { readonly seats: readonly Seat[]; readonly mainSocket: string | undefined },
  patience: Milliseconds,
  time: Time,
): Promise<{ readonly found: Found } | { readonly trouble: string }> {
  const deadline = after(time.now(), patience);
  const { title, steering } = charge.profile;
  let ending: string | undefined;
  void charge.ended.then((words) => (ending = words));
  let why = 'it has no worker';
  while (time.now() < deadline) {
    await time.sleep(STEP);
    if (ending !== undefined) return { trouble: `${title} ${ending}` };
    const seen = familyOfCharge(charge);
    if (seen === undefined || seen.workers.length === 0) continue;
    await time.sleep(PROOF);
    const now = familyOfCharge(charge);
    const same = now?.workers.filter((worker) => seen.workers.some((other) => isSame(worker, other))) ?? [];
    if (now === undefined || same.length !== seen.workers.length || same.length !== now.workers.length) {
      why = 'its workers do not stay';
      continue;
    }
    const missing = missingPorts(now, seats);
    why = missing.length > 0 ? `it does not listen on ${nameAllPorts(missing)}` : `its main process does not say so`;
    if (missing.length === 0 && (await saysSo(steering.evidence, mainSocket, now))) return { found: now };
  }
  return { trouble: `${title} did not come up within ${patience} ms: ${why}` };
}

/** The ports that its main process does not have; those of a process that we may not look into are taken as there. */
function missingPorts({ main }: Found, seats: readonly Seat[]): number[] {
  const ports = seats.map(({ port }) => port);
  const { holdings, hidden } = holdersAmong([main.pid], ports.length === 0 ? [] : listenersOn(ports));
  return hidden ? [] : ports.filter((port) => !holdings.some((holding) => holding.port === port));
}

async function saysSo(evidence: Evidence | undefined, socket: string | undefined, now: Found): Promise<boolean> {
  if (evidence === undefined || socket === undefined) return true;
  try {
    const answer = evidence.read(await evidence.ask(socket, ANSWER));
    return answer === undefined || now.workers.every(({ pid }) => answer.workers.includes(pid));
  } catch {
    return false;
  }
}
