import type { ServiceConfig, TrackBackendsConfig } from './config.ts';
import type { RawConfig, RawSettings, RawTrackBackends, RawVip } from './raw.ts';
import type { Path, Report } from './report.ts';
import type { Settings } from './setting.ts';
import { nearest } from './suggestion.ts';

/** What too few healthy backends do to one VIP, with its defaults; `undefined` when nothing is tracked. */
export function resolveTrack(
  settings: Settings,
  raw: RawConfig,
  services: readonly ServiceConfig[],
  report: Report,
): TrackBackendsConfig | undefined {
  const { value: written, path } = trackedBackends(settings, raw);
  if (written === undefined) return undefined;
  const checked = services.filter(({ check }) => check !== undefined).map(({ name }) => name);
  for (const [index, name] of (written.services ?? []).entries()) {
    if (checked.includes(name)) continue;
    const known = services.some((service) => service.name === name);
    const close = nearest(name, checked);
    const hint =
      close === undefined ? `those with a check are ${checked.join(', ') || 'none'}` : `did you mean "${close}"?`;
    report.error(
      [...path, 'services', index],
      `${known ? `"${name}" has no check` : `no service is called "${name}"`}; ${hint}`,
    );
  }
  if (checked.length === 0)
    report.error(path, 'has nothing to track: no service has a check; write one, or leave this out');
  const { weight, quorum = 1, hysteresis = 0 } = written;
  return {
    weight,
    quorum: typeof quorum === 'number' ? { kind: 'count', count: quorum } : quorum,
    hysteresis,
    services: [...new Set(written.services ?? checked)],
  };
}

/** The VIP's own, or those of the top level, and where they are written. */
export function trackedBackends(
  { path }: Settings,
  raw: RawConfig,
): { readonly value: RawTrackBackends | undefined; readonly path: Path } {
  const own = (raw.vips[String(path[1])] as RawVip).track?.backends;
  if (own !== undefined) return { value: own, path: [...path, 'track', 'backends'] };
  return { value: (raw as RawSettings).track?.backends, path: ['track', 'backends'] };
}
