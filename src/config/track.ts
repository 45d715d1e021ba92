import type { ServiceConfig, TrackBackendsConfig } from './config.ts';
import type { Report } from './report.ts';
import type { Settings } from './setting.ts';
import { nearest } from './suggestion.ts';

/** What too few healthy backends do to one VIP, with its defaults; `undefined` when nothing is tracked. */
export function resolveTrack(
  { get, origin }: Settings,
  services: readonly ServiceConfig[],
  report: Report,
): TrackBackendsConfig | undefined {
  const written = get('track')?.backends;
  if (written === undefined) return undefined;
  const path = [...origin('track'), 'backends'];
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
