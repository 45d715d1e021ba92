import { createServer } from 'node:http';
import { now } from '../../linux/clock.ts';

/*
 * All backends of a host at once: takes every connection to the port, whatever the address, answers every request with
 * 200, and says every 100 ms how many connections were made in that time.
 */

interface Order {
  readonly port: number;
}

const order = JSON.parse(process.argv[2] ?? '') as Order;
let count = 0;

const server = createServer((_, response) => response.writeHead(200, { 'content-length': '3' }).end('ok\n'));
server.on('connection', () => count++);
server.listen({ port: order.port, host: '0.0.0.0', backlog: 4096 });
// Whoever reads has gone: there is nobody left to tell.
process.stdout.on('error', () => process.exit(1));
process.stdin.on('end', () => process.exit(0)).resume();
setInterval(() => {
  process.stdout.write(`${JSON.stringify({ at: now(), count })}\n`);
  count = 0;
}, 100);
