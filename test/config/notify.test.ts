import { describe, expect, test } from 'vitest';
import type { Config } from '../../src/config/config.ts';
import { diffConfig } from '../../src/config/diff.ts';
import { showConfig } from '../../src/config/show.ts';
import { configOf, crossed, errorsOf } from './sample.ts';

const withNotify = (receivers: string): string => `${crossed}notify:\n  x: { ${receivers} }\n`;
const receiversOf = (text: string): Config['notify'] => configOf(withNotify(text)).notify;
/** The errors without their places. */
const errors = (text: string): string[] =>
  errorsOf(withNotify(text)).map((error) => error.replace(/^pair\.yaml:\d+:\d+: /, ''));

const SMTP = 'smtp: 127.0.0.1:25, from: vipair@example.net, to: ops@example.net';

describe('notify', () => {
  test('a program, with everything that has a default', () => {
    expect(receiversOf('exec: [/usr/local/bin/notify, -x]')).toEqual([
      {
        name: 'x',
        kind: 'exec',
        command: ['/usr/local/bin/notify', '-x'],
        user: undefined,
        on: undefined,
        severity: 'notice',
        timeout: 60_000,
      },
    ]);
  });

  test('mail, through the host itself, another one, and with TLS and a password', () => {
    expect(receiversOf(SMTP)).toMatchObject([
      { kind: 'smtp', host: '127.0.0.1', port: 25, tls: 'none', to: ['ops@example.net'] },
    ]);
    for (const [relay, host] of [
      ['localhost:25', 'localhost'],
      ['"[::1]:25"', '::1'],
      ['mail.example.net:587', 'mail.example.net'],
      ['192.0.2.25:25', '192.0.2.25'],
    ])
      expect(receiversOf(SMTP.replace('127.0.0.1:25', relay ?? ''))).toMatchObject([{ host }]);
    const login = `smtp: mail.example.net:587, from: a@b.net, to: [c@d.net, e@f.net], tls: starttls, user: u, password_file: /etc/p`;
    expect(receiversOf(login)).toMatchObject([
      { tls: 'starttls', user: 'u', passwordFile: '/etc/p', to: ['c@d.net', 'e@f.net'] },
    ]);
  });

  test('a webhook', () => {
    const text =
      'webhook: https://hooks.example.net/x, token_file: /etc/t, secret_file: /etc/s, on: [transition, transition], timeout: 5s';
    expect(receiversOf(text)).toMatchObject([
      { kind: 'webhook', url: 'https://hooks.example.net/x', tokenFile: '/etc/t', on: ['transition'], timeout: 5000 },
    ]);
  });

  test.each([
    [
      'severity: error',
      'notify.x: says nobody to notify; write one of exec, smtp, webhook, such as "exec: [/usr/local/bin/notify]"',
    ],
    [`exec: [/x], ${SMTP}`, 'notify.x.smtp: stands beside "exec"; write two receivers'],
    ['exec: [/x], tls: starttls', 'notify.x.tls: has no effect with "exec"; leave it out'],
    ['webhook: https://a.example.net/, user: u', 'notify.x.user: has no effect with "webhook"; leave it out'],
    ['smtp: 127.0.0.1:25, to: a@b.net', 'notify.x.from: is missing; write it, such as vipair@example.net'],
    ['smtp: 127.0.0.1:25, from: a@b.net', 'notify.x.to: is missing; write it, such as [ops@example.net]'],
    [`${SMTP}, user: u`, 'notify.x.password_file: is missing; "user" and "password_file" go together'],
    [
      'smtp: mail.example.net:25, from: a@b.net, to: c@d.net, user: u, password_file: /p',
      'notify.x.tls: is missing; a password is not sent in the clear, write "tls: starttls"',
    ],
    [
      'webhook: http://a.example.net/, token_file: /t',
      'notify.x.token_file: is not sent in the clear; write an https URL',
    ],
    ['webhook: ftp://a.example.net/', 'is no http or https URL'],
    ['webhook: https://u:p@a.example.net/', 'has a user name or password in the URL'],
    ['exec: notify', '"notify" is not a list; write [/usr/local/bin/notify]'],
    [SMTP.replace('127.0.0.1:25', '127.0.0.1'), 'is no mail relay; write host and port, such as 127.0.0.1:25'],
    [SMTP.replace('ops@example.net', '"a@b.net\\r\\nBcc: x"'), 'is no mail address'],
    ['exec: [/x], on: [transitions]', '"transitions" is not one of'],
    ['exec: [/x], severity: warn', '"warn" is not one of error, warning, notice, info'],
    ['exec: [/x], pasword_file: /x', 'did you mean "password_file"?'],
  ])('%s is refused', (text, error) => {
    expect(errors(text).join('\n')).toContain(error);
  });

  test('what is shown parses to the same, and no secret is in it', () => {
    const text = `${withNotify('exec: [/x, "a b"], user: root, on: [proxy]')}  y: { ${SMTP}, tls: implicit, user: u, password_file: /etc/p }
  z: { webhook: "https://a.example.net/?x=1", token_file: /etc/t, secret_file: /etc/s, ca_file: /etc/c }
control: { listen: "[::1]:9650" }
`;
    const config = configOf(text);
    expect(configOf(showConfig(config))).toEqual(config);
    expect(config.listen).toEqual({ address: '::1', port: 9650 });
  });

  test('a change is told as it is written', () => {
    const texts = (a: string, b: string): string[] => diffConfig(configOf(a), configOf(b)).map(({ text }) => text);
    expect(texts(crossed, withNotify('exec: [/x]'))).toEqual(['notify x: added']);
    expect(texts(withNotify('exec: [/x]'), withNotify('exec: [/y], timeout: 5s'))).toEqual([
      'notify x: exec [/x] -> [/y], timeout 60s -> 5s',
    ]);
    expect(texts(crossed, `${crossed}control: { listen: 127.0.0.1:9650 }\n`)).toEqual([
      'control: listen none -> 127.0.0.1:9650',
    ]);
  });

  test.each(['9650', '"*:9650"', '127.0.0.1', 'localhost:9650', '127.0.0.1:0'])(
    'control.listen %s is refused',
    (place) => {
      expect(errorsOf(`${crossed}control: { listen: ${place} }\n`).join()).toMatch(
        /control\.listen: .*(127\.0\.0\.1:|")9650/,
      );
    },
  );
});
