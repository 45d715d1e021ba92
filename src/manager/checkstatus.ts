import type { Config } from '../config/config.ts';
import type { CheckStatus } from '../control/status.ts';
import type { Snapshot } from '../engine/snapshot.ts';
import { labelOf } from '../track/fitness.ts';
import { policyOf } from '../track/policy.ts';
import { wallClock } from './log.ts';

/** The checks of the host as the engine knows them, each with the VIPs that it counts for. */
export function checkStatuses(snapshot: Snapshot, config: Config): CheckStatus[] {
  const tracks = config.vips.flatMap((vip) =>
    policyOf(vip).tracks.map(({ check, weight }) => ({ vip: vip.name, check, weight: weight ?? null })),
  );
  const causes = snapshot.routers.flatMap((router) => router.causes);
  return [...new Set(tracks.map(({ check }) => check))].map((check): CheckStatus => {
    const verdict = snapshot.checks[check];
    const isRecovering = causes.some(({ subject, state }) => subject === check && state === 'recovering');
    return {
      name: labelOf(check),
      state: verdict?.state !== 'well' ? 'failed' : isRecovering ? 'recovering' : 'well',
      reason: verdict?.reason ?? 'not looked at yet',
      since: new Date(wallClock(verdict?.since ?? snapshot.at)).toISOString(),
      vips: tracks.filter((track) => track.check === check).map(({ vip, weight }) => ({ vip, weight })),
    };
  });
}
