import { spawn } from 'node:child_process';
import { closeSync, fsyncSync, openSync, renameSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { now } from '../../linux/clock.ts';

/*
 * Changing a proxy's configuration the way a person or a template tool does: write the file aside and put it in its
 * place, ask the proxy's checker, send the signal. Each line of input is a file's text; each line of output says when
 * each of these was done. What the proxy then serves is the client's to see.
 */

interface Order {
  readonly path: string;
  /** The checker's command. */
  readonly check: readonly string[];
  /** The proxy's main process. */
  readonly pid: number;
  readonly signal: NodeJS.Signals;
}

const order = JSON.parse(process.argv[2] ?? '') as Order;
let last: Promise<unknown> = Promise.resolve();

createInterface({ input: process.stdin }).on('line', (line) => {
  last = last.then(() => change(JSON.parse(line) as string));
});

async function change(text: string): Promise<void> {
  const begun = now();
  const aside = `${order.path}.aside`;
  const descriptor = openSync(aside, 'w', 0o644);
  writeFileSync(descriptor, text);
  fsyncSync(descriptor);
  closeSync(descriptor);
  renameSync(aside, order.path);
  const written = now();
  const status = await check();
  const checked = now();
  if (status === 0) process.kill(order.pid, order.signal);
  process.stdout.write(`${JSON.stringify({ begun, written, checked, status })}\n`);
}

function check(): Promise<number> {
  const [program = '', ...rest] = order.check;
  return new Promise((resolve) => {
    const child = spawn(program, rest, { stdio: 'ignore' });
    child.on('error', () => resolve(127));
    child.on('exit', (code) => resolve(code ?? 128));
  });
}
