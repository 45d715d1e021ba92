import type { Capture } from '../../../src/lab/capture.ts';
import { must } from '../../../src/lab/run.ts';

/** One gratuitous ARP packet. */
export interface Announced {
  /** Seconds since the capture began. */
  readonly time: number;
  readonly mac: string;
  readonly address: string;
}

/** The gratuitous ARP packets of a capture so far. */
export async function announcements(capture: Capture): Promise<Announced[]> {
  const fields = ['frame.time_relative', 'arp.src.hw_mac', 'arp.src.proto_ipv4'].flatMap((field) => ['-e', field]);
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
  return stdout.split('\n').flatMap((line) => {
    const [time, mac, address] = line.split('\t');
    return mac === undefined || address === undefined ? [] : [{ time: Number(time), mac, address }];
  });
}
