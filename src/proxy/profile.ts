import type { CheckConfig } from '../config/checkconfig.ts';
import type { Features } from './features.ts';
import type { FrontModel } from './model.ts';
import type { ProcessInfo } from './process.ts';
import type { Reading } from './reading.ts';
import type { Refusal } from './refusal.ts';
import type { RenderedFile, RenderOptions } from './rendering.ts';
import type { Steering } from './steering.ts';

/**
 * A proxy is a profile.
 *
 * Everything this program knows about one particular proxy is a value of type `Profile` in `profiles/`: what its
 * process is called, which part each of its processes plays, how a configuration of it looks. The rest of the program
 * is written against this interface, names no proxy, and does not import `profiles/`; the composition roots look a
 * profile up in the registry and pass it down. Supporting another proxy is adding a file there.
 *
 * A profile is data and pure functions. It reads no file, starts no process and sees no VRRP.
 */
export interface Profile {
  /** The name in the configuration and the registry: lower-case letters, digits, hyphens. */
  readonly name: string;
  /** The name in sentences, as its authors spell it. */
  readonly title: string;
  /** The command name (`comm`, proc_pid_stat(5)) of all its processes, at most 15 characters. */
  readonly processName: string;
  /** Where Debian's package puts the pid file, best first. */
  readonly pidFiles: readonly string[];
  /**
   * The part a process plays. `parent` is its parent where that is of the same proxy, and `family` every process of
   * the proxy that was seen in the same look, itself included.
   */
  roleOf(process: ProcessInfo, parent: ProcessInfo | undefined, family: readonly ProcessInfo[]): Role;
  /**
   * A complete configuration of one proxy that serves `site` by itself, and the command that runs it in the
   * foreground. Values that could mean something else in a configuration file are an assertion.
   */
  standalone(site: Site): Standalone;
  /** The command whose output, of both streams, `features` reads. It takes milliseconds and changes nothing. */
  inspection(binary: string): readonly string[];
  /** Which version a program is and what it can. What cannot be read is said in the result. */
  features(output: string): Features;
  /** What of a model this proxy cannot express, with the reason; nothing of it is dropped silently. */
  refuse(model: FrontModel, features: Features): readonly Refusal[];
  /** The model as files. A model that is refused is an assertion. */
  render(model: FrontModel, options: RenderOptions): readonly RenderedFile[];
  /** Whether the proxy itself makes this check when it is rendered; otherwise it has to be told the results. */
  checksItself(check: CheckConfig): boolean;
  /** The groups of servers in a configuration that somebody else wrote. Never throws on what stands in it. */
  read(text: string): Reading;
  /** How one that runs is changed. */
  readonly steering: Steering;
}

/**
 * - `main`: starts and looks after workers; its death is the proxy's death.
 * - `worker`: serves.
 * - `leaving`: a worker that only finishes the connections it has.
 * - `alone`: serves and has no workers by configuration.
 * - `other`: neither serves nor looks after those that do, such as a run of the configuration checker.
 */
export type Role = 'main' | 'worker' | 'leaving' | 'alone' | 'other';

/** What a standalone proxy is to serve. */
export interface Site {
  /** Sent as the header `X-Front` with every answer. Letters, digits and `. _ : @ + -`, at most 64. */
  readonly label: string;
  /** An existing directory, absolute, for everything the proxy writes. */
  readonly directory: string;
  /** TCP ports, on all IPv4 and all IPv6 addresses. At least one. */
  readonly listen: readonly number[];
  /** Served in turn. At least one. */
  readonly backends: readonly { readonly address: string; readonly port: number }[];
  /** Answered with 200 by the proxy itself. */
  readonly healthPath: string;
}

/** A proxy ready to be started. */
export interface Standalone {
  /** To be written before the start; paths are absolute and inside the site's directory. */
  readonly files: readonly RenderedFile[];
  /** The program and its arguments. It stays in the foreground, and its process is the main process. */
  readonly command: readonly string[];
  /** Where the main process writes its pid. */
  readonly pidFile: string;
  /** What its workers take as the order to stop listening, and to listen again; `undefined` where they take none. */
  readonly pause?: { readonly begin: 'SIGTTOU'; readonly end: 'SIGTTIN' } | undefined;
}
