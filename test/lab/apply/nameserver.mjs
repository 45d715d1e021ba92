// A name server on UDP port 53 of every address. What it answers stands in the file ARGV[2], and is read for each query:
// an address, `NXDOMAIN`, `SERVFAIL`, or `silent`. Answers hold for a second.
import { createSocket } from 'node:dgram';
import { readFileSync } from 'node:fs';

const socket = createSocket('udp4');
socket.on('message', (query, { address, port }) => {
  const mode = readFileSync(process.argv[2], 'utf8').trim();
  if (mode === 'silent') return;
  const code = { NXDOMAIN: 3, SERVFAIL: 2 }[mode] ?? 0;
  // The question ends with the empty label, a type and a class.
  const question = query.subarray(12, query.indexOf(0, 12) + 5);
  const isAddress = code === 0 && question.readUInt16BE(question.length - 4) === 1;
  const header = Buffer.alloc(12);
  query.copy(header, 0, 0, 2);
  header.writeUInt16BE(0x8180 | code, 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(isAddress ? 1 : 0, 6);
  const record = [0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4, ...mode.split('.').map(Number)];
  socket.send(Buffer.concat([header, question, isAddress ? Buffer.from(record) : Buffer.alloc(0)]), port, address);
});
socket.bind(53, () => console.log('ready'));
