import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import { difference } from './difference.ts';
import type { Disk } from './disk.ts';
import type { Features } from './features.ts';
import type { FrontModel } from './model.ts';
import { judgeFile, seal } from './owned.ts';
import type { Ownership } from './owned.ts';
import type { Profile } from './profile.ts';
import type { RenderedFile, RenderOptions } from './rendering.ts';
import type { Launch } from './steering.ts';

/** What is to be on the disk for a model, and what is there now. */
export interface Target {
  readonly model: FrontModel;
  readonly options: RenderOptions;
  readonly files: readonly TargetFile[];
  /** Of everything that the proxy has to be told about; what is only read at a start does not count. */
  readonly digest: string;
}

export interface TargetFile {
  readonly path: string;
  /** Sealed, except for state. */
  readonly text: string;
  readonly kind: RenderedFile['kind'];
  /** `undefined` when there is none. */
  readonly before: string | undefined;
  readonly ownership: Ownership;
}

/** How what is rendered depends on the installation. */
export interface Placement {
  readonly profile: Profile;
  readonly directory: string;
  readonly features: Features;
  readonly launch: Launch;
  /** What is to be different from an adopted proxy's. */
  readonly render: Partial<RenderOptions>;
  readonly pidFile: string | undefined;
  readonly label: string | undefined;
}

/**
 * How a model is rendered here: as the whole configuration when the proxy was started with our file, and as parts that
 * another configuration takes in when it was started with any other.
 */
export function renderOptions({ profile, directory, features, launch, ...rest }: Placement): RenderOptions {
  const { steering, pidFiles } = profile;
  const isWhole = launch.files.includes(posix.join(directory, steering.mainName));
  const socket = posix.join(directory, 'stats.sock');
  return {
    label: rest.label,
    directory,
    mode: isWhole ? 'whole' : 'include',
    frontends: true,
    listeners: 'bind',
    statsSocket: isWhole && socket.length <= 90 ? socket : undefined,
    pidFile: rest.pidFile ?? pidFiles[0] ?? posix.join(directory, 'pid'),
    include: [],
    features,
    ...rest.render,
  };
}

/** Renders a model that was not refused, and reads what is there. Throws OpError when that cannot be read. */
export function targetOf(profile: Profile, model: FrontModel, options: RenderOptions, disk: Disk): Target {
  const files = profile.render(model, options).map(({ path, text, kind }): TargetFile => {
    const before = disk.demand(path);
    const ownership = kind === 'state' ? 'ours' : judgeFile(before);
    return { path, text: kind === 'state' ? text : seal(text), kind, before, ownership };
  });
  return { model, options, files, digest: digestOf(files) };
}

/** One digest of all files that the proxy has to be told about. */
export function digestOf(files: readonly Pick<TargetFile, 'path' | 'text' | 'kind'>[]): string {
  const hash = createHash('sha256');
  for (const { path, text, kind } of files) if (kind !== 'state') hash.update(`${path}\0${text}\0`);
  return hash.digest('hex').slice(0, 32);
}

/** The same of what is on the disk now. */
export const digestBefore = ({ files }: Target): string =>
  digestOf(files.map(({ path, before = '', kind }) => ({ path, text: before, kind })));

/** The files that are not as they are to be. */
export const changedFiles = ({ files }: Target): TargetFile[] => files.filter(({ text, before }) => text !== before);

/** Files that somebody else wrote or changed, and that would be overwritten. */
export const takenFiles = (target: Target): TargetFile[] =>
  changedFiles(target).filter(({ ownership }) => ownership === 'edited' || ownership === 'foreign');

/** All changes as one unified diff; empty when there are none. */
export const diffOf = (target: Target): string =>
  changedFiles(target)
    .filter(({ kind }) => kind !== 'state')
    .map(({ path, text, before }) => difference(path, before ?? '', text))
    .join('');
