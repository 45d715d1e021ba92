import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';

/** A mail as a relay takes it. */
export interface Mail {
  readonly from: string;
  readonly to: readonly string[];
  readonly data: string;
}

/** A mail relay on loopback (RFC 5321), as much of it as a client needs, with strict line ends. */
export class Mailbox {
  readonly mails: Mail[] = [];
  /** Commands as they came. */
  readonly commands: string[] = [];
  /** What is answered to some commands instead: `{ RCPT: '550 no such user' }`. `hang` answers nothing. */
  answers: Record<string, string> = {};
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  constructor() {
    this.#server = createServer((socket) => this.#serve(socket));
  }

  async open(port = 0): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(port, '127.0.0.1', resolve));
    return (this.#server.address() as AddressInfo).port;
  }

  close(): Promise<unknown> {
    for (const socket of this.#sockets) socket.destroy();
    return new Promise((resolve) => this.#server.close(resolve));
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('error', () => undefined);
    let rest = '';
    let mail: { from: string; to: string[]; lines: string[] | undefined } = { from: '', to: [], lines: undefined };
    const say = (line: string): void => void socket.write(`${line}\r\n`);
    if (this.answers['GREETING'] !== 'hang') say('220 relay.example.net ESMTP');
    socket.on('data', (bytes) => {
      const lines = (rest + bytes.toString()).split('\r\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        if (mail.lines !== undefined) {
          if (line !== '.') {
            mail.lines.push(line.replace(/^\./, ''));
            continue;
          }
          this.mails.push({ from: mail.from, to: mail.to, data: mail.lines.join('\n') });
          mail = { from: '', to: [], lines: undefined };
          say('250 queued as 4711');
          continue;
        }
        this.commands.push(line);
        const [word = ''] = line.toUpperCase().split(/[ :]/);
        const answer = this.answers[word];
        if (answer === 'hang') continue;
        if (answer !== undefined) say(answer);
        else if (word === 'EHLO') say('250-relay.example.net\r\n250 AUTH PLAIN LOGIN');
        else if (word === 'DATA') say('354 go on');
        else say(word === 'AUTH' ? '235 welcome' : word === 'QUIT' ? '221 bye' : '250 fine');
        if (answer === undefined && word === 'MAIL') mail.from = /<(.*?)>/.exec(line)?.[1] ?? '';
        if (answer === undefined && word === 'RCPT') mail.to.push(/<(.*?)>/.exec(line)?.[1] ?? '');
        if (answer === undefined && word === 'DATA') mail.lines = [];
      }
    });
  }
}
