import { spawn } from 'node:child_process';
import { compiledFile } from '../../src/lab/program.ts';

/** How a command ended, and what it said. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the compiled command line as users do, in a process of its own. */
export function vipair(argv: readonly string[], input = ''): Promise<Ended> {
  const child = spawn(process.execPath, [compiledFile('src/cli/main'), ...argv], {
    env: { PATH: process.env['PATH'] },
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => (stdout += String(chunk)));
  child.stderr.on('data', (chunk) => (stderr += String(chunk)));
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
}

/** Runs a shell command in which `vipair` is the compiled command line. */
export function shell(script: string): Promise<Ended> {
  const program = `vipair() { '${process.execPath}' '${compiledFile('src/cli/main')}' "$@"; }\n${script}`;
  const child = spawn('/bin/bash', ['-o', 'pipefail', '-c', program], { stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => (stdout += String(chunk)));
  child.stderr.on('data', (chunk) => (stderr += String(chunk)));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
}
