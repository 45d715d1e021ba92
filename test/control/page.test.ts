import { describe, expect, it } from 'vitest';
import { renderPage } from '../../src/control/page.ts';
import { record } from '../manager/record.ts';
import { serviceStatus, status, vipStatus } from './status.ts';

const evil = `<script>alert('x')</script>"&\u0000`;

/** A reader of what the page may be made of: elements that are opened and closed in order, and text without markup. */
function read(page: string): string[] {
  const open: string[] = [];
  const texts: string[] = [];
  const body = page.slice(page.indexOf('<body>'), page.indexOf('</body>'));
  for (const [, close, name, text] of body.matchAll(/<(\/?)([a-z]\w*)(?: class="(?:good|bad|warn|dim)")?>|([^<]+)/g)) {
    if (text !== undefined) texts.push(text);
    else if (close === '/') expect(open.pop()).toBe(name);
    else open.push(name ?? '');
  }
  expect(open).toEqual(['body']);
  return texts;
}

describe('the page', () => {
  it('shows who holds what, what is wrong, and what has happened', async () => {
    const page = renderPage(
      status({
        services: [serviceStatus()],
        warnings: [{ code: 'sysctl', text: 'sysctl x is "0"', since: '2026-01-02T03:04:05.000Z' }],
      }),
      [record()],
    );
    expect(read(page).join(' ')).toContain('web-1');
    await expect(page).toMatchFileSnapshot('../golden/control/page.html');
  });

  it('is what it is, whatever names and texts try to be', () => {
    const page = renderPage(
      status({
        node: evil,
        vips: [vipStatus({ vip: evil, reason: evil, holder: evil })],
        warnings: [{ code: 'config', text: evil, since: evil }],
        ifHostDied: [{ host: evil, consequences: [evil] }],
      }),
      [record({ text: evil, time: evil })],
    );
    expect(page).not.toContain('<script');
    expect(page).not.toContain("alert('");
    read(page);
    expect(page).toContain('&#60;script&#62;');
  });

  it('needs nothing from elsewhere', () => {
    expect(renderPage(status(), [])).not.toMatch(/src=|href=|url\(|<script|<link|<img/);
  });
});
