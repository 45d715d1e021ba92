import type { Capture } from '../../../src/lab/capture.ts';
import { must } from '../../../src/lab/run.ts';
import { now } from '../../../src/linux/clock.ts';
import type { Instant } from '../../../src/wire/units.ts';
import { instant } from '../../../src/wire/units.ts';

/** One gratuitous ARP packet. */
export interface Announced {
  readonly at: Instant;
  readonly mac: string;
  readonly address: string;
}

/** The gratuitous ARP packets of a capture so far. */
export async function announcements(capture: Capture): Promise<Announced[]> {
  const fields = ['frame.time_epoch', 'arp.src.hw_mac', 'arp.src.proto_ipv4'].flatMap((field) => ['-e', field]);
  const filter = 'arp.isgratuitous == 1';
  const { stdout } = await must('decode', [
    'tshark',
    '-n',
    '-r',
    capture.file,
    '-Y',
    filter,
    '-T',
    'fields',
    ...fields,
  ]);
  const wallClock = Date.now() - now();
  return stdout.split('\n').flatMap((line) => {
    const [time, mac, address] = line.split('\t');
    if (mac === undefined || address === undefined) return [];
    return [{ at: instant(Number(time) * 1000 - wallClock), mac, address }];
  });
}
