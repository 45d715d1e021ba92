import type { CheckConfig } from '../../config/checkconfig.ts';
import type { Clock } from '../clock.ts';
import { openExecProbe } from './exec.ts';
import { openHttpProbe } from './http.ts';
import { openHttpsProbe } from './https.ts';
import { openIcmpProbe } from './icmp.ts';
import type { Probe } from './probe.ts';
import { openTcpProbe } from './tcp.ts';
import { openUdpProbe } from './udp.ts';

/** The probe for a kind of check. */
export function openProbe(check: CheckConfig, clock: Clock): Probe {
  switch (check.type) {
    case 'http':
      return openHttpProbe(check, clock);
    case 'https':
      return openHttpsProbe(check, clock);
    case 'tcp':
      return openTcpProbe(check, clock);
    case 'icmp':
      return openIcmpProbe(check, clock);
    case 'udp':
      return openUdpProbe(check, clock);
    case 'exec':
      return openExecProbe(check, clock);
  }
}
