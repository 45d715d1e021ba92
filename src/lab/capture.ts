import { readFileSync } from 'node:fs';
import { now } from '../linux/clock.ts';
import type { Instant } from '../wire/units.ts';
import { instant, milliseconds } from '../wire/units.ts';
import { failure } from './failure.ts';
import type { Lab } from './lab.ts';
import type { LabProcess } from './process.ts';
import { must } from './run.ts';
import { until } from './until.ts';

/** A VRRP packet as tshark decodes it. */
export interface CapturedAdvertisement {
  /** When it crossed the switch, to about a millisecond: captures carry wall-clock time. */
  readonly at: Instant;
  readonly source: string;
  readonly destination: string;
  /** TTL or hop limit. */
  readonly ttl: number;
  readonly version: number;
  readonly vrid: number;
  readonly priority: number;
  /** Whether tshark found the VRRP checksum good. */
  readonly checksumGood: boolean;
  /** Whether tshark called anything about the packet malformed. */
  readonly malformed: boolean;
}

/** Everything that crosses the first switch, written to a file. */
export class Capture {
  /** Path of the pcap file. */
  readonly file: string;
  readonly #process: LabProcess;

  constructor(file: string, process: LabProcess) {
    this.file = file;
    this.#process = process;
  }

  /** Ends the capture; the file is complete when this returns. */
  async stop(): Promise<void> {
    await this.#process.stop('SIGINT');
  }

  /** All VRRP packets of the file so far. Throws `OpError` when tshark is not there. */
  async advertisements(): Promise<CapturedAdvertisement[]> {
    const fields = ['frame.time_epoch', 'ip.src', 'ipv6.src', 'ip.dst', 'ipv6.dst', 'ip.ttl', 'ipv6.hlim'];
    fields.push('vrrp.version', 'vrrp.virt_rtr_id', 'vrrp.prio', 'vrrp.checksum.status', '_ws.malformed');
    const select = fields.flatMap((field) => ['-e', field]);
    const argv = ['tshark', '-n', '-r', this.file, '-Y', 'vrrp', '-T', 'fields', '-E', 'occurrence=f', ...select];
    const { stdout } = await must(`decode "${this.file}"`, argv);
    return stdout
      .split('\n')
      .filter((line) => line !== '')

      .map((line) => readLine(line, Date.now() - now()));
  }
}

/** VRRP of both families; the word `vrrp` of pcap-filter(7) means IPv4 only. */
const vrrpFilter = 'ip proto 112 or ip6 proto 112';

/** Starts a capture and returns when it has begun. `filter` is in the words of pcap-filter(7). Throws `OpError`. */
export async function startCapture(lab: Lab, name: string, filter: string = vrrpFilter): Promise<Capture> {
  const file = `${lab.switch.directory}/${name}.pcap`;
  const argv = ['tcpdump', '-n', '-U', '--immediate-mode', '-Z', 'root', '-i', 'br0', '-w', file, filter];
  const started = await lab.switch.start(argv, { name: `capture-${name}`, unattended: true });
  const hasBegun = (): boolean => {
    if (!started.running) throw failure(`capture on lab "${lab.name}"`, started.log().trim());
    return readFileSync(started.record.log, 'utf8').includes('listening on');
  };
  await until('the capture has begun', hasBegun, milliseconds(5000));
  return new Capture(file, started);
}

/** `wallClock` is the wall-clock time, in milliseconds, at which the monotonic clock was 0. */
function readLine(line: string, wallClock: number): CapturedAdvertisement {
  const [time, ipSource, ipv6Source, ipTo, ipv6To, ttl, hops, version, vrid, priority, checksum, malformed] =
    line.split('\t');
  const either = (a: string | undefined, b: string | undefined): string =>
    a === undefined || a === '' ? (b ?? '') : a;
  return {
    at: instant(Number(time) * 1000 - wallClock),
    source: either(ipSource, ipv6Source),
    destination: either(ipTo, ipv6To),
    ttl: Number(either(ttl, hops)),
    version: Number(version),
    vrid: Number(vrid),
    priority: Number(priority),
    checksumGood: checksum === '1',
    malformed: malformed !== undefined && malformed !== '',
  };
}
