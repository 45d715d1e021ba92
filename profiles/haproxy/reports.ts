import { connect } from 'node:net';
import { errorCode, OpError } from '../../src/linux/operror.ts';
import type { HealthReport, HealthReports, ReportStream, StreamEvents } from '../../src/proxy/steering.ts';
import { RING } from './backend.ts';

/**
 * What HAProxy's own checks find. `option log-health-checks` writes every result that changes something to the ring, and
 * `show events` gives it as it happens. A worker that leaves says that its proxies are stopped, and keeps the
 * connection, which would keep the worker: it has to be left. A connection without events ends after `stats timeout`
 * (10 s unless set), so the end of one is nothing unusual.
 */
export const reports: HealthReports = {
  open: (path, events) => openStream(path, events),
  question: (service) => `show servers state ${service}`,
  states,
  correction: (service, server, health) => `set server ${service}/${server} health ${health}`,
};

/** No line of the ring is longer. */
const MOST_BYTES = 1 << 16;

function openStream(path: string, { onOpen, onReport, onRenewal, onEnd }: StreamEvents): ReportStream {
  const socket = connect(path);
  let rest = '';
  let isOver = false;
  const end = (error: OpError | undefined): void => {
    if (isOver) return;
    isOver = true;
    socket.destroy();
    onEnd(error);
  };
  socket.setEncoding('utf8');
  socket.on('connect', () => {
    // -w waits for more, -n leaves out what has been.
    socket.write(`show events ${RING} -w -n\n`);
    onOpen();
  });
  socket.on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = (lines.pop() ?? '').slice(-MOST_BYTES);
    for (const line of lines) {
      if (isOver) return;
      if (/^<\d>\S+ Proxy \S+ stopped /.test(line)) onRenewal();
      else if (/^(?:Unknown command|No such event sink|Permission denied)/.test(line))
        end(failure(path, 'EPROTO', line));
      else for (const report of readLine(line)) onReport(report);
    }
  });
  socket.on('error', (error) => end(failure(path, errorCode(error) ?? 'EIO')));
  socket.on('close', () => end(undefined));
  // It must not keep the program alive.
  socket.unref();
  return {
    close() {
      isOver = true;
      socket.destroy();
    },
  };
}

const failure = (path: string, code: string, advice?: string): OpError =>
  new OpError(`follow HAProxy's checks on "${path}"`, code, { advice });

/** `Health check for server web/b1 failed, reason: Layer4 timeout, check duration: 2001ms, status: 0/2 DOWN.` */
const CHECK = /^<\d>\S+ Health check for (?:backup )?server ([^/\s]+)\/(\S+) \w+, (.*), status: \d+\/\d+ (UP|DOWN)\.$/;

/** `Server web/b1 is DOWN, changed from CLI. 0 active ...`; what is under maintenance or drained is no news here. */
const CHANGE = /^<\d>\S+ (?:Backup )?Server ([^/\s]+)\/(\S+) is (UP|DOWN)(, [^.]*)?\./;

function readLine(line: string): HealthReport[] {
  const [, service = '', server = '', words = '', state] = CHECK.exec(line) ?? [];
  if (state !== undefined) return [{ service, server, health: healthOf(state), reason: reasonOf(words), isNews: true }];
  const [, backend = '', name = '', now, why = ''] = CHANGE.exec(line) ?? [];
  if (now === undefined) return [];
  const reason = why.replace(/^, /, '') || undefined;
  return [{ service: backend, server: name, health: healthOf(now), reason, isNews: true }];
}

const healthOf = (word: string): 'up' | 'down' => (word === 'UP' ? 'up' : 'down');

/** `reason: Layer7 wrong status, code: 503, info: "Busy", check duration: 2ms` as `Layer7 wrong status, code 503 (Busy)`. */
function reasonOf(words: string): string {
  const [, reason = words, code, info] =
    /^reason: (.*?)(?:, code: (\d+))?(?:, info: "(.*?)")?(?:, check duration: \d+ms)?$/.exec(words) ?? [];
  const number = code === undefined ? '' : `, code ${code}`;
  return `${reason}${number}${info === undefined || info === '' ? '' : ` (${info})`}`;
}

/** Columns of `show servers state` (management guide 9.3). */
const [NAME, OPERATION, STATUS, RESULT] = [3, 5, 10, 11];

/** The commoner values of srv_check_status (include/haproxy/check-t.h), in the words of the log. */
const STATUSES: Readonly<Record<string, string>> = {
  '6': 'Layer4 check passed',
  '7': 'Layer4 timeout',
  '8': 'Layer4 connection problem',
  '9': 'Layer6 check passed',
  '10': 'Layer6 timeout',
  '11': 'Layer6 invalid response',
  '12': 'Layer7 timeout',
};

function states(service: string, answer: string): HealthReport[] {
  return answer.split('\n').flatMap((line): HealthReport[] => {
    const fields = line.split(' ');
    if (fields[1] !== service || fields.length < 19) return [];
    const isJudged = fields[RESULT] !== '0';
    const health = isJudged ? (fields[OPERATION] === '0' ? 'down' : 'up') : 'unknown';
    const words = STATUSES[fields[STATUS] ?? ''];
    // A state file brings the verdict and not the check behind it.
    const reason = words?.endsWith('passed') === (health === 'up') ? words : undefined;
    return [{ service, server: fields[NAME] ?? '', health, reason, isNews: false }];
  });
}
