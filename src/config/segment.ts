import type { Config, VipConfig } from './config.ts';
import type { Report } from './report.ts';

/**
 * A VRID names one virtual router on a network segment, for each address family (RFC 9568 5.2.3). Two VIPs are on one
 * segment for certain when they use the same interface of the same node; when they only use interfaces of the same
 * name on different nodes, they may be.
 */
export function checkSegments({ vips }: Config, report: Report): void {
  const taken = new Map<string, VipConfig>();
  const named = new Map<string, VipConfig>();
  for (const vip of vips) {
    const families = new Set(vip.addresses.map(({ family }) => family));
    for (const family of families) {
      for (const [node, name] of Object.entries(vip.interfaces)) {
        // Interfaces that could not be resolved are an error of their own.
        if (name === '') continue;
        const certain = `${family} ${vip.vrid} ${name} ${node}`;
        const likely = `${family} ${vip.vrid} ${name}`;
        const other = taken.get(certain);
        const like = named.get(likely);
        const path = ['vips', vip.name, 'vrid'];
        if (other !== undefined && other !== vip) {
          report.error(
            path,
            `${vip.vrid} is the VRID of VIP "${other.name}" on ${name} already; write another from 1 to 255`,
          );
        } else if (like !== undefined && like !== vip && !sharesNode(like, vip)) {
          report.warn(
            path,
            `${vip.vrid} is the VRID of VIP "${like.name}" too; other nodes hold it, but if their ${name} is ` +
              'on the same segment, write another',
          );
        }
        if (other === undefined) taken.set(certain, vip);
        if (like === undefined) named.set(likely, vip);
      }
    }
  }
}

const sharesNode = (a: VipConfig, b: VipConfig): boolean => a.prefer.some((node) => b.prefer.includes(node));
