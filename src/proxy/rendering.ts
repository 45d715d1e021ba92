import type { Features } from './features.ts';

/** How a model is rendered. The program makes these itself, so a value that no proxy could take is an assertion. */
export interface RenderOptions {
  /** Sent as the header `X-Front` with every answer: letters, digits and `. _ : @ + -`, at most 64. */
  readonly label: string | undefined;
  /** Where the files go, absolute. In `whole` mode everything the proxy writes goes there too. */
  readonly directory: string;
  /**
   * - `whole`: a complete configuration that serves by itself.
   * - `include`: the parts that a configuration written by somebody else takes in.
   */
  readonly mode: 'include' | 'whole';
  /** With `include`: whether what listens is rendered too, not only the groups of servers. False unless given. */
  readonly frontends?: boolean | undefined;
  /**
   * - `inherited`: the sockets of `bindsOf` are passed to the proxy from descriptor 3 on.
   * - `bind`: the proxy opens its own.
   * - `reuseport`: it opens its own beside those of another proxy.
   */
  readonly listeners: 'inherited' | 'bind' | 'reuseport';
  /** The unix socket of the run-time interface, absolute; `undefined` for none. A proxy without one ignores it. */
  readonly statsSocket: string | undefined;
  /** Where the main process writes its pid, absolute; `whole` only. */
  readonly pidFile: string;
  /** Where it logs, an existing directory; `directory` unless given. `whole` only. */
  readonly logs?: string | undefined;
  /** The user's own files, absolute; `whole` only. */
  readonly include: readonly string[];
  readonly features: Features;
  /** Whom the workers run as; `undefined` leaves that to the proxy. `whole` only. */
  readonly user?: { readonly user: string; readonly group: string } | undefined;
  /** Worker processes or threads; as many as there are processors unless given. `whole` only. */
  readonly workers?: number | undefined;
  /** Connections that a worker, or all threads, may hold at once; 4096 unless given. `whole` only. */
  readonly connections?: number | undefined;
}

/** A file of the proxy's configuration. */
export interface RenderedFile {
  /** Absolute, in the options' directory. */
  readonly path: string;
  /** Ends with a line feed. */
  readonly text: string;
  /**
   * - `main`: the proxy is started with it; there is one in `whole` mode, and it comes first.
   * - `part`: taken in by another file.
   * - `state`: what the proxy reads beside its configuration at a start; it changes with every check, needs no
   *   validation, has no comments and is therefore not sealed.
   */
  readonly kind: 'main' | 'part' | 'state';
}
