import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { failure } from './failure.ts';
import type { LabPlan } from './plan.ts';
import { isRunning, readProcess } from './procfs.ts';

/** Where every lab keeps its state, on a file system that does not outlive the machine. */
export const labsDirectory = '/run/vipair-lab';

/** A process named so that its pid cannot come to mean another one. */
export interface ProcessName {
  readonly pid: number;
  readonly startTime: number;
}

/** What `lab.json` holds: all that another process needs to use a lab or to remove it. */
export interface LabState {
  readonly version: 1;
  readonly plan: LabPlan;
  /** Who built it. */
  readonly uid: number;
  /** The process it goes with; `undefined` for a lab that stays until `down`. */
  readonly owner: ProcessName | undefined;
  /** PID 1 of each host, by member name, as pids outside; missing while the lab is being built. */
  readonly inits: Readonly<Record<string, ProcessName>>;
}

/** The directory of a lab. */
export const labDirectory = (lab: string): string => `${labsDirectory}/${lab}`;

/** The directory of a member, by the same path outside and inside; a host has nothing else of `/run` in common. */
export const memberDirectory = (lab: string, member: string): string => `${labsDirectory}/${lab}/${member}`;

/** Writes a lab's state in one step. */
export function writeState(state: LabState): void {
  const directory = labDirectory(state.plan.name);
  mkdirSync(directory, { recursive: true });
  writeJson(`${directory}/lab.json`, state);
}

/** Replaces a JSON file in one step, so that no reader sees half of it. */
export function writeJson(path: string, value: unknown): void {
  const aside = `${path}.${process.pid}.new`;
  writeFileSync(aside, `${JSON.stringify(value, null, 2)}\n`);
  renameSync(aside, path);
}

/** The state of a lab; `undefined` when there is none of the name. Throws `OpError` when the file cannot be read. */
export function readState(lab: string): LabState | undefined {
  const path = `${labDirectory(lab)}/lab.json`;
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as LabState;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw failure(
      `read the state of lab "${lab}" from "${path}"`,
      cause,
      `remove it with "vipair lab down --name ${lab}"`,
    );
  }
}

/** Whether the lab belonged to a process that is gone. */
export const isStale = (state: LabState): boolean => state.owner !== undefined && !isRunning(state.owner);

/** This process, as the owner of a lab. */
export function thisProcess(): ProcessName {
  return { pid: process.pid, startTime: readProcess(process.pid)?.startTime ?? 0 };
}
