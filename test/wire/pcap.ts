import { readFileSync, readdirSync } from 'node:fs';

const folder = new URL('../vectors/pcap/', import.meta.url);

/** The names of the captures, without `.pcap`. */
export const captures: readonly string[] = readdirSync(folder)
  .filter((file) => file.endsWith('.pcap'))
  .map((file) => file.slice(0, -'.pcap'.length));

/** The Ethernet frames of a capture in libpcap format, microseconds, little-endian. */
export function readCapture(name: string): Uint8Array[] {
  const file = readFileSync(new URL(`${name}.pcap`, folder));
  if (file.readUInt32LE(0) !== 0xa1b2_c3d4 || file.readUInt32LE(20) !== 1) throw new Error(`Not Ethernet: ${name}`);
  const frames: Uint8Array[] = [];
  for (let offset = 24; offset < file.length;) {
    const length = file.readUInt32LE(offset + 8);
    frames.push(Uint8Array.from(file.subarray(offset + 16, offset + 16 + length)));
    offset += 16 + length;
  }
  return frames;
}
