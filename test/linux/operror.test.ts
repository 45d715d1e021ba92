import { describe, expect, it } from 'vitest';
import { errnoName, errnoOfText } from '../../src/linux/errno.ts';
import { native } from '../../src/linux/native.ts';
import { errorCode, OpError } from '../../src/linux/operror.ts';

describe('OpError', () => {
  it('says what failed, why, and what to do', () => {
    const error = new OpError('open VRRP socket on "eth0"', 'EPERM', { advice: 'run as root or grant CAP_NET_RAW' });
    expect(error.message).toBe('Cannot open VRRP socket on "eth0": EPERM; run as root or grant CAP_NET_RAW');
    expect(error).toMatchObject({ name: 'OpError', op: 'open VRRP socket on "eth0"', code: 'EPERM' });
    expect('cause' in error).toBe(false);
  });

  it('leaves advice out where there is none, and keeps the error underneath', () => {
    const cause = new Error('underneath');
    const error = new OpError('list links', 'EBADMSG', { cause });
    expect(error.message).toBe('Cannot list links: EBADMSG');
    expect(error.cause).toBe(cause);
  });

  it('shares its code with system errors and with nothing else', () => {
    expect(errorCode(new OpError('x', 'ENODEV'))).toBe('ENODEV');
    expect(errorCode(Object.assign(new Error('x'), { code: 'ENOENT' }))).toBe('ENOENT');
    expect(errorCode(Object.assign(new Error('x'), { code: 7 }))).toBeUndefined();
    expect(errorCode(new Error('x'))).toBeUndefined();
    expect(errorCode('ENOENT')).toBeUndefined();
  });
});

describe('errno names', () => {
  it.each([
    [1, 'EPERM'],
    [11, 'EAGAIN'],
    [19, 'ENODEV'],
    [95, 'EOPNOTSUPP'],
    [99, 'EADDRNOTAVAIL'],
    [100, 'ENETDOWN'],
    [105, 'ENOBUFS'],
    [4095, 'errno 4095'],
  ])('%i is %s', (errno, name) => {
    expect(errnoName(errno)).toBe(name);
  });

  it('are found by the text of the C library', () => {
    for (const errno of [1, 11, 19, 22, 24, 90, 95, 99, 100, 101, 105, 113]) {
      expect(errnoOfText(native().errorText(errno))).toBe(errnoName(errno));
    }
    expect(errnoOfText('a mistake of the program')).toBeUndefined();
  });
});
