/**
 * A webhook and a mail relay on loopback, for the tests of notifications: `node receivers.mjs FOLDER`. What they take is
 * written to FOLDER/hook.log and FOLDER/mail.log, the number and the id of an event a line. While FOLDER/hang exists the
 * webhook answers nothing.
 */
import { appendFileSync, existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createRelay } from 'node:net';
import { join } from 'node:path';

const [folder = ''] = process.argv.slice(2);
const note = (file, { seq, id, type }) => appendFileSync(join(folder, file), `${seq} ${id} ${type}\n`);

createServer((request, response) => {
  let body = '';
  request.on('data', (chunk) => (body += chunk));
  request.on('end', () => {
    if (existsSync(join(folder, 'hang'))) return;
    note('hook.log', JSON.parse(body));
    response.writeHead(204).end();
  });
}).listen(9999, '127.0.0.1');

createRelay((socket) => {
  let rest = '';
  let mail;
  const say = (line) => socket.write(`${line}\r\n`);
  socket.on('error', () => undefined);
  say('220 relay');
  socket.on('data', (bytes) => {
    const lines = (rest + bytes).split('\r\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (mail === undefined) {
        if (line === 'DATA') mail = [];
        say(line === 'DATA' ? '354 go on' : line === 'QUIT' ? '221 bye' : '250 fine');
      } else if (line !== '.') mail.push(line);
      else {
        const text = mail.join('\n').replaceAll('=\n', '').replaceAll('=3D', '=');
        note('mail.log', {
          seq: /^Number: +(\d+)/m.exec(text)?.[1],
          id: /^X-Vipair-Id: (.*)$/im.exec(text)?.[1],
          type: /^X-Vipair-Event: (.*)$/im.exec(text)?.[1],
        });
        mail = undefined;
        say('250 taken');
      }
    }
  });
}).listen(2525, '127.0.0.1');

process.stdout.write('ready\n');
