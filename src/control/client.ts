import { request } from 'node:http';
import { errorCode, OpError } from '../linux/operror.ts';
import type { AppliesAnswer, ApplyAnswer, ApplyQuestion, ProgressLine } from './applies.ts';
import type { Explanation } from './explain.ts';
import type { BackendOrder, BackendsAnswer, OrderAnswer } from './backends.ts';
import type { EventLine } from './event.ts';
import type { EventQuestion } from './eventstream.ts';
import type { NotifyAnswer, NotifyQuestion } from './notify.ts';
import { orderQuery } from './orderquery.ts';
import type { ReloadResult, Status } from './status.ts';
import type { SwitchAnswer, SwitchQuestion } from './switching.ts';

/** sockaddr_un.sun_path holds 107 bytes and a final NUL (unix(7)); what is longer is cut without a word. */
export const LONGEST_SOCKET_PATH = 107;

/** Between asking the daemon and giving up. */
const TIMEOUT_MS = 5000;

/** The status of the largest configuration has less than a megabyte; what sends more is no daemon of ours. */
const MOST_CHARACTERS = 1 << 24;

/** The checker of a large configuration and a reload may be silent for so long. */
const WORK_TIMEOUT_MS = 90_000;

/** A switch takes as long as the configuration gives the old proxy to finish: at most a bake time and a drain of hours. */
const SWITCH_TIMEOUT_MS = 26 * 3_600_000;

/** Asks the daemon for its status. Throws OpError when it cannot be reached or refuses. */
export const fetchStatus = (socket: string): Promise<Status> => ask<Status>(socket, 'GET', '/v1/status');

/** What the daemon makes of its host, or would if all of `asked` were so. Throws OpError, `EINVAL` when refused. */
export const fetchExplanation = (socket: string, asked: readonly string[]): Promise<Explanation> =>
  ask<Explanation>(socket, 'GET', `/v1/explain?${asked.map((each) => `if=${encodeURIComponent(each)}`).join('&')}`);

/** Asks the daemon to read its configuration again. Throws OpError when it cannot be reached. */
export const requestReload = (socket: string): Promise<ReloadResult> => ask<ReloadResult>(socket, 'POST', '/v1/reload');

/** What the daemon has applied to its proxy. Throws OpError when it cannot be reached. */
export const fetchApplies = (socket: string): Promise<AppliesAnswer> =>
  ask<AppliesAnswer>(socket, 'GET', '/v1/applies');

/** Lets the daemon test its receivers of notifications. Throws OpError when it cannot be reached or refuses. */
export function requestNotifyTest(socket: string, { receiver, dry }: NotifyQuestion): Promise<NotifyAnswer[]> {
  const words = [
    ...(receiver === undefined ? [] : [`receiver=${encodeURIComponent(receiver)}`]),
    ...(dry ? ['dry'] : []),
  ];
  return ask<NotifyAnswer[]>(socket, 'POST', `/v1/notify/test?${words.join('&')}`, WORK_TIMEOUT_MS);
}

/** The status as metrics, in the text format of OpenMetrics. Throws OpError when it cannot be reached or refuses. */
export async function fetchMetrics(socket: string): Promise<string> {
  const { code, body } = await exchange(socket, 'GET', '/v1/metrics');
  if (code === 200) return body;
  throw new OpError('ask the daemon for /v1/metrics', code === 503 ? 'EAGAIN' : 'EPROTO', { advice: body.trim() });
}

/** The backends of a service, or of all. Throws OpError when it cannot be reached or has no such service. */
export const fetchBackends = (socket: string, service: string | undefined): Promise<BackendsAnswer> =>
  ask<BackendsAnswer>(
    socket,
    'GET',
    `/v1/backends${service === undefined ? '' : `?service=${encodeURIComponent(service)}`}`,
  );

/** Gives an order about a backend; a dry one changes nothing. Throws OpError when the daemon cannot be reached. */
export const requestOrder = (socket: string, order: BackendOrder, isDry: boolean): Promise<OrderAnswer> =>
  ask<OrderAnswer>(socket, 'POST', `/v1/backends?${orderQuery(order, isDry)}`);

/** Takes events one by one; with `follow` until the daemon ends. Throws OpError when it cannot be reached or refuses. */
export async function readEvents(
  socket: string,
  { since, last, follow: isFollowed }: EventQuestion,
  onLine: (line: EventLine) => void,
): Promise<void> {
  const words = [
    ...(since === undefined ? [] : [`since=${since}`]),
    ...(last === undefined ? [] : [`last=${last}`]),
    ...(isFollowed ? ['follow'] : []),
  ];
  const path = `/v1/events?${words.join('&')}`;
  const timeout = isFollowed ? undefined : TIMEOUT_MS;
  const onText = linesOf((text) => onLine(JSON.parse(text) as EventLine));
  const { code, body } = await exchange(socket, 'GET', path, { timeout, onText });
  if (code !== 200) throw new OpError(`ask the daemon for ${path}`, 'EPROTO', { advice: body.trim() });
}

/** Lets the daemon apply now; `onProgress` is told what it does. Throws OpError when it cannot be reached or refuses. */
export const requestApply = (
  socket: string,
  { dry, force }: ApplyQuestion,
  onProgress: (words: string) => void,
): Promise<ApplyAnswer> =>
  follow(socket, `/v1/apply?${[...(dry ? ['dry'] : []), ...(force ? ['force'] : [])].join('&')}`, onProgress);

/** Lets the daemon go back to an earlier apply. Throws OpError when it cannot be reached or refuses. */
export const requestRollback = (
  socket: string,
  id: number | undefined,
  onProgress: (words: string) => void,
): Promise<ApplyAnswer> => follow(socket, `/v1/rollback${id === undefined ? '' : `?id=${id}`}`, onProgress);

/** Lets the daemon switch to another proxy. Throws OpError when it cannot be reached or refuses to begin. */
export const requestSwitch = (
  socket: string,
  { to, dry }: SwitchQuestion,
  onProgress: (words: string) => void,
): Promise<SwitchAnswer> =>
  follow(socket, `/v1/switch?to=${encodeURIComponent(to)}${dry ? '&dry' : ''}`, onProgress, SWITCH_TIMEOUT_MS);

/**
 * Whether a daemon listens on the socket. A socket file that nobody listens on is no daemon. Throws OpError when the
 * permission to find out is missing.
 */
export async function isAnswering(socket: string): Promise<boolean> {
  try {
    await exchange(socket, 'GET', '/v1/alive');
    return true;
  } catch (error) {
    const code = errorCode(error) ?? '';
    if (code === 'EACCES' || code === 'EPERM') throw error;
    return !['ENOENT', 'ECONNREFUSED', 'ENOTSOCK', 'ENOTDIR'].includes(code);
  }
}

async function ask<T>(socket: string, method: string, path: string, timeout = TIMEOUT_MS): Promise<T> {
  const { code, body } = await exchange(socket, method, path, { timeout });
  const value = parse(body) as (T & { readonly error?: string }) | undefined;
  if (code === 200 && value !== undefined) return value;
  const advice = value?.error ?? `what answered with ${code} is no vipair; use another --socket`;
  const errno = code === 503 ? 'EAGAIN' : code === 400 ? 'EINVAL' : 'EPROTO';
  throw new OpError(`ask the daemon for ${path}`, errno, { advice });
}

/** The object in an answer; `undefined` when there is none. */
function parse(body: string): object | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Work that takes its time and tells of it. */
async function follow<T = ApplyAnswer>(
  socket: string,
  path: string,
  onProgress: (words: string) => void,
  timeout: number | undefined = WORK_TIMEOUT_MS,
): Promise<T> {
  let answer: T | undefined;
  let refusal: string | undefined;
  const read = linesOf((line) => {
    const said = JSON.parse(line) as ProgressLine<T>;
    if ('progress' in said) onProgress(said.progress);
    else if ('answer' in said) answer = said.answer;
    else refusal = said.error;
  });
  const { code, body } = await exchange(socket, 'POST', path, { timeout, onText: read });
  if (answer !== undefined) return answer;
  const advice = refusal ?? (code === 200 ? 'it ended in the middle' : body.trim());
  throw new OpError(`ask the daemon for ${path}`, 'EPROTO', { advice });
}

/** Calls back for each whole line of a text that comes in pieces; empty ones are signs of life. */
function linesOf(onLine: (line: string) => void): (text: string) => void {
  let rest = '';
  return (text) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line !== '') onLine(line);
  };
}

interface ExchangeOptions {
  /** `undefined` for none. */
  readonly timeout?: number | undefined;
  /** Told each piece of the body as it comes. */
  readonly onText?: (text: string) => void;
}

function exchange(
  socket: string,
  method: string,
  path: string,
  { timeout, onText }: ExchangeOptions = { timeout: TIMEOUT_MS },
): Promise<{ code: number; body: string }> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => {
      const code = errorCode(error) ?? 'EIO';
      reject(new OpError(`reach the daemon on "${socket}"`, code, { cause: error, advice: adviceFor(code) }));
    };
    if (Buffer.byteLength(socket) > LONGEST_SOCKET_PATH) return fail(coded('ENAMETOOLONG'));
    const signal = timeout === undefined ? {} : { signal: AbortSignal.timeout(timeout) };
    const options = { socketPath: socket, method, path, agent: false, ...signal };
    const outgoing = request(options, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        if (onText !== undefined && response.statusCode === 200) return onText(chunk);
        body += chunk;
        if (body.length > MOST_CHARACTERS) outgoing.destroy(coded('EMSGSIZE'));
      });
      response.on('end', () => resolve({ code: response.statusCode ?? 0, body }));
      response.on('error', (error) => fail(timely(error)));
    });
    outgoing.on('error', (error) => fail(timely(error)));
    outgoing.end();
  });
}

/** The error of a request that took too long says so. */
const timely = (error: Error): Error => (error.name === 'AbortError' ? coded('ETIMEDOUT') : error);

const coded = (code: string): Error => Object.assign(new Error(code), { code });

function adviceFor(code: string): string {
  switch (code) {
    case 'ENOENT':
    case 'ECONNREFUSED':
      return 'is `vipair run` running, and with this --socket?';
    case 'EACCES':
    case 'EPERM':
      return 'run as root or as a member of the group that owns the socket';
    case 'ENAMETOOLONG':
      return `a socket has a path of at most ${LONGEST_SOCKET_PATH} bytes`;
    default:
      return 'see the log of the daemon';
  }
}
