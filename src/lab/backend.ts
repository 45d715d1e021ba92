import { request } from 'node:http';
import type { Milliseconds } from '../wire/units.ts';
import { failure } from './failure.ts';
import type { Member } from './member.ts';
import { programCommand } from './program.ts';
import type { LabProcess } from './process.ts';
import { until } from './until.ts';

/** `fail` answers 503 to everything, `hang` takes requests and answers nothing. */
export type BackendMode = 'ok' | 'fail' | 'hang';

/** The port every backend serves. */
export const backendPort = 8080;

const startTime = 5000 as Milliseconds;

/** An HTTP server on a backend that answers its member's name; `/healthz` tells its mode. */
export class Backend {
  readonly member: Member;
  readonly process: LabProcess;

  constructor(member: Member, process: LabProcess) {
    this.member = member;
    this.process = process;
  }

  /** From the next request on it behaves like that. Throws `OpError` when it does not run. */
  set(mode: BackendMode): Promise<void> {
    return ask(this.member, `/control/${mode}`);
  }

  async stop(): Promise<void> {
    await this.process.stop('SIGKILL');
  }
}

/** Starts the server and returns when it answers. Throws `OpError`. */
export async function startBackend(member: Member): Promise<Backend> {
  const order = { name: member.name, port: backendPort, control: controlOf(member) };
  const started = await member.start(programCommand('backend', order), { name: 'backend', unattended: true });
  const isUp = async (): Promise<boolean> => {
    if (!started.running) throw failure(`start backend "${member.name}"`, started.log().trim());
    return ask(member, '/healthz').then(
      () => true,
      () => false,
    );
  };
  await until(`backend "${member.name}" answers`, isUp, startTime);
  return new Backend(member, started);
}

const controlOf = (member: Member): string => `${member.directory}/backend.sock`;

/** Asks over the unix socket, because a file's path reaches into another network namespace and an address does not. */
function ask(member: Member, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath: controlOf(member), path, method: 'GET', timeout: 2000 }, (response) => {
      response.resume().on('end', () => resolve());
    });
    asked.on('error', (cause) => reject(failure(`ask backend "${member.name}"`, cause)));
    asked.on('timeout', () => asked.destroy(new Error('timeout')));
    asked.end();
  });
}
