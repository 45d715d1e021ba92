import { milliseconds, seconds } from '../wire/units.ts';
import type { Milliseconds, Seconds } from '../wire/units.ts';
import type { VipConfig } from './config.ts';
import { formatDuration } from './duration.ts';
import type { RawConfig, RawSettings } from './raw.ts';
import type { Path, Report } from './report.ts';

/**
 * Settings that stand in a VIP or at the top level, and the rules about two of them at once. A setting of the VIP
 * itself that can have no effect is refused; one that the VIP inherits and cannot use is not, unless nobody can.
 */
export interface Settings {
  /** Where the VIP is. */
  readonly path: Path;
  /** The VIP's own value, or the top level's. */
  readonly get: <K extends keyof RawSettings>(key: K) => RawSettings[K];
  /** Where the value is written: in the VIP, or at the top level. In the VIP when it is nowhere. */
  readonly origin: (key: keyof RawSettings) => Path;
  /**
   * Where a value that has no effect on this VIP must be refused: its own place; or the top level's, when no VIP of
   * the file passes `some`. `undefined` when it stands at the top level for the sake of other VIPs, or nowhere.
   */
  readonly useless: (key: keyof RawSettings, some: (other: Settings) => boolean) => Path | undefined;
}

/** The settings of one VIP of the file. */
export function settingsOf(raw: RawConfig, name: string): Settings {
  const own = raw.vips[name] as RawSettings;
  const path = ['vips', name];
  return {
    path,
    get: (key) => own[key] ?? (raw as RawSettings)[key],
    origin: (key) => (own[key] === undefined && raw[key] !== undefined ? [key] : [...path, key]),
    useless(key, some) {
      if (own[key] !== undefined) return [...path, key];
      if (raw[key] === undefined) return undefined;
      return Object.keys(raw.vips).some((other) => some(settingsOf(raw, other))) ? undefined : [key];
    },
  };
}

/** 200 ms in version 3; version 2 cannot say less than a second. */
export const defaultInterval = (version: 2 | 3): Milliseconds => milliseconds(version === 2 ? 1000 : 200);

/** Two intervals and a second, so that one lost renewal does not cost the VIP; never less than two seconds. */
export const defaultLease = (interval: Milliseconds): Seconds =>
  seconds(Math.max(2, Math.ceil((2 * interval) / 1000) + 1));

/** The renewal is as late as the advertisement that it follows, and the kernel counts lifetimes in whole seconds. */
const LEASE_MARGIN = 1000;

/** Checks the settings of one VIP against each other. */
export function checkSettings(vip: VipConfig, settings: Settings, report: Report): void {
  checkInterval(vip, settings, report);
  checkLease(vip, settings, report);
  checkVersion(vip, settings, report);
  const { get, useless } = settings;
  const delayed = useless('preempt_delay', (other) => other.get('preempt') ?? true);
  if (!vip.preempt && delayed !== undefined && (get('preempt_delay') ?? 0) > 0) {
    report.error(delayed, 'has no effect with "preempt: false", which never takes a VIP back; keep one of them');
  }
  const weighted = useless('weight', (other) => other.get('on_failure') === 'lower');
  if (vip.onFailure.reaction !== 'lower' && weighted !== undefined) {
    report.error(
      weighted,
      `has no effect with "on_failure: ${vip.onFailure.reaction}"; write "on_failure: lower", or no weight`,
    );
  }
}

function checkInterval({ version, interval, name }: VipConfig, { origin }: Settings, report: Report): void {
  const written = formatDuration(interval);
  const path = origin('interval');
  const whose = path.length === 1 ? ` for VIP "${name}"` : '';
  if (version === 2 && (interval < 1000 || interval > 255_000 || interval % 1000 !== 0)) {
    report.error(
      path,
      `${written} is not whole seconds from 1s to 255s, as version 2 needs${whose}; ` +
        'write for example "1s", or "version: 3"',
    );
  }
  if (version === 3 && (interval > 40_950 || interval % 10 !== 0)) {
    report.error(
      path,
      `${written} is not 10ms to 40.95s in steps of 10ms, as version 3 needs${whose}; ` +
        `write for example "${formatDuration(milliseconds(Math.min(40_950, Math.ceil(interval / 10) * 10)))}"`,
    );
  }
}

function checkLease({ lease, interval }: VipConfig, { origin }: Settings, report: Report): void {
  const least = Math.ceil((interval + LEASE_MARGIN) / 1000);
  if (lease >= least) return;
  report.error(
    origin('lease'),
    `${lease}s is not at least a second longer than the interval of ${formatDuration(interval)}, ` +
      `so a late advertisement would cost the VIP; write "${least}s" or more`,
  );
}

/** What only one protocol version or address family has. */
function checkVersion(vip: VipConfig, { origin, path, useless }: Settings, report: Report): void {
  const four = vip.addresses.some(({ family }) => family === 'ipv4');
  const six = vip.addresses.some(({ family }) => family === 'ipv6');
  if (vip.version === 2 && six) {
    report.error(
      origin('version'),
      `version 2 has no IPv6, and ${path.join('.')} has an IPv6 address; write "version: 3"`,
    );
  }
  if (vip.version === 3 && vip.password !== undefined) {
    report.error(
      origin('auth'),
      'version 3 has no authentication (RFC 9568 9); ' +
        'write "version: 2", or no password. A top-level password holds for every VIP',
    );
  }
  if (vip.transport === 'broadcast' && six) {
    report.error(
      origin('transport'),
      `IPv6 has no broadcast, and ${path.join('.')} has an IPv6 address; write "transport: multicast"`,
    );
  }
  const form = useless('checksum', (other) => (other.get('version') ?? 3) === 3);
  if (form !== undefined && (vip.version === 2 || (!four && form.length > 1))) {
    const why = vip.version === 2 ? 'version 2 has one form of the checksum' : 'IPv6 has one form of the checksum';
    report.error(form, `${why}; leave this out`);
  }
}
