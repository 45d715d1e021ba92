import { posix } from 'node:path';
import { difference } from './difference.ts';
import type { Disk } from './disk.ts';
import { digestOf, draftOf } from './draft.ts';
import type { Features } from './features.ts';
import type { FrontModel } from './model.ts';
import { judgeFile } from './owned.ts';
import type { Ownership } from './owned.ts';
import type { Profile } from './profile.ts';
import type { RenderedFile, RenderOptions } from './rendering.ts';
import type { Launch } from './steering.ts';

/** What is to be on the disk for a model, and what is there now. */
export interface Target {
  readonly model: FrontModel;
  readonly options: RenderOptions;
  readonly files: readonly TargetFile[];
  /** See `Draft`. */
  readonly digest: string;
}

export interface TargetFile extends RenderedFile {
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

/** The files of a model that was not refused, and what is there. Throws OpError when that cannot be read. */
export function targetOf(profile: Profile, model: FrontModel, options: RenderOptions, disk: Disk): Target {
  const { files, digest } = draftOf(profile, model, options);
  const found = files.map(({ path, text, kind }): TargetFile => {
    const before = disk.demand(path);
    return { path, text, kind, before, ownership: kind === 'state' ? 'ours' : judgeFile(before) };
  });
  return { model, options, files: found, digest };
}

/** The digest of what is on the disk now. */
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
