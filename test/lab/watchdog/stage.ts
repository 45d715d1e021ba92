import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { compiledFile } from '../../../src/lab/program.ts';
import type { Host } from '../../../src/lab/host.ts';
import type { LabProcess } from '../../../src/lab/process.ts';
import type { Outcome } from '../../../src/lab/run.ts';
import { until } from '../../../src/lab/until.ts';
import { milliseconds } from '../../../src/wire/units.ts';

export const CHECK: string = fileURLToPath(new URL('../../../src/watchdog/check.sh', import.meta.url));
const patience = milliseconds(30_000);

/** A real proxy that runs in the background of a host, as its package starts it, with a watchdog beside it. */
export class Stage {
  readonly host: Host;
  #watchdog: LabProcess | undefined;
  #started = 0;

  constructor(host: Host) {
    this.host = host;
  }

  path(name: string): string {
    return `${this.host.directory}/${name}`;
  }

  /** Writes the proxy's configuration, and a script that does what `systemctl restart` does. */
  prepare(): void {
    const config = `
      pid ${this.path('front.pid')}; error_log ${this.path('front.err')}; worker_processes 2; user root;
      events { worker_connections 64; }
      http { access_log off; server { listen 80; location /healthz { return 200 "well\\n"; } } }`;
    writeFileSync(this.path('front.conf'), config);
    const restart = `
      pid=$(cat ${this.path('front.pid')} 2>/dev/null) && kill -KILL -$pid 2>/dev/null
      while pidof nginx >/dev/null; do sleep 0.02; done
      rm -f ${this.path('front.pid')}
      exec nginx -c ${this.path('front.conf')}`;
    writeFileSync(this.path('restart.sh'), restart);
    this.write('after.sh', 'echo "$1" >> "$(dirname "$0")/after.log"');
  }

  write(name: string, text: string): string {
    writeFileSync(this.path(name), text);
    return `sh ${this.path(name)}`;
  }

  has(name: string): boolean {
    return existsSync(this.path(name));
  }

  sh(script: string): Promise<Outcome> {
    return this.host.exec(['sh', '-c', script]);
  }

  async serve(): Promise<void> {
    const { code, stderr } = await this.sh(`sh ${this.path('restart.sh')}`);
    if (code !== 0) throw new Error(`Cannot start the proxy: ${stderr}`);
    await this.until('it serves', async () => (await this.sh('curl -sf -m 1 http://127.0.0.1/healthz')).code === 0);
  }

  /** Runs a command of `vipair watchdog` to its end. */
  vipair(...argv: readonly string[]): Promise<Outcome> {
    return this.host.exec([process.execPath, compiledFile('src/cli/main'), 'watchdog', ...argv]);
  }

  check(name: string): Promise<Outcome> {
    return this.host.exec([CHECK, name]);
  }

  /** Starts a watchdog and waits for its first word of health. */
  async watch(...argv: readonly string[]): Promise<LabProcess> {
    const quick = [
      '--interval',
      '300ms',
      '--timeout',
      '500ms',
      '--verify',
      '3s',
      '--backoff',
      '200ms',
      '--settle',
      '1s',
    ];
    const words = [process.execPath, compiledFile('src/cli/main'), 'watchdog', '--process', 'nginx'];
    const name = `watchdog${this.#started++}`;
    this.#watchdog = await this.host.start([...words, ...quick, ...argv], { name });
    await this.said(/ (well|sick): /);
    return this.#watchdog;
  }

  log(): string {
    return this.#watchdog?.log() ?? '';
  }

  async said(words: RegExp): Promise<void> {
    await this.until(`it says ${String(words)}: ${this.log()}`, () => words.test(this.log()));
  }

  /** Waits for words of which there may have been some before. */
  async saidTimes(words: RegExp, times: number): Promise<void> {
    const all = new RegExp(words, 'g');
    await this.until(`it says ${String(words)} ${times} times`, () => (this.log().match(all) ?? []).length >= times);
  }

  until(what: string, isSo: () => boolean | Promise<boolean>): Promise<unknown> {
    return until(what, isSo, patience).catch((error: unknown) => {
      throw new Error(`${error instanceof Error ? error.message : String(error)}\n${this.log()}`);
    });
  }

  /** Ends watchdog and proxy. */
  async clear(): Promise<void> {
    await this.#watchdog?.stop();
    this.#watchdog = undefined;
    await this.sh(`kill -KILL -$(cat ${this.path('front.pid')})`);
    await this.until('the proxy has ended', async () => (await this.sh('pidof nginx')).code !== 0);
    for (const name of ['front.pid', 'after.log']) rmSync(this.path(name), { force: true });
  }
}
