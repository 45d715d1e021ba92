// A web server on port ARGV[2] of every loopback address, as cheap as it can be.
import { createServer } from 'node:net';

const answer = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok';
createServer((socket) => {
  socket.on('error', () => {});
  socket.on('data', () => socket.end(answer));
}).listen(Number(process.argv[2]), '0.0.0.0', 4096, () => console.log('ready'));
